// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The columns that tables of quotas share.

import type { Column } from './table';
import { bandTexts, ofDaysLeft, ofRatio, unit } from './style';
import { toOrganization } from './links';

/** A telephone shows 360 pixels of a table: a name of 150 (what a column without a width has there), a percentage and a status. */
export const organizationColumns: Column[] = [
  { of: 'name', title: 'Organization', link: toOrganization('${__data.fields.organization}') },
  { of: 'organization', title: 'organization', hidden: true },
];

export const meterColumns: Column[] = [
  { of: 'meter', title: 'Meter' },
  { of: 'window', title: 'Window', width: 90 },
];

/** To a tenth: 99.6 % has not reached 100 %. */
const ratio = { unit: unit.ratio, decimals: 1, thresholds: ofRatio };
export const ratioColumn = (of: number, title: string, width = 85): Column => ({ of, title, ...ratio, bar: { max: 1.2 }, width });
/** A text, as not every quota has a projection. */
export const projectedColumn = (of: number, title = 'Projected'): Column => ({ of, title, ...ratio, coloured: true, width: 105 });
export const statusColumn = (of: number): Column => ({ of, title: 'Status', mappings: bandTexts, coloured: true, width: 125 });
export const daysColumn = (of: number): Column => ({ of, title: 'Days left', unit: unit.days, decimals: 1, thresholds: ofDaysLeft, coloured: true, width: 85 });
export const runsOutColumn = (of: number): Column => ({ of, title: 'Runs out', unit: unit.dateTime, width: 160 });
