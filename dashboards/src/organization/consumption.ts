// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { calendar, dashed, figure, line, trend } from '../panels';
import { growth, largest, overTime, own } from '../query';
import { colour, unit } from '../style';

const labels = { meter: '$meter', window: '$window' };
const used = own('usage_consumption', { ...labels, period: 'current' });
const then = (period: string) => own('usage_at_same_share', { ...labels, period });
const sameShare = 'the same share of its length, so that a running period is not held against a whole one';

const bound = (which: string) => `last_over_time(${own(`usage_period_${which}_timestamp_seconds`, { window: '$window', period: 'current' })}[$__interval])`;
/** How much of the running period has passed. */
const elapsed = `((time() - ${bound('start')}) / (${bound('end')} - ${bound('start')}))`;
const quotaPace = `${overTime(own('usage_quota_limit', labels))} * on (organization, window) group_left () ${elapsed}`;

export const consumption = (): Row => ({
  title: 'Consumption: pace, past periods, days',
  collapsed: true,
  panels: [
    figure({
      title: '$window so far',
      description: 'Sum of ${meter:text} in the running ${window:text}.',
      empty: 'The meter does not keep this window', unit: unit.count,
    }, 6, { expr: used, legend: '{{unit}}' }).decimals(1),
    figure({
      title: 'Over the one before',
      description: `Growth over what the \${window:text} before had at ${sameShare}.`,
      empty: 'None was used in the one before', unit: unit.ratio,
    }, 6, { expr: growth(used, then('previous')) }).decimals(1),
    figure({
      title: 'Over a year ago',
      description: `Growth over what the \${window:text} a year ago had at ${sameShare}.`,
      empty: 'No usage of a year ago is known', unit: unit.ratio,
    }, 6, { expr: growth(used, then('year_ago')) }).decimals(1),
    figure({
      title: 'Peak usage day this month',
      description: 'The local day (month-day) of the running calendar month with the largest sum of ${meter:text}. On a tie each is shown, and the first is the peak usage day.',
      empty: 'Nothing was used yet this month', unit: unit.count,
    }, 6, { expr: largest(own('usage_consumption_by_day', { meter: '$meter' })), legend: '{{day}}' }).decimals(1),
    trend({
      title: 'Used so far against the pace',
      description: 'Sum of the running ${window:text} as it grows. Quota pace: the part of the limit that would be used by now if it were used evenly. Before: what the ${window:text} before had at the same share. Projected: the sum expected at its end.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 12, '6h',
    { expr: overTime(used), legend: 'used' },
    { expr: quotaPace, legend: 'quota pace' },
    { expr: overTime(then('previous')), legend: 'the one before, same share' },
    { expr: overTime(own('usage_projected', labels)), legend: 'projected' })
      .decimals(1)
      .fillOpacity(10)
      .overrideByName('used', line(colour.blue))
      .overrideByName('quota pace', line(colour.vermillion, dashed))
      .overrideByName('the one before, same share', line(colour.grey, dashed))
      .overrideByName('projected', line(colour.orange, dashed)),
    calendar({
      title: 'Past periods',
      description: 'Sum of ${meter:text} in each ${window:text} that has ended, up to thirteen back, by its first day.',
      empty: 'No such period has ended since counting began, or the window is shorter than a month', unit: unit.count,
    }, 12, 'start', `sum by (start) (${own('usage_past_period_used', labels)})`).height(9),
    calendar({
      title: 'Days of this month',
      description: 'Sum of ${meter:text} on each local day of the running calendar month. Late events revise the day they belong to. Amounts have three digits.',
      empty: 'Nothing was used yet this month', unit: unit.rounded,
    }, 24, 'day', `sum by (day) (${own('usage_consumption_by_day', { meter: '$meter' })})`),
  ],
});
