// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Writes each dashboard as JSON into the directory that is named, if Grafana
// knows all of it.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { activeUsers } from './active-users/dashboard';
import { alerts } from './alerts/dashboard';
import { concurrentUsers } from './concurrent-users/dashboard';
import { health } from './health/dashboard';
import { organization } from './organization/dashboard';
import { portfolio } from './portfolio/dashboard';
import { unknown } from './schema';

const directory = process.argv[2] ?? 'json';

const dashboards = [portfolio(), organization(), activeUsers(), concurrentUsers(), alerts(), health()];
const misfits = dashboards.flatMap((dashboard) => unknown(dashboard).map((what) => `${dashboard.uid}: ${what}`));
if (misfits.length > 0) {
  console.error(`Grafana's types have no such thing:\n${misfits.join('\n')}`);
  process.exit(1);
}

mkdirSync(directory, { recursive: true });
readdirSync(directory).filter((name) => name.endsWith('.json')).forEach((name) => rmSync(join(directory, name)));
for (const dashboard of dashboards) {
  writeFileSync(join(directory, `${dashboard.uid}.json`), JSON.stringify(dashboard, null, 2) + '\n');
}
