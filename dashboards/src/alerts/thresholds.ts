// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure } from '../panels';
import { among, named, series } from '../query';
import { meterColumns, organizationColumns, ratioColumn, statusColumn } from '../quota_columns';
import { above, colour, ofThreshold, texts, unit } from '../style';
import { table } from '../table';

const empty = 'No organization has a quota in the catalogue';
const reached = (threshold: string) => series('usage_quota_threshold_reached', { threshold });
const yes = (threshold: string) => texts({ 0: { text: 'no', color: colour.grey }, 1: { text: 'reached', color: ofThreshold[threshold] } });
const all = ['0.5', '0.75', '0.9', '1'];

const count = (threshold: string) =>
  figure({
    title: `${Number(threshold) * 100} % reached`,
    description: 'Quotas of the chosen organizations that have reached this threshold, and not fallen two points below it since.',
    empty: 'No quota has this threshold', unit: unit.count,
  }, 6, { expr: `sum(${among(reached(threshold))})` }).thresholds(above(ofThreshold[threshold]));

export const thresholds = (): Row => ({
  title: "Quota and thresholds (each in its organization's own period and time zone)",
  panels: [
    ...all.map(count),
    table({
      title: 'Thresholds reached',
      description: 'Every quota of the chosen organizations with its thresholds. One that is reached stays so until use falls two points below it or a new period begins. A catalogue may set others than 50, 75, 90 and 100 %; they are in the series usage_quota_threshold_reached.',
      empty, unit: unit.count,
    }, 24, 9,
    [
      named(series('usage_quota_ratio')), named(series('usage_quota_status')),
      ...all.map((t) => `max by (organization, meter, window, name) (${named(reached(t))})`),
    ],
    [
      ...organizationColumns, ratioColumn(0, 'Used %'), statusColumn(1), ...meterColumns,
      ...all.map((t, i) => ({ of: 2 + i, title: `${Number(t) * 100} %`, mappings: yes(t), coloured: true, width: 90 })),
    ],
    { title: 'Used %', desc: true }),
  ],
});
