// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { calendar, figure } from '../panels';
import { among, chosen, largest, series } from '../query';
import { unit } from '../style';

const used = (meter: string) => series('usage_consumption', { meter, window: 'month', period: 'current' });
const byDay = `sum by (day) (${among(series('usage_consumption_by_day', { meter: '$meter' }))})`;

const zones = "Each organization's month is the calendar month of its own time zone.";
const nobody = 'No organization was seen yet';

export const month = (): Row => ({
  title: "This month (each organization's own calendar month, in its own time zone)",
  panels: [
    figure({
      title: 'Total $meter',
      description: `Sum of the running month over the chosen organizations. ${zones}`,
      empty: nobody, unit: unit.count,
    }, 6, { expr: `sum by (unit) (${among(used('$meter'))})`, legend: '{{unit}}' }).decimals(0),
    figure({
      title: 'Total $documents',
      description: `Sum of the running month over the chosen organizations. ${zones}`,
      empty: nobody, unit: unit.count,
    }, 6, { expr: `sum by (unit) (${among(used('$documents'))})`, legend: '{{unit}}' }).decimals(0),
    figure({
      title: 'Average per organization',
      description: 'Of the running month, over all chosen organizations: one that used nothing counts as 0.',
      empty: nobody, unit: unit.count,
    }, 6, { expr: `sum by (unit) (${among(used('$meter'))}) / on () group_left () count(${chosen})`, legend: '{{unit}} of ${meter:text}' }).decimals(1),
    figure({
      title: 'Peak usage day',
      description: 'The day (month-day) of the running month on which the chosen organizations together used most of ${meter:text}. A day is the local day of each. On a tie each is shown, and the first is the peak usage day.',
      empty: 'Nothing was used yet this month', unit: unit.count,
    }, 6, { expr: largest(byDay), legend: '{{day}}' }).decimals(0),
    calendar({
      title: 'Days of this month',
      description: 'Sum of ${meter:text} on each local day of the running month, over the chosen organizations. Late events revise the day they belong to. Amounts have three digits.',
      empty: 'Nothing was used yet this month', unit: unit.rounded,
    }, 24, 'day', byDay),
  ],
});

