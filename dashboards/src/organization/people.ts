// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, lines, perDay, stacked } from '../panels';
import { onDay, overTime, own, realValues } from '../query';
import { ofClass, unit, valueTexts } from '../style';
import { table } from '../table';

const month = { meter: '$users', window: 'month', period: 'current' };
const active = `sum by (organization) (${own('usage_active_users', month)})`;
const features = `sum by (dimension_value) (${own('usage_active_users_breakdown', { ...month, dimension: 'feature', ...realValues })})`;
/** Of every meter of active users that has a quota, whichever is chosen. */
const quotaOnUsers = (name: string) => `${own(name)} and on (organization, meter) ${own('usage_active_users')}`;

export const people = (): Row => ({
  title: 'People ($users)',
  panels: [
    figure({
      title: 'Active users this month',
      description: 'Users with at least one qualifying action in the running calendar month, by class where the meter has classes. A user counts once.',
      empty: 'The meter does not keep months', unit: unit.count,
    }, 8, { expr: `sum by (class) (${own('usage_active_users', month)})`, legend: 'active {{class}}' }),
    figure({
      title: 'Committed and flex',
      description: 'Committed: the limit of each quota on active users. Flex: billable users beyond it.',
      empty: 'This organization has no quota on active users', unit: unit.count,
    }, 8,
    { expr: quotaOnUsers('usage_quota_limit'), legend: 'committed {{meter}}' },
    { expr: quotaOnUsers('usage_quota_overage'), legend: 'flex {{meter}}' }),
    figure({
      title: 'Usage per user',
      description: 'Sum of $meter of the running calendar month over the users active in it.',
      empty: 'Nobody was active yet this month', unit: unit.count,
    }, 8, { expr: `sum by (organization, unit) (${own('usage_consumption', { meter: '$meter', window: 'month', period: 'current' })}) / on (organization) group_left () (${active} > 0)`, legend: '{{unit}} per user' }).decimals(1),
    lines(stacked({
      title: 'Active users by class',
      description: 'Users of the running calendar month as it fills, by class. Classes add up: a user is in one.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 12, '6h', { expr: `sum by (class) (${overTime(own('usage_active_users', month))})`, legend: 'active {{class}}' }), ofClass, (name) => `active ${name}`),
    table({
      title: 'Adoption of features',
      description: 'Users who used each feature in the running calendar month, and their share of all active users. Users of several features are under each.',
      empty: 'Nobody yet, or the meter has no breakdown by feature', unit: unit.count,
    }, 12, 9, [features, `${features} / on () group_left () (sum(${own('usage_active_users', month)}) > 0)`],
    [
      { of: 'dimension_value', title: 'Feature', mappings: valueTexts },
      { of: 0, title: 'Users', unit: unit.count, decimals: 0 },
      { of: 1, title: 'Adoption', unit: unit.ratio, decimals: 1, bar: { max: 1 } },
    ],
    { title: 'Users', desc: true }),
    perDay({
      title: 'API usage',
      description: 'API calls on each day (meter api_calls), as known when your day ended; the last one is yesterday.',
      empty: 'No figures in this time range, or no meter api_calls', unit: unit.count,
    }, 24, { expr: onDay(own('usage_consumption', { meter: 'api_calls', window: 'day', period: 'previous' })), legend: 'calls per day' }).height(7),
  ],
});
