// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { calendar, dashed, figure, line, perDay, trend } from '../panels';
import { among, chosen, growth, onDay, overTime, series } from '../query';
import { colour, unit } from '../style';

const labels = { meter: '$meter', window: 'month' };
const current = series('usage_consumption', { ...labels, period: 'current' });
const then = (period: string) => series('usage_at_same_share', { ...labels, period });
const sameShare = 'Compared with what the earlier month had at the same share of its length, so that a running month is not held against a whole one. Organizations that were not counted then are left out.';

const yesterday = series('usage_consumption', { meter: '$meter', window: 'day', period: 'previous' });
const overChosen = (selector: string) => `sum(${among(overTime(selector), overTime(chosen))})`;

export const trends = (): Row => ({
  title: 'Trends',
  panels: [
    figure({
      title: 'Month over month',
      description: `Growth of \${meter:text} over the month before. ${sameShare}`,
      empty: 'Nobody used any the month before', unit: unit.ratio,
    }, 8, { expr: growth(among(current), among(then('previous'))) }).decimals(1),
    figure({
      title: 'Year over year',
      description: `Growth of \${meter:text} over the same month a year ago. ${sameShare}`,
      empty: 'No usage of a year ago is known', unit: unit.ratio,
    }, 8, { expr: growth(among(current), among(then('year_ago'))) }).decimals(1),
    figure({
      title: 'Forecast for this month',
      description: 'Expected sum of ${meter:text} at the end of the month: each organization projected by its weekday profile, and what it has used where the month is too young (3 %).',
      empty: 'No organization was seen yet', unit: unit.count,
    }, 8, { expr: `sum(${among(`${series('usage_projected', labels)} or on (organization, meter, window) ${current}`)})` }).decimals(0),
    perDay({
      title: 'Usage per day',
      description: 'Sum of ${meter:text} on each day, as it was known when your day ended; the last one is yesterday. A day is the local day of each organization: one that was not over by then is there with the day before. Days of this month, above, is by local dates throughout.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 12, { expr: `sum(${among(onDay(yesterday), overTime(chosen))})`, legend: 'per day' }).decimals(1),
    trend({
      title: 'The month as it fills, against the month before',
      description: 'Sum of the running month at each time, and what the month before had at the same share of its length.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 12, '6h',
    { expr: overChosen(current), legend: 'this month' },
    { expr: overChosen(then('previous')), legend: 'month before, same share' })
      .decimals(1)
      .overrideByName('this month', line(colour.blue))
      .overrideByName('month before, same share', line(colour.grey, dashed)),
    calendar({
      title: 'Past months',
      description: 'Sum of ${meter:text} of each month that has ended, up to thirteen back, over the chosen organizations.',
      empty: 'No month has ended since counting began', unit: unit.count,
    }, 24, 'start', `sum by (start) (${among(series('usage_past_period_used', labels))})`),
  ],
});
