// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Tables whose rows are put together from several queries of one instant.

import * as common from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue, ThresholdsConfigBuilder, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';

import type { Facts } from './panels';
import { datasource, rows } from './query';
import { missing, nothing, plain, unit } from './style';

export interface Column {
  /** A label, or the number of the query whose value it shows. */
  of: string | number;
  title: string;
  unit?: string;
  decimals?: number;
  width?: number;
  /** As a bar from 0 to max (the largest value where there is none). */
  bar?: { max?: number };
  thresholds?: ThresholdsConfigBuilder;
  mappings?: ValueMapping[];
  /** Colours the cell by its threshold or mapping. */
  coloured?: boolean;
  link?: { title: string; url: string };
  /** There for links only. */
  hidden?: boolean;
}

const field = (of: string | number, queries: number) =>
  typeof of === 'string' ? of : queries === 1 ? 'Value' : `Value #${String.fromCharCode('A'.charCodeAt(0) + of)}`;

function properties(c: Column): DynamicConfigValue[] {
  // Without its own, an empty cell would say why the whole panel is empty.
  const found: DynamicConfigValue[] = [{ id: 'unit', value: c.unit ?? unit.text }, { id: 'noValue', value: missing }];
  const add = (id: string, value: unknown) => found.push({ id, value });
  if (c.decimals !== undefined) add('decimals', c.decimals);
  if (c.width) add('custom.width', c.width);
  if (c.thresholds) add('thresholds', c.thresholds.build());
  const mappings = [...(c.mappings ?? []), ...(c.coloured ? [nothing] : [])];
  if (mappings.length > 0) add('mappings', mappings);
  if (c.link) add('links', [{ ...c.link, targetBlank: false }]);
  if (c.bar) {
    add('custom.cellOptions', { type: common.TableCellDisplayMode.Gauge, mode: common.BarGaugeDisplayMode.Basic, valueDisplayMode: common.BarGaugeValueMode.Text });
    add('min', 0);
    if (c.bar.max !== undefined) add('max', c.bar.max);
  }
  if (c.coloured) {
    add('custom.cellOptions', { type: common.TableCellDisplayMode.ColorText });
  }
  if (c.hidden) {
    add('custom.hidden', true); // Grafana 12.1 and older
    add('custom.hideFrom', { viz: true, legend: false, tooltip: false });
  }
  return found;
}

/** Rows are those of all queries that have the same labels. */
export function table(facts: Facts, width: number, height: number, queries: string[], columns: Column[], sortBy: { title: string; desc: boolean }) {
  const panel = new PanelBuilder()
    .title(facts.title)
    .description(facts.description)
    .datasource(datasource)
    .noValue(facts.empty)
    .unit(facts.unit)
    .span(width)
    .height(height)
    .targets(rows(...queries))
    .thresholds(plain)
    .cellHeight(common.TableCellHeight.Sm)
    .showHeader(true)
    .filterable(true)
    .sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy.title).desc(sortBy.desc)]);
  if (queries.length > 1) {
    panel.withTransformation({ id: 'merge', options: {} });
  }
  const names = columns.map((c) => field(c.of, queries.length));
  const onlyLabels = columns.every((c) => typeof c.of === 'string');
  panel.withTransformation({
    id: 'organize',
    options: {
      excludeByName: { Time: true, ...(onlyLabels && { Value: true }) },
      indexByName: Object.fromEntries(names.map((name, i) => [name, i])),
      renameByName: Object.fromEntries(columns.map((c, i) => [names[i], c.title])),
    },
  });
  columns.forEach((c) => panel.overrideByName(c.title, properties(c)));
  return panel;
}
