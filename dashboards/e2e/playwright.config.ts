// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Runs against the Grafana that GRAFANA_URL names, as the user of
// GRAFANA_ADMIN_USER and GRAFANA_ADMIN_PASSWORD (admin, admin), in the browser
// that CHROMIUM_PATH names or that Playwright has installed: on a large screen,
// on one of 1280 pixels and on a phone.

import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';
import { dirname, join } from 'node:path';

const pluginE2eAuth = join(dirname(require.resolve('@grafana/plugin-e2e')), 'auth');

const signedIn = { storageState: 'playwright/.auth/admin.json' };
const screen = (width: number, height: number) => ({ ...devices['Desktop Chrome'], viewport: { width, height }, ...signedIn });

export default defineConfig<PluginOptions>({
  testDir: '.',
  outputDir: 'results',
  reporter: [['list']],
  timeout: 180_000,
  expect: { timeout: 15_000 },
  use: {
    baseURL: process.env.GRAFANA_URL,
    launchOptions: { executablePath: process.env.CHROMIUM_PATH },
    user: {
      user: process.env.GRAFANA_ADMIN_USER ?? 'admin',
      password: process.env.GRAFANA_ADMIN_PASSWORD ?? 'admin',
      role: 'Admin',
    },
  },
  projects: [
    { name: 'auth', testDir: pluginE2eAuth, testMatch: [/.*\.js/] },
    { name: 'large', use: screen(1920, 1080), dependencies: ['auth'] },
    { name: 'screen', use: screen(1280, 900), dependencies: ['auth'] },
    { name: 'phone', use: { ...devices['Pixel 7'], ...signedIn }, dependencies: ['auth'] },
  ],
});
