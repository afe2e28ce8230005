// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure } from '../panels';
import { among, series } from '../query';
import { quotasOfChosen } from '../quota_table';
import { bands, fixed, unit } from '../style';

/** An organization is in the band of its worst quota. */
const worst = `max by (organization) (${among(series('usage_quota_status'))})`;

const band = (status: number) =>
  figure({
    title: `${bands[status].name} (${bands[status].range})`,
    description: 'Chosen organizations whose worst quota is in this band.',
    empty: 'No organization has a quota', unit: unit.count,
  }, 6, { expr: `count(${worst} == ${status}) or count(${worst}) * 0` }).colorScheme(fixed(bands[status].colour)).height(4);

export const quotas = (): Row => ({
  title: 'Organizations by quota (each in its own period and time zone)',
  panels: [
    band(0), band(1), band(2), band(3),
    quotasOfChosen({
      title: 'Quotas',
      description: 'Every quota of the chosen organizations. Projected is the expected use at the end of its period over the limit; a rolling window has neither end nor projection. Runs out is empty where the limit is not expected to be reached in the period, or is passed already. Limits are set in the catalogue only. Click a name to open the organization.',
      empty: 'No organization has a quota in the catalogue', unit: unit.count,
    }, 10, (q) => ({
      first: [q.ratio, q.status],
      others: [q.used, q.limit, q.daysLeft, q.projectedRatio, q.runsOut],
      order: { title: 'Used %', desc: true },
    })),
  ],
});
