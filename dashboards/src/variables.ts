// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The variables of the dashboards. Each narrows the next: the reseller the
// organizations, the organization its meters, the meter its windows.

import { DatasourceVariableBuilder, QueryVariableBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard';

import { datasource, series } from './query';

/** What the catalogue has said in the last day: a collector that is down does not empty the lists. */
const lately = (selector: string) => `last_over_time(${selector}[1d])`;

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

/** Organizations are chosen by name; the value is the id. Given a series, those that have it. */
const names = (having?: string) =>
  query('organization', 'Organization', 'Customer organizations by name', queryResult,
    `query_result(${lately(series('usage_organization_info', { reseller: '=~$reseller' }))}${having ? ` and on (organization) ${lately(series(having))}` : ''})`)
    .regex('/[{, ]name="(?<text>[^"]+)|organization="(?<value>[^"]+)/g');

export const organization = names;
export const organizations = () => names().includeAll(true).allValue('.*').multi(true).current(all);

/** A meter of a kind, which is known by a series that only that kind has. */
export const meter = (of: string, preset: string, name = 'meter', label = 'Meter') =>
  query(name, label, 'As the configuration names it', labelValues,
    `label_values(${series(of, { organization: '=~$organization' })}, meter)`)
    .current({ selected: true, text: preset, value: preset });

/** A window of the meter that has periods. */
export const window = (of: string, preset: string) =>
  query('window', 'Window', 'Calendar windows that the meter keeps', labelValues,
    `label_values(${series(of, { organization: '=~$organization', meter: '$meter', period: 'previous' })}, window)`)
    .current({ selected: true, text: preset, value: preset });
