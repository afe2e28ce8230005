// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Tables whose rows are put together from several queries of one instant.

import * as common from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue, ThresholdsConfigBuilder, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';

import type { Facts } from './panels';
import { datasource, noFigure, orWhy, ref, rows } from './query';
import { missing, noBar, nothing, plain, unit } from './style';

export interface Column {
  title: string;
  /** What it shows: a label, or else the values of a query. */
  label?: string;
  expr?: string;
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
  /** A label that is shown on hovering, of a hidden column that is called as it. */
  hover?: string;
  /** There for links and hovering only. */
  hidden?: boolean;
}

/** By a column that is seen, or by the label `order`, which this adds to a query and nobody sees. */
export type Order = { title: string; desc: boolean } | ((expr: string) => string);

function properties(c: Column): DynamicConfigValue[] {
  // Without its own, an empty cell would say why the whole panel is empty.
  const found: DynamicConfigValue[] = [{ id: 'unit', value: c.unit ?? unit.text }, { id: 'noValue', value: missing }];
  const add = (id: string, value: unknown) => found.push({ id, value });
  if (c.decimals !== undefined) add('decimals', c.decimals);
  if (c.width) add('custom.width', c.width);
  if (c.thresholds) add('thresholds', c.thresholds.build());
  const isLabel = c.label !== undefined;
  const empty = isLabel ? [] : c.bar ? noBar : nothing;
  const mappings = [...(c.mappings ?? []), ...empty];
  if (mappings.length > 0) add('mappings', mappings);
  if (isLabel && !c.hidden) {
    add('custom.filterable', true);
    add('custom.wrapText', true);
  }
  add('custom.wrapHeaderText', true);
  if (c.hover) add('custom.tooltip', { field: c.hover, placement: 'auto' });
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
    add('custom.hideFrom', { viz: true, legend: false, tooltip: false });
  }
  return found;
}

/** Labels that tell rows apart, and are shown where a column is of them. */
const keys = ['organization', 'meter', 'window', 'order'];

/** The label that says why there are no rows: the first that is seen and leads nowhere. */
const wordy = (columns: Column[]) => {
  const labels = columns.filter((c) => c.label && !c.hidden);
  return (labels.find((c) => !c.link) ?? labels[0]).label!;
};

/**
 * Values of a query go to the row that has the same labels. Where it has fewer
 * than are shown, the first query has every row. Without any, Grafana says why
 * only where one query was asked: of several it makes a frame that has columns,
 * and shows their headers. There the first one answers with a row of it. Without
 * a column of values `rowsOf` is the query.
 */
export function table(facts: Facts, width: number, height: number, columns: Column[], sortBy?: Order, rowsOf?: string) {
  const queries = columns.flatMap((c) => c.expr ?? []);
  const [first, ...others] = rowsOf ? [rowsOf] : queries;
  const asked = [others.length > 0 ? orWhy(first, wordy(columns), facts.empty, noFigure) : first, ...others];
  const panel = new PanelBuilder()
    .title(facts.title)
    .description(facts.description)
    .datasource(datasource)
    .noValue(facts.empty)
    .unit(facts.unit)
    .span(width)
    .height(height)
    .targets(rows(...(typeof sortBy === 'function' ? asked.map(sortBy) : asked)))
    .thresholds(plain)
    .cellHeight(common.TableCellHeight.Sm)
    .showHeader(true)
    .filterable(false);
  if (others.length > 0) {
    panel.withTransformation({ id: 'merge', options: {} });
  }
  if (typeof sortBy === 'function') {
    panel.withTransformation({ id: 'sortBy', options: { sort: [{ field: 'order' }] } });
  } else if (sortBy) {
    panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy.title).desc(sortBy.desc)]);
  }
  // With several queries a value is called by its own: "Value" is of none.
  const value = (of: string) => (others.length > 0 ? `Value #${ref(queries.indexOf(of))}` : 'Value');
  const names = columns.map((c) => c.label ?? value(c.expr!));
  panel.withTransformation({
    id: 'organize',
    options: {
      excludeByName: Object.fromEntries(['Time', 'Value', ...keys].filter((key) => !names.includes(key)).map((key) => [key, true])),
      indexByName: Object.fromEntries(names.map((name, i) => [name, i])),
      renameByName: Object.fromEntries(columns.map((c, i) => [names[i], c.title])),
    },
  });
  columns.forEach((c) => panel.overrideByName(c.title, properties(c)));
  return panel;
}
