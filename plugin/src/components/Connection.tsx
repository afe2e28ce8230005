// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { SelectableValue } from '@grafana/data';
import { Field, Input, RadioButtonGroup, SecretInput, Stack } from '@grafana/ui';

import type { Options } from '../datasource/types';

/** What of a datasource's settings is set here. */
export interface Settings {
  url: string;
  jsonData: Options;
  secureJsonData?: Partial<Record<Secret, string>>;
  secureJsonFields?: Partial<Record<Secret, boolean>>;
}

type Secret = 'token' | 'storeToken';

interface Props {
  settings: Settings;
  onChange: (changed: Settings) => void;
}

const stores: SelectableValue<'embedded' | 'prometheus'>[] = [
  { value: 'embedded', label: "The collector's", description: 'The store embedded in the collector' },
  { value: 'prometheus', label: 'Another', description: 'VictoriaMetrics, Mimir, Thanos or Prometheus' },
];

/** Two addresses and a token: the form of the settings and of the page Setup. */
export function Connection({ settings, onChange }: Props) {
  const { jsonData } = settings;
  const set = (changed: Partial<Settings>) => onChange({ ...settings, ...changed });
  const option = (changed: Partial<Options>) => set({ jsonData: { ...jsonData, ...changed } });
  const secret = (name: Secret, label: string, description: string) => (
    <Field label={label} description={description} noMargin>
      <SecretInput
        id={`usage-${name}`}
       
        isConfigured={settings.secureJsonFields?.[name] ?? false}
        value={settings.secureJsonData?.[name] ?? ''}
        onChange={(event) => set({ secureJsonData: { ...settings.secureJsonData, [name]: event.currentTarget.value } })}
        onReset={() => set({ secureJsonData: { ...settings.secureJsonData, [name]: '' }, secureJsonFields: { ...settings.secureJsonFields, [name]: false } })}
      />
    </Field>
  );
  const another = jsonData.store === 'prometheus';
  return (
    <Stack direction="column" gap={2} maxWidth={60}>
      <Field label="Usage API" description="Where the collector's usage_ledger answers, as Grafana's server reaches it" noMargin>
        <Input id="usage-api" required value={jsonData.usageUrl ?? ''} placeholder="http://localhost:8320" onChange={(event) => option({ usageUrl: event.currentTarget.value })} />
      </Field>
      {secret('token', 'Token', 'That of a principal with the role delegate. It stays on the server')}
      <Field label="Store" noMargin>
        <RadioButtonGroup options={stores} value={jsonData.store ?? 'embedded'} onChange={(store) => option({ store })} />
      </Field>
      <Field label="Address of the store" description="What answers PromQL, as Grafana's server reaches it" noMargin>
        <Input id="usage-store" required value={settings.url ?? ''} placeholder={another ? 'http://localhost:8428' : 'http://localhost:9090'} onChange={(event) => set({ url: event.currentTarget.value })} />
      </Field>
      {another && secret('storeToken', 'Token of the store', 'A bearer token, if it asks for one. It is never told whom Grafana asks for')}
      <Field label="Alert rules ask for" description="The e-mail address of a person of the catalogue, whose organizations alert rules see. Empty: they see nothing" noMargin>
        <Input id="usage-alerting" value={jsonData.alertingEmail ?? ''} placeholder="alerts@example.com" onChange={(event) => option({ alertingEmail: event.currentTarget.value })} />
      </Field>
    </Stack>
  );
}
