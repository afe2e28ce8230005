// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { lines, stacked } from '../panels';
import { overTime, own } from '../query';
import { ofClass, unit } from '../style';
import { table } from '../table';

const users = (period: string, window = 'month') => own('usage_active_users', { meter: '$meter', window, period });
const byClass = (period: string) => `sum by (class, billable) (${users(period)})`;

export const classes = (): Row => ({
  title: 'Classes',
  panels: [
    lines(stacked({
      title: 'This month by class',
      description: 'Users of the running calendar month as it fills. A user is in the first class that fits, so classes add up to the total.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 12, '6h', { expr: `sum by (class) (${overTime(users('current'))})`, legend: 'active {{class}}' }), ofClass, (name) => `active ${name}`),
    table({
      title: 'Classes of three months',
      description: 'Users of this month, the last and the one before it by class, and whether the class is billed. A meter without classes has one row.',
      empty: 'The meter does not keep months', unit: unit.count,
    }, 12, 9,
    [
      { label: 'class', title: 'Class' },
      { label: 'billable', title: 'Billable', width: 90 },
      { expr: byClass('current'), title: 'This month', unit: unit.count, decimals: 0, width: 110 },
      { expr: byClass('previous'), title: 'Last month', unit: unit.count, decimals: 0, width: 110 },
      { expr: byClass('2_ago'), title: 'Two months ago', unit: unit.count, decimals: 0, width: 140 },
    ],
    { title: 'This month', desc: true }),
  ],
});
