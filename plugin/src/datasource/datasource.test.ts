// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { DataSourceInstanceSettings } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';

import { UsageDatasource, inPromQL } from './datasource';
import type { Options, UsageQuery } from './types';

type Format = (value: string | string[], variable?: { multi?: boolean }) => string;

/** Puts in variables as Grafana does: a value goes through the format, one for all does not. */
const templates = (values: Record<string, string | string[]>, all: string[] = []) =>
  ({
    replace: (text: string, _: unknown, format?: Format) =>
      text.replace(/\$(\w+)/g, (whole, name) => {
        const value = values[name];
        return value === undefined ? whole : all.includes(name) ? String(value) : format ? format(value, { multi: Array.isArray(value) }) : String(value);
      }),
  }) as unknown as TemplateSrv;

const datasource = (t: TemplateSrv) => new UsageDatasource({ uid: 'usage', jsonData: {}, meta: {} } as unknown as DataSourceInstanceSettings<Options>, t);
const query = (more: Partial<UsageQuery>): UsageQuery => ({ refId: 'A', expr: '', ...more });

test('a value is itself or a pattern within quotes of PromQL', () => {
  expect(inPromQL('a.b"c\\d')).toBe('a.b\\"c\\\\d');
  expect(inPromQL('a.b', { multi: true })).toBe('a\\\\.b');
  expect(inPromQL(['a.b', 'c|d'])).toBe('(a\\\\.b|c\\\\|d)');
  expect(inPromQL(['one'])).toBe('one');
  expect(inPromQL('a\\b', { includeAll: true })).toBe('a\\\\\\\\b');
});

test('what depends on the step is left to the server', () => {
  const scoped = { __interval: { text: '1s', value: '1s' }, __interval_ms: { text: '1000', value: 1000 } };
  const t = { replace: (text: string, vars: object) => (Object.keys(vars).length === 0 ? text : 'replaced') } as unknown as TemplateSrv;
  expect(datasource(t).applyTemplateVariables(query({ expr: 'rate(a[$__interval])' }), scoped).expr).toBe('rate(a[$__interval])');
});

test('annotations name organizations, and none for all of them', () => {
  const of = (t: TemplateSrv, organization?: string) => datasource(t).applyTemplateVariables(query({ kind: 'alerts', organization }), {}).organizations;
  expect(of(templates({ organization: ['acme', 'b,c'] }), '$organization')).toEqual(['acme', 'b,c']);
  expect(of(templates({ organization: 'acme' }), '$organization')).toEqual(['acme']);
  expect(of(templates({ organization: '.*' }, ['organization']), '$organization')).toEqual([]);
  expect(of(templates({}), 'acme')).toEqual(['acme']);
  expect(of(templates({}), undefined)).toEqual([]);
});

test('an empty query is not sent, an annotation is', () => {
  const d = datasource(templates({}));
  expect(d.filterQuery(query({ expr: ' ' }))).toBe(false);
  expect(d.filterQuery(query({ expr: 'a' }))).toBe(true);
  expect(d.filterQuery(query({ expr: 'a', hide: true }))).toBe(false);
  expect(d.filterQuery(query({ kind: 'alerts' }))).toBe(true);
});
