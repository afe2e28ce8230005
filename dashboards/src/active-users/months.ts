// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { calendar, figure } from '../panels';
import { own } from '../query';
import { unit } from '../style';

const users = (period: string, more: Record<string, string> = {}) => `sum(${own('usage_active_users', { meter: '$meter', window: 'month', period, ...more })})`;
/** Classes that are not billed make the difference. Past months are known by the billable ones. */
const both = (period: string) => [{ expr: users(period), legend: 'all' }, { expr: users(period, { billable: '!=false' }), legend: 'billable' }];

export const months = (): Row => ({
  title: "Months (of the organization's time zone)",
  panels: [
    figure({
      title: 'This month',
      description: 'Active users of the running calendar month so far: all, and those of billable classes (all, where the meter has no classes).',
      empty: 'No months are kept', unit: unit.count,
    }, 4, ...both('current')).height(8),
    figure({
      title: 'Last month',
      description: 'Active users of the last whole calendar month: all, and those of billable classes.',
      empty: 'No whole month yet', unit: unit.count,
    }, 4, ...both('previous')).height(8),
    figure({
      title: 'Two months ago',
      description: 'Active users of the calendar month before the last: all, and those of billable classes.',
      empty: 'No two months yet', unit: unit.count,
    }, 4, ...both('2_ago')).height(8),
    calendar({
      title: 'Past months, billable users',
      description: 'Active users of billable classes (all, where the meter has no classes) in each calendar month that has ended, up to thirteen back.',
      empty: 'No month has ended since counting began', unit: unit.count,
    }, 12, 'start', `sum by (start) (${own('usage_past_period_used', { meter: '$meter', window: 'month' })})`),
  ],
});
