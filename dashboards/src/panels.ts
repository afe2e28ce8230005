// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// The few kinds of panel. Each says what it shows (title), how the number comes
// about (description) and why it may be empty (empty).

import * as barchart from '@grafana/grafana-foundation-sdk/barchart';
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as text from '@grafana/grafana-foundation-sdk/text';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

import { datasource, instants, orWhy, ranges, rows } from './query';
import { byName, byThreshold, colour, fixed, missing, plain, texts, unit } from './style';

export interface Facts {
  title: string;
  description: string;
  empty: string;
  unit: string;
}

/** In pixels: legible, and small enough for a bar a day. */
const small = 11;
const readable = 14;

interface Common<T> {
  title(title: string): T;
  description(description: string): T;
  datasource(ref: typeof datasource): T;
  noValue(text: string): T;
  unit(unit: string): T;
  span(w: number): T;
  height(h: number): T;
}

function state<T extends Common<T>>(panel: T, facts: Facts, width: number, height: number): T {
  return panel.title(facts.title).description(facts.description).datasource(datasource)
    .noValue(facts.empty).unit(facts.unit).span(width).height(height);
}

/** Grafana fits a text to its place, however small that makes it. */
const textSize = (title: number) => new common.VizTextDisplayOptionsBuilder().titleSize(title);

const last = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);

/** One number, or a few side by side with their legends. */
export const figure = (facts: Facts, width: number, ...queries: { expr: string; legend?: string }[]) =>
  state(new stat.PanelBuilder(), facts, width, 5)
    .targets(instants(...queries))
    .reduceOptions(last())
    .thresholds(plain)
    .colorScheme(byThreshold())
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(queries.some((q) => q.legend) ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Value)
    .justifyMode(common.BigValueJustifyMode.Auto)
    .text(textSize(readable));

/** A ranking of ten: a bar each, the longest first, with its name beside it. */
export const ranking = (facts: Facts, width: number, query: { expr: string; legend: string }) =>
  state(new bargauge.PanelBuilder(), facts, width, 9)
    .targets(instants({ ...query, expr: `sort_desc(${query.expr})` }))
    .reduceOptions(last())
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .valueMode(common.BarGaugeValueMode.Text)
    .namePlacement(common.BarGaugeNamePlacement.Left)
    .showUnfilled(false)
    .text(textSize(readable).valueSize(readable))
    .thresholds(plain)
    .colorScheme(byThreshold())
    .min(0);

/** How far apart their texts are, in pixels: month-day, or a date. */
const spacing = { day: 50, start: 90 };

/**
 * A bar for each value of a label that names a time, in its order. Limits are
 * far off, as Grafana takes the SDK's 0 for "no characters". Where there is
 * none, the reason is below a bar of 0: Grafana says "No data in response".
 */
export const calendar = (facts: Facts, width: number, label: keyof typeof spacing, expr: string) =>
  state(new barchart.PanelBuilder(), facts, width, 8)
    .targets(rows(orWhy(expr, label, facts.empty, '0')))
    .withTransformation({ id: 'organize', options: { excludeByName: { Time: true }, renameByName: { Value: facts.title } } })
    .withTransformation({ id: 'sortBy', options: { sort: [{ field: label }] } })
    .xField(label)
    .legend(new common.VizLegendOptionsBuilder().showLegend(false))
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Single).sort(common.SortOrder.None))
    .showValue(common.VisibilityMode.Always)
    .text(new common.VizTextDisplayOptionsBuilder().valueSize(small))
    .decimals(facts.unit === unit.count ? 0 : 1)
    .xTickLabelSpacing(spacing[label])
    .xTickLabelMaxLength(100)
    .fillOpacity(80)
    .colorScheme(fixed(colour.blue));

/** How far apart samples of history may lie, and so how long a line may want its first point. */
const steps = { '1m': 'minute', '15m': '15 minutes', '6h': '6 hours', '1d': 'day' };
type Step = keyof typeof steps;

const withStep = (facts: Facts, step: Step): Facts => ({ ...facts, empty: `${facts.empty}: there is a point every ${steps[step]}` });

/** Lines over the time range. Counts have whole numbers on the axis. */
export const trend = (facts: Facts, width: number, step: Step, ...queries: { expr: string; legend: string }[]) =>
  state(new timeseries.PanelBuilder(), withStep(facts, step), width, 9)
    .targets(ranges(...queries))
    .interval(step)
    .legend(new common.VizLegendOptionsBuilder().displayMode(common.LegendDisplayMode.List).placement(common.LegendPlacement.Bottom).showLegend(true))
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending))
    .lineWidth(2)
    .fillOpacity(0)
    .showPoints(common.VisibilityMode.Never)
    .colorScheme(byName())
    .decimals(facts.unit === unit.count ? 0 : 1)
    .axisSoftMin(0);

/** A point a day at its beginning, up to yesterday: expr looks a day ahead. */
export const perDay = (facts: Facts, width: number, query: { expr: string; legend: string }) =>
  trend(facts, width, '1d', query).timeShift('1d').hideTimeOverride(true).overrideByName(query.legend, line(colour.blue));

/** The same stacked: what adds up to a total. */
export const stacked = (...args: Parameters<typeof trend>) =>
  trend(...args).fillOpacity(60).lineWidth(1).stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));

/**
 * Which state each of a few things was in. Where nothing is there in the whole
 * range, the reason is the name of a line without a state: Grafana misses a
 * "time field".
 */
export const timeline = (facts: Facts, width: number, step: Step, query: { expr: string; legend: string }, there: string) =>
  state(new statetimeline.PanelBuilder(), facts, width, 9)
    .targets(ranges({ ...query, expr: orWhy(query.expr, /{{(\w+)}}/.exec(query.legend)![1], facts.empty, '0', there) }))
    .interval(step)
    .overrideByRegexp(`/^${facts.empty}/`, [{ id: 'mappings', value: texts({ 0: { text: missing, color: 'transparent' } }) }])
    .showValue(common.VisibilityMode.Never)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .mergeValues(true)
    .legend(new common.VizLegendOptionsBuilder().displayMode(common.LegendDisplayMode.List).placement(common.LegendPlacement.Bottom).showLegend(true))
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Single).sort(common.SortOrder.None));

/** Words. */
export const note = (title: string, width: number, height: number, markdown: string) =>
  new text.PanelBuilder().title(title).description('How to read this page').mode(text.TextMode.Markdown).content(markdown).span(width).height(height);

/** A line of a colour of its own. */
export const line = (color: string, more: DynamicConfigValue[] = []): DynamicConfigValue[] =>
  [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }, ...more];

/** A line of its own colour for each name that is known. */
export const lines = (panel: timeseries.PanelBuilder, colours: Record<string, string>, legend: (name: string) => string) => {
  Object.entries(colours).forEach(([name, color]) => panel.overrideByName(legend(name), line(color)));
  return panel;
};

/** What a line is that is no measurement: a limit or a pace. */
export const dashed: DynamicConfigValue[] = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.stacking', value: { mode: 'none', group: 'B' } },
];
