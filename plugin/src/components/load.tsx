// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { Alert, Button, LoadingPlaceholder } from '@grafana/ui';
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';

import { messageOf } from '../usage';

export interface Load<T> {
  data?: T;
  error?: string;
  loading: boolean;
  again: () => void;
}

/** Loads what `ask` answers, anew when `key` changes; undefined: nothing is asked yet. An answer that another has overtaken is left. */
export function useLoad<T>(ask: () => Promise<T>, key: string | undefined): Load<T> {
  const [state, setState] = useState<{ of?: string; data?: T; error?: string; loading: boolean }>({ loading: key !== undefined });
  const [tries, setTries] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    if (key === undefined) {
      setState({ loading: false });
      return;
    }
    let left = false;
    setState((before) => ({ of: before.of, data: before.of === key ? before.data : undefined, loading: true }));
    latest.current().then(
      (data) => left || setState({ of: key, data, loading: false }),
      (error) => left || setState({ of: key, error: messageOf(error), loading: false })
    );
    return () => {
      left = true;
    };
  }, [key, tries]);
  const again = useCallback(() => setTries((n) => n + 1), []);
  return { ...state, again };
}

interface Props<T> {
  load: Load<T>;
  what: string;
  children: (data: T) => ReactNode;
}

/** What was loaded, or what is the matter with it. */
export function Loaded<T>({ load, what, children }: Props<T>) {
  if (load.error !== undefined) {
    return (
      <Alert severity="error" title={`${what} cannot be shown`}>
        <p>{load.error}</p>
        <Button size="sm" variant="secondary" icon="sync" onClick={load.again}>
          Try again
        </Button>
      </Alert>
    );
  }
  if (load.data === undefined) {
    return load.loading ? <LoadingPlaceholder text={`Loading ${what.toLowerCase()}…`} /> : null;
  }
  return <>{children(load.data)}</>;
}
