// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { QueryEditorProps } from '@grafana/data';
import { Field, Input } from '@grafana/ui';
import { useState } from 'react';

import type { UsageDatasource } from './datasource';
import type { Options, UsageQuery, VariableQuery } from './types';

type Props = QueryEditorProps<UsageDatasource, UsageQuery, Options, VariableQuery>;

export function VariableEditor({ query, onChange }: Props) {
  const [text, setText] = useState(typeof query === 'string' ? query : (query?.query ?? ''));
  return (
    <Field label="Query" description="label_values(usage_organization_info, organization), label_names(), metrics(usage_.*) or query_result(...)" noMargin>
      <Input id="usage-variable" value={text} onChange={(event) => setText(event.currentTarget.value)} onBlur={() => onChange({ refId: 'variable', query: text })} />
    </Field>
  );
}
