// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { own, titled } from '../query';
import { meterColumn, ownQuotas, perQuota, windowColumn } from '../quota_table';
import { unit } from '../style';
import { table } from '../table';

const long = { window: '=~month|cycle|quarter|half|year' };
const running = { ...long, period: 'current' };
/** What a quota of each kind of meter would be held against. */
const used = [
  `sum by (organization, meter, window) (${own('usage_consumption', running)})`,
  `sum by (organization, meter, window) (${own('usage_active_users', { ...running, billable: '!=false' })})`,
  perQuota(own('usage_hour_users_peak', running)),
].join(' or ');
const before = perQuota(own('usage_at_same_share', { ...long, period: 'previous' }));

export const quota = (): Row => ({
  title: 'Quotas and use',
  panels: [
    ownQuotas({
      title: 'Quotas',
      description: 'Every quota of the organization. Used: users of billable classes, the busiest hour, or the sum, of the running window; projected: what is expected at its end. A rolling window has neither end nor projection. Runs out is empty where the limit is not expected to be reached in the period, or is passed already. Limits are set in the catalogue only.',
      empty: 'This organization has no quota in the catalogue', unit: unit.count,
    }, 6, (q) => ({
      first: [q.ratio, q.status],
      others: [q.used, q.limit, q.remaining, q.overage, q.daysLeft, q.projected, q.projectedRatio, q.runsOut],
      order: { title: 'Used %', desc: true },
    })),
    table({
      title: 'What it uses',
      description: 'Each meter that the organization uses, in its running months and longer periods, against the same share of the period before, and what is expected at the end. Users are those of billable classes, concurrent users those of the busiest hour. The rows below have the details of each kind.',
      empty: 'The catalogue names no meter of this organization, and nothing was counted yet', unit: unit.count,
    }, 24, 9,
    [
      meterColumn,
      { expr: titled(`(${used})`, own, ['meter', 'window']), title: 'So far', unit: unit.count, decimals: 0, width: 95 },
      { expr: `(${used}) / (${before} > 0) - 1`, title: 'Growth', unit: unit.ratio, decimals: 1, width: 95 },
      windowColumn,
      { expr: before, title: 'The one before, by then', unit: unit.count, decimals: 0, width: 190 },
      { expr: perQuota(own('usage_projected', long)), title: 'Projected', unit: unit.count, decimals: 0, width: 110 },
    ],
    { title: 'Meter', desc: false }),
  ],
});
