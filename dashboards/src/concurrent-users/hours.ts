// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { dashed, figure, line, trend } from '../panels';
import { overTime, own, titled } from '../query';
import { colour, ofRatio, unit } from '../style';

const lastHour = own('usage_hour_users', { meter: '$meter', period: 'previous' });
const licence = own('usage_quota_limit', { meter: '$meter' });

const byWindow = (name: string) => titled(own(name, { meter: '$meter' }), own, ['window']);

export const hours = (): Row => ({
  title: 'Users in the hour (what the licence is sized by)',
  panels: [
    trend({
      title: 'Users in the hour against the licence',
      description: 'Distinct users who finished a task in the last whole clock hour, at each time, and the licence where the catalogue has one.',
      empty: 'No figures in this time range', unit: unit.count,
    }, 12, '15m',
    { expr: overTime(lastHour), legend: 'users in the hour' },
    { expr: `max(${overTime(licence)})`, legend: 'licence' })
      .fillOpacity(20)
      .overrideByName('users in the hour', line(colour.blue))
      .overrideByName('licence', line(colour.vermillion, dashed)),
    figure({
      title: 'Concurrent users of the licence',
      description: 'The busiest hour of the window that the licence is for, and the licence.',
      empty: 'No quota on this meter', unit: unit.count,
    }, 7, { expr: byWindow('usage_quota_used'), legend: 'used: {{window_title}}' }, { expr: licence, legend: 'licence' }).height(9),
    figure({
      title: 'Of the licence',
      description: 'Busiest hour over the licence, in the colours of the bands.',
      empty: 'No quota on this meter', unit: unit.ratio,
    }, 5, { expr: byWindow('usage_quota_ratio'), legend: '{{window_title}}' }).decimals(1).thresholds(ofRatio).height(9),
  ],
});
