// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, line, trend } from '../panels';
import { overTime, own } from '../query';
import { colour, unit } from '../style';

const users = (window: string, period = 'current') => own('usage_active_users', { meter: '$meter', window, period });
const total = (window: string, period?: string) => `sum(${users(window, period)})`;
const history = (window: string, period?: string) => `sum(${overTime(users(window, period))})`;

export const now = (): Row => ({
  title: 'Active now (days, weeks and months of the organization\'s time zone)',
  panels: [
    figure({
      title: 'Today, this week, this month',
      description: 'Users with at least one qualifying action in the running calendar day, week and month. Each user counts once in each.',
      empty: 'The meter keeps none of these windows', unit: unit.count,
    }, 8, { expr: `sum by (window) (${users('=~day|week|month')})`, legend: '{{window}}' }),
    figure({
      title: 'Rolling',
      description: 'The same in the last hours or days, to the minute: 24h, 7d and 30d where the meter keeps them.',
      empty: 'The meter keeps no rolling window', unit: unit.count,
    }, 8, { expr: `sum by (window) (${users('=~[0-9]+[hd]')})`, legend: 'last {{window}}' }),
    figure({
      title: 'Stickiness',
      description: 'Users of the last whole day over users of the last 30 days: how many of those who come in a month come on a day.',
      empty: 'The meter does not keep day and 30d, or nobody came in 30 days', unit: unit.ratio,
    }, 8, { expr: `${total('day', 'previous')} / (${total('30d')} > 0)` }).decimals(1),
    trend({
      title: 'Active users over time',
      description: 'Users of the last whole day, of the last 7 and of the last 30 days, at each time.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 16, '6h',
    { expr: history('day', 'previous'), legend: 'per day' },
    { expr: history('7d'), legend: 'last 7 days' },
    { expr: history('30d'), legend: 'last 30 days' })
      .overrideByName('per day', line(colour.sky))
      .overrideByName('last 7 days', line(colour.orange))
      .overrideByName('last 30 days', line(colour.blue)),
    trend({
      title: 'Stickiness over time',
      description: 'Users of the last whole day over users of the last 30 days, at each time.',
      empty: 'The meter does not keep day and 30d', unit: unit.ratio,
    }, 8, '6h', { expr: `${history('day', 'previous')} / (${history('30d')} > 0)`, legend: 'stickiness' })
      .overrideByName('stickiness', line(colour.purple)),
  ],
});
