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

/** One each: of what a store still shows after a change the newest. */
type Known = (selector: string, ...by: string[]) => string;
const newest: Known = (selector, ...by) => `topk by (${by.join(', ')}) (1, timestamp(${selector})) ^ 0`;

/**
 * The same by what was last known, since at the end of a range there may be
 * nothing: after a start, in a gap. It is looked for hour by hour, as reading
 * every minute of a thousand organizations takes too long.
 */
export const lastKnown = (back: string): Known => (selector, ...by) =>
  `topk by (${by.join(', ')}) (1, timestamp(${selector} @ end()) or on (${by.join(', ')}) max_over_time(timestamp(last_over_time(${selector}[1h]))[${back}:1h] @ end() offset -1h)) ^ 0`;

/** Of those alone that something is there of: a line of few asks for few names at each step. */
const ofThose = (known: Known, there?: string): Known => (selector, ...by) =>
  there ? `(${known(selector, ...by)} and on (${by.join(', ')}) ${there})` : known(selector, ...by);

/** What was there at any time of the range, at each of its steps. */
export const inRange = (selector: string) => `last_over_time(${selector}[$__range] @ end())`;

const withName = (expr: string, known: Known) => `(${expr}) * on (organization) group_left (name) ${known(chosen, 'organization')}`;

/** The same with the organization's name as a label. */
export const named = (expr: string) => withName(expr, newest);
/** The same over time, of what is there `inRange`. */
export const namedOverTime = (expr: string, there?: string) => withName(expr, ofThose(lastKnown('$__range'), there));

/** A selector by the name of its series: `own`, or `series` for all organizations. */
export type Select = (name: string) => string;
export type Titled = 'meter' | 'window';

function withTitles(expr: string, select: Select, of: Titled[], known: Known) {
  const titles = of.map((each) => `${each}_title`);
  const all = of.reduce((inner, each, i) =>
    `${inner} * on (organization, ${each}) group_left (${titles[i]}) label_replace(${known(select(`usage_${each}_info`), 'organization', each)}, "${titles[i]}", "$1", "title", "(.*)")`, `(${expr})`);
  const names = of.reduce((inner, each, i) => `label_replace(${inner}, "${titles[i]}", "$1", "${each}", "(.*)")`, expr);
  return `${all} or ignoring (${titles.join(', ')}) ${names}`;
}

/**
 * The same with what people call the meter, the window or both as the labels
 * `meter_title` and `window_title`: the names, where the store has no titles, as
 * in history from before them.
 */
export const titled = (expr: string, select: Select, of: Titled[]) => withTitles(expr, select, of, newest);
/** The same over time, of what is there `inRange`. Titles are those of the last day. */
export const titledOverTime = (expr: string, select: Select, of: Titled[], there?: string) => withTitles(expr, select, of, ofThose(lastKnown('1d'), there));

/** What the quotas' periods are expected to end with, over their limits. */
export const projectedRatio = (select: Select) =>
  `${select('usage_projected')} / on (organization, meter, window) (${select('usage_quota_limit')} > 0)`;

/** Adds the label `user`: of a pseudonym the eight digits that tell some hundred apart, of another id the whole. */
export const short = (expr: string) => `label_replace(${expr}, "user", "$1$2", "dimension_value", "([0-9a-f]{8})[0-9a-f]{24}|(.*)")`;

/** What the label `order` becomes: the first of each pair is all of it before. */
const reorder = (expr: string, steps: [string, string][]) =>
  steps.reduce((inner, [pattern, key]) => `label_replace(${inner}, "order", "${key}", "order", "${pattern}")`, expr);

/** Days of a window; a rolling one comes after the calendar's of that length. */
const lengths: [string, string][] = [
  ['hour', '0000.001'], ['([0-9])h', '0000.00$1'], ['([0-9]{2})h', '0000.0$1'], ['([0-9]{3})h', '0000.$1'],
  ['day', '0001'], ['([0-9])d', '000$1.5'], ['week', '0007'], ['month', '0030'], ['cycle', '0030.1'], ['([0-9]{2})d', '00$1.5'],
  ['quarter', '0091'], ['half', '0182'], ['([0-9]{3})d', '0$1.5'], ['year', '0365'],
];

/** Adds the label `order`: windows by their length, and the periods of each from the newest. */
export const byLength = (expr: string) =>
  reorder(`label_join(${reorder(`label_join(${expr}, "order", "", "window")`, lengths)}, "order", " ", "order", "period")`, [['(.*) 2_ago', '$1 z']]);

/** Adds the label `order`: outcomes that want a remedy before ordinary ones, and of each the most first. */
export const byRemedy = (expr: string) =>
  `sort_desc(${reorder(`label_join(${expr}, "order", "", "outcome")`, [['unmatched', 'y'], ['duplicate', 'z'], ['[^yz].*', 'a']])})`;

/** Patterns of rolling windows, from the shortest: those that one fits are in order by themselves. */
export const rolling = ['[0-9]h', '[0-9]{2}h', '[0-9]{3}h', '[0-9]d', '[0-9]{2}d', '[0-9]{3}d'];

/** A value that no figure has. VictoriaMetrics would leave NaN out. */
export const noFigure = '-Inf';

/** Where there is no series, one that says why as the value of a label. That there is one may be seen from another query. */
export const orWhy = (expr: string, label: string, why: string, value: string, there = `(${expr})`) =>
  `${expr} or label_replace(vector(${value}), "${label}", "${why}", "", "") unless on () ${there}`;

/** Values of a breakdown that are values: neither missing nor the rest. */
export const realValues = { dimension_value: '!~__none__|__other__' };

/** The share that each part has of the whole. */
export const share = (parts: string) => `(${parts}) / on () group_left () (sum(${parts}) > 0)`;

/** The largest of them: several on a tie. Sums of equal terms may differ in their last digits. */
export const largest = (parts: string) => `(${parts}) >= on () group_left () max(${parts}) * 0.999999999999`;

/** Growth of now over then, of what had both. Nothing then has no growth. */
export const growth = (now: string, then: string) =>
  `sum((${now}) and on (organization, meter, window) (${then})) / (sum(${then}) > 0) - 1`;

/** What the n-th query of a panel is called. */
export const ref = (n: number) => String.fromCharCode('A'.charCodeAt(0) + n);

/** Queries of one instant, for figures and bars. */
export const instants = (...queries: { expr: string; legend?: string }[]) =>
  queries.map(({ expr, legend }, n) => new DataqueryBuilder().expr(expr).instant().legendFormat(legend ?? '').refId(ref(n)).datasource(datasource));

/** The same as rows of a table: field "Value #A" has the first one's values. */
export const rows = (...exprs: string[]) =>
  instants(...exprs.map((expr) => ({ expr }))).map((q) => q.format(PromQueryFormat.Table));

/** Queries over the time range. */
export const ranges = (...queries: { expr: string; legend: string }[]) =>
  queries.map(({ expr, legend }, n) => new DataqueryBuilder().expr(expr).range().legendFormat(legend).refId(ref(n)).datasource(datasource));
