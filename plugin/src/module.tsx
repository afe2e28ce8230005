// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { AppPlugin } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import { LoadingPlaceholder } from '@grafana/ui';
import { Suspense, lazy } from 'react';

const App = lazy(() => import('./components/App'));

const Root = () => (
  <PluginPage>
    <Suspense fallback={<LoadingPlaceholder text="Loading…" />}>
      <App />
    </Suspense>
  </PluginPage>
);

export const plugin = new AppPlugin().setRootPage(Root);
