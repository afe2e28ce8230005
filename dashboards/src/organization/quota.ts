// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { own, projectedRatio } from '../query';
import { daysColumn, meterColumns, projectedColumn, ratioColumn, runsOutColumn, statusColumn } from '../quota_columns';
import { unit } from '../style';
import type { Column } from '../table';
import { table } from '../table';

const each = (expr: string) => `max by (meter, window) (${expr})`;
const count = (of: number, title: string, width = 85): Column => ({ of, title, unit: unit.count, decimals: 0, width });

const long = { window: '=~month|cycle|quarter|half|year' };
const running = { ...long, period: 'current' };
/** What a quota of each kind of meter would be held against. */
const used = [
  `sum by (meter, window) (${own('usage_consumption', running)})`,
  `sum by (meter, window) (${own('usage_active_users', { ...running, billable: '!=false' })})`,
  each(own('usage_hour_users_peak', running)),
].join(' or ');
const before = each(own('usage_at_same_share', { ...long, period: 'previous' }));

const [meter, window] = meterColumns;

export const quota = (): Row => ({
  title: 'Quotas and use',
  panels: [
    table({
      title: 'Quotas',
      description: 'Every quota of the organization. Used: users of billable classes, the busiest hour, or the sum, of the running window; projected: what is expected at its end. A rolling window has neither end nor projection. Runs out is empty where the limit is not expected to be reached in the period, or is passed already. Limits are set in the catalogue only.',
      empty: 'This organization has no quota in the catalogue', unit: unit.count,
    }, 24, 6,
    [
      each(own('usage_quota_ratio')),
      each(own('usage_quota_status')),
      each(own('usage_quota_used')),
      each(own('usage_quota_limit')),
      each(own('usage_quota_remaining')),
      each(own('usage_quota_overage')),
      each(`${own('usage_quota_time_remaining_seconds')} / 86400`),
      each(`${own('usage_projected')} and on (organization, meter, window) ${own('usage_quota_limit')}`),
      each(projectedRatio(own)),
      each(`${own('usage_quota_exhaustion_timestamp_seconds')} * 1000`),
    ],
    [
      meter, ratioColumn(0, 'Used %'), statusColumn(1), window,
      count(2, 'Used'), count(3, 'Quota'), count(4, 'Remaining', 90), count(5, 'Overage'),
      daysColumn(6), count(7, 'Projected', 90), projectedColumn(8, 'Projected %'), runsOutColumn(9),
    ],
    { title: 'Used %', desc: true }),
    table({
      title: 'What it uses',
      description: 'Each meter that the organization uses, in its running months and longer periods, against the same share of the period before, and what is expected at the end. Users are those of billable classes, concurrent users those of the busiest hour. The rows below have the details of each kind.',
      empty: 'The catalogue names no meter of this organization, and nothing was counted yet', unit: unit.count,
    }, 24, 9,
    [used, `(${used}) / (${before} > 0) - 1`, before, each(own('usage_projected', long))],
    [
      meter,
      { of: 0, title: 'So far', unit: unit.count, decimals: 0, width: 95 },
      { of: 1, title: 'Growth', unit: unit.ratio, decimals: 1, width: 95 },
      window,
      { of: 2, title: 'The one before, by then', unit: unit.count, decimals: 0, width: 190 },
      { of: 3, title: 'Projected', unit: unit.count, decimals: 0, width: 110 },
    ],
    { title: 'Meter', desc: false }),
  ],
});
