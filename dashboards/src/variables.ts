// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The variables of the dashboards. Each narrows the next: the reseller the
// organizations, the organization its meters, the meter its windows.

import { DatasourceVariableBuilder, QueryVariableBuilder, TextBoxVariableBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';

import { datasource, lastKnown, series } from './query';
import type { Titled } from './query';

/** A collector that is down does not empty the lists for an hour; after that an earlier time range has them. */
const recently = (selector: string) => `last_over_time(${selector}[1h])`;

/** What the catalogue said last, within a day. */
const lastSaid = lastKnown('1d');

const labelValues = 1;
const queryResult = 3;

function query(name: string, label: string, description: string, qryType: number, expression: string) {
  return new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(datasource)
    .query({ qryType, query: expression, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalCaseInsensitiveAsc);
}

const all = { selected: true, text: 'All', value: '$__all' };

export const dataSource = () =>
  new DatasourceVariableBuilder('datasource').label('Store').description('Prometheus or VictoriaMetrics that has the figures').type('prometheus');

export const reseller = () =>
  query('reseller', 'Reseller', 'Groups of organizations, as the catalogue has them', labelValues, 'label_values(usage_organization_info, reseller)')
    .includeAll(true)
    .allValue('.*')
    .multi(true)
    .current(all);

const known = lastSaid(series('usage_organization_info', { reseller: '=~$reseller' }), 'organization');

/** Organizations are chosen by name; the value is the id. */
const names = (description: string, expr: string) =>
  query('organization', 'Organization', description, queryResult, `query_result(${expr})`)
    .regex('/[{, ]name="(?<text>[^"]+)|organization="(?<value>[^"]+)/g');

export const organizations = () => names('Customer organizations by name', known).includeAll(true).allValue('.*').multi(true).current(all);

/** Without a choice Grafana takes the first, so they come in the order of a number by organization, the largest first. */
const byRank = (description: string, rank: string) =>
  names(description, `sort_desc(${known} * on (organization) group_left () (${rank}))`).sort(VariableSort.Disabled);

/** Those that have a series, of whom the one with most of it is first. */
export const organizationWith = (name: string) =>
  byRank('Customer organizations that use this, the one that does most first', `sum by (organization) (${recently(series(name, { period: 'current' }))})`);

/** All of them, of whom the one with most meters is first. */
export const organization = () =>
  byRank('Customer organizations, the one that uses most meters first',
    `count by (organization) (${recently(series('usage_sampled'))}) or count by (organization) (${known}) * 0`);

/** What links to reports and exports begin with. */
export const ledger = () => {
  const address = 'http://localhost:8320';
  return new TextBoxVariableBuilder('ledger')
    .label('Usage API')
    .description("Address of the collector's overview page and API, as your browser reaches it: where the links to reports and schedules lead")
    .defaultValue(address)
    .current({ selected: true, text: address, value: address });
};

/** Chosen by title; the value is the name. */
const byTitle = (name: string, label: string, description: string, of: Titled, having: string, order = '') => {
  const titles = lastSaid(series(`usage_${of}_info`, { organization: '=~$organization' }), of);
  return query(name, label, description, queryResult,
    `query_result(${order}((${having}) * on (${of}) group_left (title) ${titles} or ignoring (title) label_replace(${having}, "title", "$1", "${of}", "(.*)")))`)
    .regex(`/[{, ]title="(?<text>[^"]+)|${of}="(?<value>[^"]+)/g`);
};

/** A meter of a kind, which is known by a series that only that kind has. */
export const meter = (of: string, preset: string, presetTitle: string, name = 'meter', label = 'Meter') =>
  byTitle(name, label, 'By the titles of the configuration', 'meter', `count by (meter) (${recently(series(of, { organization: '=~$organization', period: 'current' }))})`)
    .current({ selected: true, text: presetTitle, value: preset });

/** Meters of the organization that have a series: those with a quota first, then in the order of how much it is. */
export const meterOf = (name: string) => {
  const own = { organization: '=~$organization' };
  const used = recently(series(name, { ...own, period: 'current' }));
  const limit = recently(series('usage_quota_limit', own));
  const quotaFirst = 1e12; // more than any use
  return byTitle('meter', 'Meter', 'By the titles of the configuration, those with a quota first', 'meter',
    `sum by (meter) (${used} and on (organization, meter) ${limit}) + ${quotaFirst} or sum by (meter) (${used})`, 'sort_desc')
    .sort(VariableSort.Disabled);
};

/** A window of the meter that has periods. */
export const window = (of: string, preset: string, presetTitle: string) =>
  byTitle('window', 'Window', 'Calendar windows that the meter keeps', 'window',
    `count by (window) (${recently(series(of, { organization: '=~$organization', meter: '$meter', period: 'previous' }))})`)
    .current({ selected: true, text: presetTitle, value: preset });
