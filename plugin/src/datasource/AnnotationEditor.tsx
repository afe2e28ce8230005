// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { QueryEditorProps } from '@grafana/data';
import { Field, Input, Stack } from '@grafana/ui';

import { Pick } from '../components/pickers';
import type { UsageDatasource } from './datasource';
import { annotationKinds, type AnnotationKind, type Options, type UsageQuery } from './types';

type Props = QueryEditorProps<UsageDatasource, UsageQuery, Options>;

export function AnnotationEditor({ query, onChange }: Props) {
  const text = (key: 'organization' | 'meter' | 'window', label: string, placeholder: string) => (
    <Field label={label} noMargin>
      <Input id={`usage-annotation-${key}`} width={24} value={query[key] ?? ''} placeholder={placeholder} onChange={(event) => onChange({ ...query, [key]: event.currentTarget.value || undefined })} />
    </Field>
  );
  return (
    <Stack wrap="wrap" alignItems="flex-end" gap={2}>
      <Pick label="What" options={[...annotationKinds]} value={query.kind} placeholder="Choose" onChange={(kind) => onChange({ ...query, expr: '', kind: kind as AnnotationKind })} />
      {text('organization', 'Organization', '$organization')}
      {text('meter', 'Meter', 'all, or $meter')}
      {query.kind === 'closed_periods' && text('window', 'Window', 'month')}
    </Stack>
  );
}
