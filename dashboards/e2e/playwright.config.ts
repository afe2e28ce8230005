// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Runs against the Grafana that GRAFANA_URL names, as the user of
// GRAFANA_ADMIN_USER and GRAFANA_ADMIN_PASSWORD (admin, admin), on a screen of
// 1280 pixels and on a phone.

import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';
import { dirname, join } from 'node:path';

const pluginE2eAuth = join(dirname(require.resolve('@grafana/plugin-e2e')), 'auth');

const signedIn = { storageState: 'playwright/.auth/admin.json' };

export default defineConfig<PluginOptions>({
  testDir: '.',
  outputDir: 'results',
  reporter: [['list']],
  timeout: 60_000,
  use: {
    baseURL: process.env.GRAFANA_URL,
    user: {
      user: process.env.GRAFANA_ADMIN_USER ?? 'admin',
      password: process.env.GRAFANA_ADMIN_PASSWORD ?? 'admin',
      role: 'Admin',
    },
  },
  projects: [
    { name: 'auth', testDir: pluginE2eAuth, testMatch: [/.*\.js/] },
    { name: 'screen', use: { ...devices['Desktop Chrome'], viewport: { width: 1280, height: 900 }, ...signedIn }, dependencies: ['auth'] },
    { name: 'phone', use: { ...devices['Pixel 7'], ...signedIn }, dependencies: ['auth'] },
  ],
});
