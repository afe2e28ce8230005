// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Tables of quotas, and the columns that other tables share with them.

import { toOrganization } from './links';
import type { Facts } from './panels';
import { among, named, own, projectedRatio, series, titled } from './query';
import type { Select } from './query';
import { bandTexts, ofDaysLeft, ofRatio, unit } from './style';
import { table } from './table';
import type { Column, Order } from './table';

/** A telephone shows 360 pixels of a table: a name of 150 (what a column without a width has there), a percentage and a status. */
export const organizationColumns: Column[] = [
  { label: 'name', title: 'Organization', link: toOrganization('${__data.fields.organization}') },
  { label: 'organization', title: 'organization', hidden: true },
];

/** Of what is `titled`. */
export const meterColumn: Column = { label: 'meter_title', title: 'Meter' };
export const windowColumn: Column = { label: 'window_title', title: 'Window', width: 100 };

/** To a tenth: 99.6 % has not reached 100 %. */
const ratio = { unit: unit.ratio, decimals: 1, thresholds: ofRatio };
export const ratioColumn = (expr: string, title: string, width: number): Column => ({ expr, title, ...ratio, bar: { max: 1.2 }, width });
const count = { unit: unit.count, decimals: 0, width: 85 };

/** Without the name of the series, by which rows would differ. */
export const perQuota = (expr: string) => `max by (organization, meter, window) (${expr})`;

const quotaColumns = (select: Select) => ({
  ratio: ratioColumn(select('usage_quota_ratio'), 'Used %', 85),
  status: { expr: select('usage_quota_status'), title: 'Status', mappings: bandTexts, coloured: true, width: 121 },
  used: { expr: select('usage_quota_used'), title: 'Used', ...count },
  limit: { expr: select('usage_quota_limit'), title: 'Quota', ...count },
  remaining: { expr: select('usage_quota_remaining'), title: 'Remaining', ...count },
  overage: { expr: select('usage_quota_overage'), title: 'Overage', ...count },
  daysLeft: {
    expr: `${select('usage_quota_time_remaining_seconds')} / 86400`, title: 'Days left',
    unit: unit.days, decimals: 1, thresholds: ofDaysLeft, coloured: true, width: 85,
  },
  projected: { expr: `${select('usage_projected')} and on (organization, meter, window) ${select('usage_quota_limit')}`, title: 'Projected', ...count },
  /** A text, as not every quota has a projection. */
  projectedRatio: { expr: projectedRatio(select), title: 'Projected %', ...ratio, coloured: true, width: 105 },
  runsOut: { expr: `${select('usage_quota_exhaustion_timestamp_seconds')} * 1000`, title: 'Runs out', unit: unit.dateTime, width: 160 },
});

interface Quotas {
  /** What begins a row after its name, then meter or window, then the others. */
  first: Column[];
  others: Column[];
  /** Those alone that have this series. */
  having?: string;
  order: Order;
}

/** What the columns are made of, the names before them and those after the first. */
const ofOne = {
  select: own as Select,
  all: (expr: string) => titled(expr, own, ['meter', 'window']),
  some: perQuota,
  names: [meterColumn],
  more: [windowColumn],
};
const ofMany = {
  select: series as Select,
  all: (expr: string) => named(titled(expr, series, ['meter', 'window'])),
  some: (expr: string) => perQuota(among(expr)),
  names: organizationColumns,
  more: [meterColumn, windowColumn],
};

const quotaTable = ({ select, all, some, names, more }: typeof ofOne) =>
  (facts: Facts, height: number, choose: (columns: ReturnType<typeof quotaColumns>) => Quotas) => {
    const { first, others, having, order } = choose(quotaColumns(select));
    let each = all;
    const query = (column: Column): Column => {
      if (!column.expr) return column;
      const expr = each(having ? `(${column.expr}) and on (organization, meter, window) ${select(having)}` : column.expr);
      each = some;
      return { ...column, expr };
    };
    return table(facts, 24, height, [...names, ...first.map(query), ...more, ...others.map(query)], order);
  };

/** A row for each quota of the one organization that the variable chooses. */
export const ownQuotas = quotaTable(ofOne);

/** The same of all organizations that are chosen. */
export const quotasOfChosen = quotaTable(ofMany);
