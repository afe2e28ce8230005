// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure } from '../panels';
import { among, named, series } from '../query';
import { meterColumns, organizationColumns, ratioColumn, statusColumn } from '../quota_columns';
import { colour, ofTrouble, texts, unit } from '../style';
import { table } from '../table';

const empty = 'No organization has a quota in the catalogue';
const reached = (threshold: string) => series('usage_quota_threshold_reached', { threshold });
const yes = texts({ 0: { text: '–', color: colour.grey }, 1: { text: 'reached', color: colour.vermillion } });

const count = (threshold: string, title: string) =>
  figure({
    title,
    description: 'Quotas of the chosen organizations that have reached this threshold, and not fallen two points below it since.',
    empty: 'No quota has this threshold', unit: unit.count,
  }, 6, { expr: `sum(${among(reached(threshold))})` }).thresholds(ofTrouble);

export const thresholds = (): Row => ({
  title: 'Quota and thresholds',
  panels: [
    count('0.5', '50 % reached'), count('0.75', '75 % reached'), count('0.9', '90 % reached'), count('1', '100 % reached'),
    table({
      title: 'Thresholds reached',
      description: 'Every quota of the chosen organizations with its thresholds. One that is reached stays so until use falls two points below it or a new period begins. A catalogue may set others than 50, 75, 90 and 100 %; they are in the series usage_quota_threshold_reached.',
      empty, unit: unit.count,
    }, 24, 9,
    [
      named(series('usage_quota_ratio')), named(series('usage_quota_status')),
      ...['0.5', '0.75', '0.9', '1'].map((t) => `max by (organization, meter, window, name) (${named(reached(t))})`),
    ],
    [
      ...organizationColumns, ...meterColumns, ratioColumn(0, 'Used of quota'), statusColumn(1),
      { of: 2, title: '50 %', mappings: yes, coloured: true, width: 90 },
      { of: 3, title: '75 %', mappings: yes, coloured: true, width: 90 },
      { of: 4, title: '90 %', mappings: yes, coloured: true, width: 90 },
      { of: 5, title: '100 %', mappings: yes, coloured: true, width: 90 },
    ],
    { title: 'Used of quota', desc: true }),
  ],
});
