// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { Combobox, Field } from '@grafana/ui';
import { useId } from 'react';

export interface Option {
  value: string;
  label: string;
  description?: string;
}

interface Props {
  label: string;
  options: Option[];
  value: string | undefined;
  onChange: (value: string) => void;
  loading?: boolean;
  disabled?: boolean;
  placeholder?: string;
  width?: number;
  /** Any other value may be typed. */
  typed?: boolean;
}

export function Pick({ label, options, value, onChange, loading, disabled, placeholder, width = 28, typed }: Props) {
  const id = useId();
  return (
    <Field label={label} htmlFor={id} noMargin>
      <Combobox
        id={id}
        width={width}
        options={options}
        value={value ?? null}
        loading={loading}
        disabled={disabled}
        placeholder={placeholder}
        createCustomValue={typed}
        onChange={(chosen) => onChange(chosen.value)}
      />
    </Field>
  );
}

export const optionsOf = (list: { name: string; title: string }[]): Option[] =>
  list.map(({ name, title }) => ({ value: name, label: title, description: title === name ? undefined : name }));
