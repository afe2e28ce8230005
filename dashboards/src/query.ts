// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// PromQL, put together from few parts.

import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

export const datasource = { type: 'prometheus', uid: '${datasource}' };

/** A selector. A value may begin with its operator: `=~`, `!~` or `!=`. */
export function series(name: string, labels: Record<string, string> = {}): string {
  const matchers = Object.entries(labels).map(([label, value]) => {
    const [, operator, text] = /^(=~|!~|!=|=)?(.*)$/.exec(value)!;
    return `${label}${operator ?? '='}"${text}"`;
  });
  return `${name}{${matchers.join(',')}}`;
}

/** The last value within a step: history need not have a sample every minute. */
export const overTime = (selector: string) => `last_over_time(${selector}[$__interval])`;

/** What the day before was at the end of the day that begins: drawn where that day is. */
export const onDay = (selector: string) => `last_over_time(${selector}[1d] offset -1d)`;

/** The organizations that the variables choose. */
export const chosen = series('usage_organization_info', { reseller: '=~$reseller', organization: '=~$organization' });

/** A selector of the one organization that the variable chooses. */
export const own = (name: string, labels: Record<string, string> = {}) => series(name, { organization: '=$organization', ...labels });

/** What belongs to the chosen organizations. */
export const among = (expr: string, organizations = chosen) => `(${expr}) and on (organization) ${organizations}`;

/** One name each: of what a store still shows after a change the newest. */
const names = (at = '') => `topk by (organization) (1, timestamp(${chosen}${at})) ^ 0`;

/** The same with the organization's name as a label. */
export const named = (expr: string) => `(${expr}) * on (organization) group_left (name) ${names()}`;

/** The same over time, by the name at the end of the range. */
export const namedOverTime = (expr: string) => `(${expr}) * on (organization) group_left (name) ${names(' @ end()')}`;

/** What the quotas' periods are expected to end with, over their limits. */
export const projectedRatio = (select: (name: string) => string) =>
  `${select('usage_projected')} / on (organization, meter, window) (${select('usage_quota_limit')} > 0)`;

/** Values of a breakdown that are values: neither missing nor the rest. */
export const realValues = { dimension_value: '!~__none__|__other__' };

/** The share that each part has of the whole. */
export const share = (parts: string) => `(${parts}) / on () group_left () (sum(${parts}) > 0)`;

/** The largest of them: several on a tie. Sums of equal terms may differ in their last digits. */
export const largest = (parts: string) => `(${parts}) >= on () group_left () max(${parts}) * 0.999999999999`;

/** Growth of now over then, of what had both. Nothing then has no growth. */
export const growth = (now: string, then: string) =>
  `sum((${now}) and on (organization, meter, window) (${then})) / (sum(${then}) > 0) - 1`;

const ref = (n: number) => String.fromCharCode('A'.charCodeAt(0) + n);

/** Queries of one instant, for figures and bars. */
export const instants = (...queries: { expr: string; legend?: string }[]) =>
  queries.map(({ expr, legend }, n) => new DataqueryBuilder().expr(expr).instant().legendFormat(legend ?? '').refId(ref(n)).datasource(datasource));

/** The same as rows of a table: field "Value #A" has the first one's values. */
export const rows = (...exprs: string[]) =>
  instants(...exprs.map((expr) => ({ expr }))).map((q) => q.format(PromQueryFormat.Table));

/** Queries over the time range. */
export const ranges = (...queries: { expr: string; legend: string }[]) =>
  queries.map(({ expr, legend }, n) => new DataqueryBuilder().expr(expr).range().legendFormat(legend).refId(ref(n)).datasource(datasource));
