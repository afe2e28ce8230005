// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { DataSourceSettings } from '@grafana/data';
import { getBackendSrv, getDataSourceSrv } from '@grafana/runtime';
import { Alert, Button, EmptyState, Field, Icon, Input, Stack, Text } from '@grafana/ui';
import { useState, type FormEvent } from 'react';

import { Connection, type Settings } from '../components/Connection';
import { datasources, useParameters } from '../components/context';
import { Loaded, useLoad } from '../components/load';
import { Pick } from '../components/pickers';
import { isAdmin } from '../components/roles';
import { datasourceId } from '../constants';
import { Usage, messageOf, type Step } from '../usage';

type Whole = Settings & Partial<DataSourceSettings>;

const fresh: Whole = { type: datasourceId, name: 'Usage', access: 'proxy', url: '', jsonData: { store: 'embedded', timeInterval: '60s' }, secureJsonFields: {} };

export function Setup() {
  const { parameters, set } = useParameters();
  const list = datasources();
  const uid = parameters.get('datasource') ?? list[0]?.uid;
  if (!isAdmin()) {
    return <EmptyState variant="not-found" message="Setting up is for administrators">Ask an administrator of Grafana for it.</EmptyState>;
  }
  const another = 'new';
  return (
    <Stack direction="column" gap={3}>
      {list.length > 0 && (
        <Pick
          label="Datasource"
          options={[...list.map((d) => ({ value: d.uid, label: d.name })), { value: another, label: 'Another one…' }]}
          value={uid}
          onChange={(chosen) => set({ datasource: chosen })}
        />
      )}
      {uid === undefined || uid === another ? <Form key="new" settings={fresh} onSaved={(saved) => set({ datasource: saved })} /> : <Existing key={uid} uid={uid} />}
    </Stack>
  );
}

function Existing({ uid }: { uid: string }) {
  const [checked, setChecked] = useState(0); // how often it was saved
  const settings = useLoad(() => getBackendSrv().get<Whole>(`/api/datasources/uid/${encodeURIComponent(uid)}`), `${uid} ${checked}`);
  return (
    <Loaded load={settings} what="The datasource">
      {(loaded) => (
        <>
          {loaded.readOnly ? (
            <Alert severity="info" title="This datasource comes from a file">{`Its settings (store ${loaded.url}, usage API ${loaded.jsonData.usageUrl}) are changed in Grafana's provisioning directory.`}</Alert>
          ) : (
            <Form key={`form ${checked}`} settings={loaded} onSaved={() => setChecked((n) => n + 1)} />
          )}
          <Check key={`check ${checked}`} uid={uid} />
        </>
      )}
    </Loaded>
  );
}

function Form({ settings, onSaved }: { settings: Whole; onSaved: (uid: string) => void }) {
  const [changed, setChanged] = useState(settings);
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      const saved = changed.uid
        ? await getBackendSrv().put<{ datasource: { uid: string } }>(`/api/datasources/uid/${encodeURIComponent(changed.uid)}`, changed, { showErrorAlert: false })
        : await getBackendSrv().post<{ datasource: { uid: string } }>('/api/datasources', changed, { showErrorAlert: false });
      getDataSourceSrv().reload(); // the list that the pages choose from
      onSaved(saved.datasource.uid);
    } catch (error) {
      setFailure(messageOf(error));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={save} aria-label="Connection">
      <Stack direction="column" gap={2} maxWidth={60}>
        <Field label="Name" noMargin>
          <Input id="usage-name" required value={changed.name ?? ''} onChange={(event) => setChanged({ ...changed, name: event.currentTarget.value })} />
        </Field>
        <Connection settings={changed} onChange={(own) => setChanged({ ...changed, ...own })} />
        {failure && <Alert severity="error" title="It is not saved">{failure}</Alert>}
        <div>
          <Button type="submit" disabled={busy}>
            {busy ? 'Saving…' : 'Save and check'}
          </Button>
        </div>
      </Stack>
    </form>
  );
}

const icons = { ok: 'check-circle', warning: 'exclamation-triangle', error: 'times-circle', skipped: 'minus-circle' } as const;
const colours = { ok: 'success', warning: 'warning', error: 'error', skipped: 'disabled' } as const;
const words = { ok: 'works', warning: 'works, but', error: 'does not', skipped: 'not tried yet' };

/** The whole chain, from who asks to a figure. */
export function Check({ uid }: { uid: string }) {
  const health = useLoad(() => new Usage(uid).health(), uid);
  return (
    <section aria-label="Check">
      <Loaded load={health} what="The check">
        {({ status, message, steps }) => (
          <Stack direction="column" gap={2}>
            <Alert severity={status !== 'OK' ? 'error' : steps.some(({ state }) => state === 'warning') ? 'warning' : 'success'} title={status === 'OK' ? 'It works' : 'It does not work yet'}>
              {message}
            </Alert>
            <ol style={{ listStyle: 'none' }}>
              {steps.map((s) => (
                <StepLine key={s.what} step={s} />
              ))}
            </ol>
            <div>
              <Button size="sm" variant="secondary" icon="sync" disabled={health.loading} onClick={health.again}>
                Check again
              </Button>
            </div>
          </Stack>
        )}
      </Loaded>
    </section>
  );
}

function StepLine({ step }: { step: Step }) {
  return (
    <li>
      <Stack alignItems="baseline" gap={1}>
        <Text color={colours[step.state]}>
          <Icon name={icons[step.state]} title={words[step.state]} />
        </Text>
        <Text weight="medium">{step.what}</Text>
        <Text color="secondary">{step.text || words[step.state]}</Text>
      </Stack>
    </li>
  );
}
