// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Stands in for Grafana's frontend around the pages: theme, router, and calls
// that go to a server which answers them by the plugin's backend.

import { CoreApp, ThemeContext, createTheme, dateTime, type DataSourceInstanceSettings } from '@grafana/data';
import { config, setBackendSrv, setDataSourceSrv, setTemplateSrv, type BackendSrv, type BackendSrvRequest, type DataSourceSrv, type TemplateSrv } from '@grafana/runtime';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter, Link, Route, Routes } from 'react-router-dom';
import { from, lastValueFrom } from 'rxjs';

import { datasourceId, root } from '../src/constants';
import { AnnotationEditor } from '../src/datasource/AnnotationEditor';
import { ConfigEditor } from '../src/datasource/ConfigEditor';
import { UsageDatasource } from '../src/datasource/datasource';
import { QueryEditor } from '../src/datasource/QueryEditor';
import type { Options, UsageQuery } from '../src/datasource/types';
import App from '../src/components/App';

const asked = new URLSearchParams(location.search);
const theme = createTheme({ colors: { mode: asked.get('theme') === 'light' ? 'light' : 'dark' } });
Object.assign(config, { theme2: theme, bootData: { ...config.bootData, user: { ...config.bootData?.user, orgRole: asked.get('role') ?? 'Admin' } } });

async function call(options: BackendSrvRequest) {
  const response = await fetch(options.url, {
    method: options.method ?? 'GET',
    headers: options.data === undefined ? {} : { 'Content-Type': 'application/json' },
    body: options.data === undefined ? undefined : JSON.stringify(options.data),
  });
  const text = await response.text();
  let data: unknown = text;
  try {
    data = JSON.parse(text);
  } catch {
    // it is shown as it is
  }
  if (!response.ok) {
    throw { status: response.status, statusText: response.statusText, data, config: options };
  }
  return { data, status: response.status, ok: true, config: options };
}

const plain = (method: string) => async (url: string, data?: unknown) => (await call({ url, method, data })).data;
setBackendSrv({ fetch: (options: BackendSrvRequest) => from(call(options)), get: (url: string) => plain('GET')(url), post: plain('POST'), put: plain('PUT') } as unknown as BackendSrv);
setTemplateSrv({ replace: (text: string) => text } as unknown as TemplateSrv);

interface Known {
  uid: string;
  name: string;
  isDefault?: boolean;
}
let list: Known[] = [];
const reload = async () => {
  list = (await lastValueFrom(from(call({ url: '/api/datasources' })))).data as Known[];
};
setDataSourceSrv({ getList: () => list, reload } as unknown as DataSourceSrv);

const settings = { uid: 'usage', id: 1, name: 'Usage', type: datasourceId, jsonData: {}, meta: { id: datasourceId } } as unknown as DataSourceInstanceSettings<Options>;

function Editors() {
  const [datasource] = useState(() => new UsageDatasource(settings));
  const [query, setQuery] = useState<UsageQuery>({ refId: 'A', expr: '', range: true });
  const [annotation, setAnnotation] = useState<UsageQuery>({ refId: 'B', expr: '' });
  const [options, setOptions] = useState<any>({ url: 'http://localhost:9090', jsonData: { usageUrl: 'http://localhost:8320' }, secureJsonFields: { token: true } });
  const range = { from: dateTime().subtract(6, 'hours'), to: dateTime(), raw: { from: 'now-6h', to: 'now' } };
  return (
    <>
      <h3>Query</h3>
      <QueryEditor app={CoreApp.Explore} datasource={datasource} query={query} range={range} onChange={setQuery} onRunQuery={() => {}} />
      <pre id="query">{JSON.stringify(query)}</pre>
      <h3>Annotation</h3>
      <AnnotationEditor datasource={datasource} query={annotation} onChange={setAnnotation} onRunQuery={() => {}} />
      <h3>Settings</h3>
      <ConfigEditor options={options} onOptionsChange={setOptions} />
    </>
  );
}

function Harness() {
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <BrowserRouter>
        <nav style={{ padding: '8px 16px', borderBottom: `1px solid ${theme.colors.border.weak}`, display: 'flex', gap: 16 }}>
          {['reports', 'schedules', 'users', 'setup'].map((page) => (
            <Link key={page} to={`${root}/${page}`}>
              {page}
            </Link>
          ))}
        </nav>
        <main style={{ padding: 16, background: theme.colors.background.primary }}>
          <Routes>
            <Route path={`${root}/*`} element={<App />} />
            <Route path="/editors" element={<Editors />} />
          </Routes>
        </main>
        <PortalContainer />
      </BrowserRouter>
    </ThemeContext.Provider>
  );
}

reload().then(() => createRoot(document.getElementById('root')!).render(<Harness />));
