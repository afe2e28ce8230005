// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, lines, perDay, stacked } from '../panels';
import { onDay, overTime, own, realValues, titled } from '../query';
import { meterColumn, ratioColumn, windowColumn } from '../quota_table';
import { ofClass, unit, valueTexts } from '../style';
import { table } from '../table';

const month = { meter: '$users', window: 'month', period: 'current' };
const active = `sum by (organization) (${own('usage_active_users', month)})`;
const features = `sum by (dimension_value) (${own('usage_active_users_breakdown', { ...month, dimension: 'feature', ...realValues })})`;
const byTitles = (expr: string) => titled(expr, own, ['meter', 'window']);
/** Of meters of active users. */
const quotaOnUsers = (name: string) => byTitles(`${own(name)} and on (organization, meter) ${own('usage_active_users')}`);
/** Of each meter in months, and in the window that its quota is on. */
const users = (labels: Record<string, string> = {}) => {
  const running = (window: Record<string, string>) => `sum by (organization, meter, window) (${own('usage_active_users', { ...labels, ...window, period: 'current' })})`;
  return byTitles(`(${running({ window: 'month' })} or ${running({})} and on (meter, window) ${own('usage_quota_limit')})`);
};

export const people = (): Row => ({
  title: 'People: active, committed, features',
  collapsed: true,
  panels: [
    table({
      title: 'Active and committed users',
      description: 'A row for each meter of active users, in its running month and in the window that its quota is on: all active users, those of billable classes, the committed number, the share of it that the billable ones are, and flex users, which are beyond it. Numbers of a row are of the same meter and window. Committed numbers are set in the catalogue only.',
      empty: 'This organization uses no meter of active users', unit: unit.count,
    }, 24, 6,
    [
      meterColumn,
      ratioColumn(quotaOnUsers('usage_quota_ratio'), 'Of committed', 110),
      { expr: users(), title: 'Active', unit: unit.count, decimals: 0, width: 90 },
      windowColumn,
      { expr: users({ billable: '!=false' }), title: 'Billable', unit: unit.count, decimals: 0, width: 90 },
      { expr: quotaOnUsers('usage_quota_limit'), title: 'Committed', unit: unit.count, decimals: 0, width: 110 },
      { expr: quotaOnUsers('usage_quota_overage'), title: 'Flex', unit: unit.count, decimals: 0, width: 90 },
    ],
    { title: 'Committed', desc: true }),
    figure({
      title: 'Active $users this month',
      description: 'Users with at least one qualifying action in the running calendar month, by class where the meter has classes. A user counts once.',
      empty: 'No meter of users, or it keeps no months', unit: unit.count,
    }, 12, { expr: `sum by (class) (${own('usage_active_users', month)})`, legend: 'active {{class}}' }),
    figure({
      title: 'Usage per user: $meter over $users',
      description: 'Sum of ${meter:text} of the running calendar month over the ${users:text} active in it.',
      empty: 'Nobody was active yet this month', unit: unit.count,
    }, 12, { expr: `sum by (organization, unit) (${own('usage_consumption', { meter: '$meter', window: 'month', period: 'current' })}) / on (organization) group_left () (${active} > 0)`, legend: '{{unit}} per user' }).decimals(1),
    lines(stacked({
      title: 'Active $users by class',
      description: 'Users of the running calendar month as it fills, by class. Classes add up: a user is in one.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 12, '6h', { expr: `sum by (class) (${overTime(own('usage_active_users', month))})`, legend: 'active {{class}}' }), ofClass, (name) => `active ${name}`),
    table({
      title: 'Adoption of features by $users',
      description: 'Users who used each feature in the running calendar month, and their share of all active users. Users of several features are under each.',
      empty: 'Nobody yet, or the meter has no breakdown by feature', unit: unit.count,
    }, 12, 9,
    [
      { label: 'dimension_value', title: 'Feature', mappings: valueTexts },
      { expr: features, title: 'Users', unit: unit.count, decimals: 0, width: 90 },
      { expr: `${features} / on () group_left () (sum(${own('usage_active_users', month)}) > 0)`, title: 'Adoption', unit: unit.ratio, decimals: 1, bar: { max: 1 }, width: 120 },
    ],
    { title: 'Users', desc: true }),
    perDay({
      title: 'API usage',
      description: 'API calls on each day (meter api_calls), as known when your day ended; the last one is yesterday.',
      empty: 'No figures in this time range, or no meter api_calls', unit: unit.count,
    }, 24, { expr: onDay(own('usage_consumption', { meter: 'api_calls', window: 'day', period: 'previous' })), legend: 'calls per day' }).height(7),
  ],
});
