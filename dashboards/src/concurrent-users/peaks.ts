// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { dashed, figure, line, trend } from '../panels';
import { byLength, overTime, own, titled } from '../query';
import { windowColumn } from '../quota_table';
import { colour, periodTexts, unit } from '../style';
import { table } from '../table';

const running = { meter: '$meter', window: '$window', period: 'current' };
const all = { meter: '$meter' };
const byPeriod = (name: string, title: string) => ({ expr: titled(`max by (organization, window, period) (${own(name, all)})`, own, ['window']), title, unit: unit.count, decimals: 0 });

export const peaks = (): Row => ({
  title: "Peaks (windows of the organization's time zone)",
  panels: [
    figure({
      title: 'Busiest hour: $window',
      description: 'Most users in one clock hour of the running ${window:text}, and how many hours reached that.',
      empty: 'The meter does not keep this window', unit: unit.count,
    }, 6, { expr: own('usage_hour_users_peak', running), legend: 'users' }, { expr: own('usage_hour_users_peak_hits', running), legend: 'hours' }),
    figure({
      title: 'Most connected: $window',
      description: 'Most connected users at one sample of the running ${window:text}, and how many samples reached that. A shift change may be in it.',
      empty: 'The meter does not keep this window', unit: unit.count,
    }, 6, { expr: own('usage_concurrent_users_peak', running), legend: 'users' }, { expr: own('usage_concurrent_users_peak_hits', running), legend: 'samples' }),
    figure({
      title: 'Net peak: $window',
      description: 'Most users at one sample of the running ${window:text} without what shift changes explain, and how many samples reached that: the peak that needs a licence.',
      empty: 'Not counted for the whole window yet', unit: unit.count,
    }, 6, { expr: own('usage_concurrent_users_net_peak', running), legend: 'users' }, { expr: own('usage_concurrent_users_net_peak_hits', running), legend: 'samples' }),
    trend({
      title: 'Peaks over time',
      description: 'The busiest hour as it stood at each time: of the last 182 days and of the running ${window:text}.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 6, '6h',
    { expr: overTime(own('usage_hour_users_peak', { ...all, window: '182d' })), legend: 'last 182 days' },
    { expr: overTime(own('usage_hour_users_peak', running)), legend: 'running period' })
      .height(5)
      .overrideByName('last 182 days', line(colour.grey, dashed))
      .overrideByName('running period', line(colour.blue)),
    table({
      title: 'All peaks',
      description: 'Busiest hour and most connected users of each window, from the shortest, and its periods, from the newest, with how often each was reached.',
      empty: 'This organization is not counted yet', unit: unit.count,
    }, 24, 9,
    [
      { ...windowColumn, width: undefined },
      { label: 'period', title: 'Period', mappings: periodTexts },
      byPeriod('usage_hour_users_peak', 'Busiest hour'),
      byPeriod('usage_hour_users_peak_hits', 'Hours that reached it'),
      byPeriod('usage_concurrent_users_peak', 'Most connected'),
      byPeriod('usage_concurrent_users_peak_hits', 'Samples that reached it'),
      byPeriod('usage_concurrent_users_net_peak', 'Net of hand-over'),
    ],
    byLength),
  ],
});
