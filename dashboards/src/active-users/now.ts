// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure, line, trend } from '../panels';
import { overTime, own, rolling, titled } from '../query';
import { colour, unit } from '../style';

const users = (window: string, period = 'current') => own('usage_active_users', { meter: '$meter', window, period });
const total = (window: string, period?: string) => `sum(${users(window, period)})`;
const history = (window: string, period?: string) => `sum(${overTime(users(window, period))})`;
/** Users of a day over those of a month, as the meter has them. */
const stickiness = (of: typeof total) => `(${of('day', 'previous')} or ${of('24h')}) / ((${of('30d')} or ${of('month', 'previous')}) > 0)`;

const named = (window: string) => ({ expr: titled(`sum by (organization, window) (${users(window)})`, own, ['window']), legend: '{{window_title}}' });

export const now = (): Row => ({
  title: 'Active now (days, weeks and months of the organization\'s time zone)',
  panels: [
    figure({
      title: 'Today, this week, this month',
      description: 'Users with at least one qualifying action in the running calendar day, week and month. Each user counts once in each.',
      empty: 'The meter keeps none of these windows', unit: unit.count,
    }, 8, ...['day', 'week', 'month'].map(named)),
    figure({
      title: 'Rolling',
      description: 'The same in the last hours or days, to the minute: 24h, 7d and 30d where the meter keeps them.',
      empty: 'The meter keeps no rolling window', unit: unit.count,
    }, 8, ...rolling.map((length) => named(`=~${length}`))),
    figure({
      title: 'Stickiness',
      description: 'Users of the last whole day over users of the last 30 days (of 24 hours or the last whole month, where the meter keeps no others): how many of those who come in a month come on a day. There is none where nobody came, or the meter keeps neither day nor 24h, or neither month nor 30d.',
      empty: 'Nobody came, or no windows to compare', unit: unit.ratio,
    }, 8, { expr: stickiness(total) }).decimals(1),
    trend({
      title: 'Active users over time',
      description: 'Users of the last whole day, of the last 7 and of the last 30 days, at each time.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 16, '6h',
    { expr: history('day', 'previous'), legend: 'per day' },
    { expr: history('7d'), legend: 'last 7 days' },
    { expr: history('30d'), legend: 'last 30 days' })
      .overrideByName('per day', line(colour.teal))
      .overrideByName('last 7 days', line(colour.orange))
      .overrideByName('last 30 days', line(colour.blue)),
    trend({
      title: 'Stickiness over time',
      description: 'The same at each time.',
      empty: 'The meter keeps neither day nor 24h, or neither month nor 30d', unit: unit.ratio,
    }, 8, '6h', { expr: stickiness(history), legend: 'stickiness' })
      .overrideByName('stickiness', line(colour.purple)),
  ],
});
