// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Writes each dashboard as JSON into the directory that is named.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { activeUsers } from './active-users/dashboard';
import { alerts } from './alerts/dashboard';
import { concurrentUsers } from './concurrent-users/dashboard';
import { health } from './health/dashboard';
import { organization } from './organization/dashboard';
import { portfolio } from './portfolio/dashboard';

const directory = process.argv[2] ?? 'json';

mkdirSync(directory, { recursive: true });
readdirSync(directory).filter((name) => name.endsWith('.json')).forEach((name) => rmSync(join(directory, name)));
for (const dashboard of [portfolio(), organization(), activeUsers(), concurrentUsers(), alerts(), health()]) {
  writeFileSync(join(directory, `${dashboard.uid}.json`), JSON.stringify(dashboard, null, 2) + '\n');
}
