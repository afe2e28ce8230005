// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure } from '../panels';
import { among, series } from '../query';
import { quotasOfChosen } from '../quota_table';
import { above, colour, ofThreshold, texts, unit } from '../style';

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
    quotasOfChosen({
      title: 'Thresholds reached',
      description: 'Every quota of the chosen organizations with its thresholds. One that is reached stays so until use falls two points below it or a new period begins. A catalogue may set others than 50, 75, 90 and 100 %; they are in the series usage_quota_threshold_reached.',
      empty, unit: unit.count,
    }, 9, (q) => ({
      first: [q.ratio, q.status],
      others: all.map((t) => ({ expr: reached(t), title: `${Number(t) * 100} %`, mappings: yes(t), coloured: true, width: 90 })),
      order: { title: 'Used %', desc: true },
    })),
  ],
});
