// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure } from '../panels';
import { own, projectedRatio } from '../query';
import { ofDaysLeft, ofRatio, unit } from '../style';

const empty = 'No quota in the catalogue';
const legend = '{{meter}}, {{window}}';

export const quota = (): Row => ({
  title: 'Quota',
  panels: [
    figure({
      title: 'Used',
      description: 'What each quota is held against: users of billable classes, the peak of users in the hour, or the sum, of its running window.',
      empty, unit: unit.count,
    }, 6, { expr: own('usage_quota_used'), legend }).decimals(0),
    figure({
      title: 'Total quota',
      description: 'The limit of each quota in the catalogue.',
      empty, unit: unit.count,
    }, 6, { expr: own('usage_quota_limit'), legend }).decimals(0),
    figure({
      title: 'Percentage used',
      description: 'Used over limit, in the colours of the bands: below 50 %, 50 to 80 %, 80 to 95 %, above 95 %.',
      empty, unit: unit.ratio,
    }, 6, { expr: own('usage_quota_ratio'), legend }).decimals(1).thresholds(ofRatio),
    figure({
      title: 'Days remaining',
      description: "Until the end of the quota's running period. A rolling window has no end.",
      empty: 'No quota with a calendar window', unit: unit.days,
    }, 6, { expr: `${own('usage_quota_time_remaining_seconds')} / 86400`, legend }).decimals(1).thresholds(ofDaysLeft),
    figure({
      title: 'Projected usage',
      description: 'Expected use at the end of the running period of each quota. There is one from 3 % of the period on; a rolling window has none.',
      empty: 'None, or its period has just begun', unit: unit.count,
    }, 6, { expr: `${own('usage_projected')} and on (organization, meter, window) ${own('usage_quota_limit')}`, legend }).decimals(0),
    figure({
      title: 'Projected of quota',
      description: 'The projection over the limit, in the colours of the bands.',
      empty: 'None, or its period has just begun', unit: unit.ratio,
    }, 6, { expr: projectedRatio(own), legend }).decimals(0).thresholds(ofRatio),
    figure({
      title: 'Remaining',
      description: 'What may still be used before the limit.',
      empty, unit: unit.count,
    }, 6, { expr: own('usage_quota_remaining'), legend }).decimals(0),
    figure({
      title: 'Overage',
      description: 'What was used beyond the limit.',
      empty, unit: unit.count,
    }, 6, { expr: own('usage_quota_overage'), legend }).decimals(0),
  ],
});
