// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { lines, stacked } from '../panels';
import { among, byRemedy, chosen, named, overTime, series, titled } from '../query';
import { meterColumn, organizationColumns } from '../quota_table';
import { ofOutcome, unit } from '../style';
import { table } from '../table';

const refused = 'invalid|unauthorized|future|late|over_limit';
/** How much a counter grew in a step, exactly: the ledger keeps it across restarts, and items that waited for it are in the step in which it came back. */
const grown = (selector: string) => `clamp_min(${overTime(selector)} - last_over_time(${selector}[1d] offset $__interval), 0)`;

export const items = (): Row => ({
  title: 'Items',
  panels: [
    lines(stacked({
      title: 'Items by outcome',
      description: 'What became of the log records, spans, span events and data points of the chosen organizations, per step. The outcomes add up to what was received.',
      empty: 'No items in this time range', unit: unit.count,
    }, 12, '15m', { expr: `sum by (outcome) (${among(grown(series('usage_items_total')), overTime(chosen))})`, legend: '{{outcome}}' }), ofOutcome, (outcome) => outcome),
    lines(stacked({
      title: 'Items that name no organization',
      description: 'Counted under organization="__none__": no customer has them. The overview page shows what they are.',
      empty: 'No item came without an organization', unit: unit.count,
    }, 12, '15m', { expr: `sum by (outcome) (${grown(series('usage_items_total', { organization: '__none__' }))})`, legend: 'nobody: {{outcome}}' }), ofOutcome, (outcome) => `nobody: ${outcome}`),
    table({
      title: 'Refused and repeated items',
      description: 'Since counting began: items that do not count, by organization and outcome, those first that have a remedy in docs/metrics.md. Duplicates are ordinary.',
      empty: 'Every item was counted', unit: unit.count,
    }, 12, 9,
    [
      ...organizationColumns,
      { label: 'outcome', title: 'Outcome' },
      {
        expr: `sum by (organization, name, outcome) (${named(series('usage_items_total', { outcome: `=~duplicate|unmatched|${refused}` }))}) > 0`,
        title: 'Items', unit: unit.count, decimals: 0, width: 90,
      },
    ],
    byRemedy),
    table({
      title: 'Parts that a meter could not use',
      description: 'Since counting began: counted items of which one meter could not use its part, by reason.',
      empty: 'Every meter could use what matched it', unit: unit.count,
    }, 12, 9,
    [
      ...organizationColumns,
      meterColumn,
      { label: 'reason', title: 'Reason' },
      { expr: named(titled(`${series('usage_meter_rejected_total')} > 0`, series, ['meter'])), title: 'Items', unit: unit.count, decimals: 0, width: 90 },
    ],
    { title: 'Items', desc: true }),
  ],
});
