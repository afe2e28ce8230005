// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { readFileSync, readdirSync } from 'fs';
import { join } from 'path';

const { bundled } = require('../dashboards');

const directory = join(__dirname, '../../dashboards/json');
const all = readdirSync(directory).map((name) => ({ name, text: readFileSync(join(directory, name), 'utf8') }));

test('there are six', () => expect(all).toHaveLength(6));

test.each(all)('$name is on the datasource of the app, and leads to its pages', ({ text }) => {
  const before = JSON.parse(text);
  const after = JSON.parse(bundled(text));
  const changed = JSON.stringify(after);
  expect(changed).not.toContain('"prometheus"');
  expect(changed).not.toContain('ledger}');
  expect(changed).not.toContain('ledger:queryparam');
  expect(after.uid).toBe(before.uid);
  expect(after.panels).toHaveLength(before.panels.length);
  expect(changed.match(/"expr":"[^"]/g)).toHaveLength(text.match(/"expr": "[^"]/g)!.length);
  expect(after.templating.list.find(({ type }: { type: string }) => type === 'datasource').query).toBe('otelcol-usage-datasource');
  expect(after.templating.list.some(({ name }: { name: string }) => name === 'ledger')).toBe(false);
  const links = after.links.map(({ url }: { url: string }) => url);
  expect(links.some((url: string) => url.startsWith('/a/otelcol-usage-app/reports'))).toBe(true);
  expect(links).toContain('/a/otelcol-usage-app/schedules');
  expect(after.revision).toBeGreaterThan(0);
});

test('what has happened is drawn where there is one organization', () => {
  const of = (name: string) => JSON.parse(bundled(all.find((d) => d.name === name)!.text)).annotations.list;
  expect(of('usage-organization.json').map(({ target }: { target: { kind: string } }) => target.kind)).toEqual(['changed_limits', 'changed_definitions', 'closed_periods', 'alerts']);
  expect(of('usage-portfolio.json')).toEqual([]);
});
