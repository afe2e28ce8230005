// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The datasource that the pages ask, and what the person may do there.

import { getDataSourceSrv } from '@grafana/runtime';
import { Combobox, EmptyState, InlineField, LinkButton } from '@grafana/ui';
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import { useSearchParams } from 'react-router-dom';

import { datasourceId, root } from '../constants';
import { Usage, type Access } from '../usage';
import { isAdmin } from './roles';
import { Loaded, useLoad } from './load';

interface Asking {
  usage: Usage;
  access: Access;
}

const context = createContext<Asking | undefined>(undefined);

export function useAsking(): Asking {
  const asking = useContext(context);
  if (!asking) {
    throw new Error('a page stands outside of its datasource');
  }
  return asking;
}

export const datasources = () => getDataSourceSrv().getList({ type: datasourceId });

/** Parameters of the address, so that what a page shows can be sent to somebody. */
export function useParameters() {
  const [parameters, setParameters] = useSearchParams();
  const set = (changed: Record<string, string | undefined>) =>
    setParameters(
      (before) => {
        const after = new URLSearchParams(before);
        Object.entries(changed).forEach(([name, value]) => (value ? after.set(name, value) : after.delete(name)));
        return after;
      },
      { replace: true }
    );
  return { parameters, set };
}

/** Gives a page its datasource: the one that the address names, or the first. */
export function WithDatasource({ children }: { children: ReactNode }) {
  const { parameters, set } = useParameters();
  const list = datasources();
  const chosen = list.find(({ uid }) => uid === parameters.get('datasource')) ?? list.find((d) => d.isDefault) ?? list[0];
  const usage = useMemo(() => (chosen ? new Usage(chosen.uid) : undefined), [chosen?.uid]); // eslint-disable-line react-hooks/exhaustive-deps
  const access = useLoad(() => usage!.access(), usage?.uid);
  if (!usage) {
    return (
      <EmptyState variant="call-to-action" message="There is no Usage datasource yet" button={isAdmin() ? <LinkButton href={`${root}/setup`}>Set it up</LinkButton> : undefined}>
        {isAdmin() ? 'It takes two addresses and a token.' : 'Ask an administrator of Grafana to set it up.'}
      </EmptyState>
    );
  }
  return (
    <>
      {list.length > 1 && (
        <InlineField label="Datasource">
          <Combobox width={30} options={list.map(({ uid, name }) => ({ value: uid, label: name }))} value={usage.uid} onChange={({ value }) => set({ datasource: value })} />
        </InlineField>
      )}
      <Loaded load={access} what="What is yours">
        {(rights) => <context.Provider value={{ usage, access: rights }}>{children}</context.Provider>}
      </Loaded>
    </>
  );
}
