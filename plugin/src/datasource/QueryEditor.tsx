// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { getDefaultTimeRange, type QueryEditorProps, type SelectableValue } from '@grafana/data';
import { Alert, Field, Input, RadioButtonGroup, Stack } from '@grafana/ui';
import { useCallback } from 'react';

import { periodTitles } from '../components/format';
import { useLoad } from '../components/load';
import { Pick, optionsOf, type Option } from '../components/pickers';
import { expressionOf, figures } from './compose';
import type { UsageDatasource } from './datasource';
import { Expression } from './Expression';
import type { Figure, Options, Picked, UsageQuery } from './types';

type Props = QueryEditorProps<UsageDatasource, UsageQuery, Options>;

const all = '';
const types: SelectableValue<'range' | 'instant' | 'live'>[] = [
  { value: 'range', label: 'Range' },
  { value: 'instant', label: 'Instant', description: 'At the end of the range' },
  { value: 'live', label: 'Live', description: 'A range that goes on as figures come, once a minute, where it ends now' },
];
const formats: SelectableValue<'time_series' | 'table'>[] = [
  { value: 'time_series', label: 'Series' },
  { value: 'table', label: 'Table' },
];
const variable = (name: string): Option => ({ value: `$${name}`, label: `$${name}`, description: 'The variable of the dashboard' });

/** Pick lists that write an expression, and the expression, which may be changed. */
export function QueryEditor({ datasource, query, range, onChange, onRunQuery }: Props) {
  const picked = query.picked ?? {};
  const named = picked.organization && !picked.organization.startsWith('$') ? picked.organization : undefined;
  const choices = useLoad(() => datasource.usage.choices(named), JSON.stringify([datasource.uid, named]));
  const everything = useLoad(() => datasource.usage.choices(), datasource.uid);
  const meters = choices.data?.meters ?? [];
  const windows = meters.find(({ name }) => name === picked.meter)?.windows ?? [];
  const periods = windows.find(({ name }) => name === picked.window)?.periods ?? [];
  const pick = (changed: Partial<Picked>) => {
    const next = { ...picked, ...changed };
    if (changed.meter !== undefined) {
      const of = meters.find(({ name }) => name === changed.meter)?.windows ?? [];
      const window = of.find(({ name }) => name === next.window) ?? of.find(({ name }) => name === 'month') ?? of[0];
      next.window = window?.name;
      next.period = window?.periods.includes(next.period ?? '') ? next.period : window?.periods[0];
    }
    onChange({ ...query, picked: next, expr: expressionOf(next, meters) ?? query.expr });
    onRunQuery();
  };
  const set = (changed: Partial<UsageQuery>) => {
    onChange({ ...query, ...changed });
    onRunQuery();
  };
  const { from, to } = range ?? getDefaultTimeRange();
  const ask = useCallback(
    async (question: string) => (await datasource.usage.variable(question, from.toDate(), to.toDate())).map(({ text }) => text),
    [datasource, from.valueOf(), to.valueOf()] // eslint-disable-line react-hooks/exhaustive-deps
  );
  const failure = choices.error ?? everything.error;
  return (
    <Stack direction="column" gap={1}>
      <Stack wrap="wrap" alignItems="flex-end" gap={1}>
        <Pick
          label="Organization"
          options={[{ value: all, label: 'All that are yours' }, variable('organization'), ...optionsOf(everything.data?.organizations ?? [])]}
          value={picked.organization ?? all}
          loading={everything.loading}
          onChange={(organization) => pick({ organization: organization || undefined })}
        />
        <Pick label="Meter" options={optionsOf(meters)} value={picked.meter} loading={choices.loading} placeholder="Choose a meter" onChange={(meter) => pick({ meter })} />
        <Pick label="Window" width={18} options={optionsOf(windows)} value={picked.window} disabled={windows.length === 0} onChange={(window) => pick({ window })} />
        <Pick
          label="Period"
          width={18}
          options={periods.map((name) => ({ value: name, label: periodTitles[name] ?? name }))}
          value={picked.period}
          disabled={periods.length === 0 || (picked.figure ?? 'used') !== 'used'}
          onChange={(period) => pick({ period })}
        />
        <Pick label="Figure" width={20} options={figures} value={picked.figure ?? 'used'} disabled={!picked.meter} onChange={(figure) => pick({ figure: figure as Figure })} />
      </Stack>
      {failure && <Alert severity="warning" title="There is nothing to pick">{failure}</Alert>}
      <Expression value={query.expr ?? ''} ask={ask} onRun={onRunQuery} onChange={(expr) => onChange({ ...query, expr, picked: undefined })} />
      <Stack wrap="wrap" alignItems="flex-end" gap={1}>
        <Field label="Type" noMargin>
          <RadioButtonGroup
            options={types}
            value={query.instant ? 'instant' : query.live ? 'live' : 'range'}
            onChange={(type) => set({ range: type !== 'instant', instant: type === 'instant', live: type === 'live' || undefined })}
          />
        </Field>
        <Field label="Format" noMargin>
          <RadioButtonGroup
            options={formats}
            value={query.format ?? 'time_series'}
            onChange={(format) => set({ format })}
          />
        </Field>
        <Field label="Legend" noMargin>
          <Input id={`legend-${query.refId}`} width={24} defaultValue={query.legendFormat ?? ''} placeholder="{{organization}}" onBlur={(event) => set({ legendFormat: event.currentTarget.value || undefined })} />
        </Field>
        <Field label="Min step" noMargin>
          <Input id={`step-${query.refId}`} width={12} defaultValue={query.interval ?? ''} placeholder="auto" onBlur={(event) => set({ interval: event.currentTarget.value || undefined })} />
        </Field>
      </Stack>
    </Stack>
  );
}
