// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Runs against the Grafana that GRAFANA_URL names and that has the plugin, as the
// user of GRAFANA_ADMIN_USER and GRAFANA_ADMIN_PASSWORD (admin, admin), in the
// browser that CHROMIUM_PATH names or that Playwright has installed.

import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';
import { dirname, join } from 'node:path';

const pluginE2eAuth = join(dirname(require.resolve('@grafana/plugin-e2e')), 'auth');

const user = process.env.GRAFANA_ADMIN_USER ?? 'admin';

export default defineConfig<PluginOptions>({
  testDir: '.',
  outputDir: 'results',
  reporter: [['list']],
  timeout: 90_000,
  expect: { timeout: 15_000 },
  use: {
    baseURL: process.env.GRAFANA_URL,
    launchOptions: { executablePath: process.env.CHROMIUM_PATH },
    user: {
      user,
      password: process.env.GRAFANA_ADMIN_PASSWORD ?? 'admin',
      role: 'Admin',
    },
  },
  projects: [
    { name: 'auth', testDir: pluginE2eAuth, testMatch: [/.*\.js/] },
    { name: 'plugin', use: { ...devices['Desktop Chrome'], storageState: `playwright/.auth/${user}.json` }, dependencies: ['auth'] },
  ],
});
