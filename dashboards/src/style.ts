// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// What looks alike on every dashboard: colours, units, thresholds and texts.

import { FieldColorBuilder, FieldColorModeId, MappingType, SpecialValueMatch, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Threshold, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** The palette of Okabe and Ito: told apart with every kind of colour vision. */
export const colour = {
  blue: '#0072B2',
  sky: '#56B4E9',
  green: '#009E73',
  orange: '#E69F00',
  vermillion: '#D55E00',
  yellow: '#F0E442',
  purple: '#CC79A7',
  grey: '#8E8E8E',
};

export const unit = {
  count: 'locale',
  ratio: 'percentunit',
  days: 'suffix: days',
  seconds: 's',
  dateTime: 'dateTimeAsIso', // of milliseconds
  fromNow: 'dateTimeFromNow', // of milliseconds
  text: 'string',
  yesNo: 'bool_yes_no',
};

/** The bands of a quota, by the value of usage_quota_status. */
export const bands = [
  { name: 'Under quota', range: 'below 50 %', colour: colour.green },
  { name: 'Moderate', range: '50 to 80 %', colour: colour.sky },
  { name: 'High', range: '80 to 95 %', colour: colour.orange },
  { name: 'At or over quota', range: 'above 95 %', colour: colour.vermillion },
];

export const thresholds = (...steps: Threshold[]) => new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);

/** One colour for all values. */
export const plain = thresholds({ value: null, color: colour.blue });

/** The bands for a ratio. At 95 % it is still high, so the last step lies a hair above. */
export const ofRatio = thresholds(
  { value: null, color: bands[0].colour },
  { value: 0.5, color: bands[1].colour },
  { value: 0.8, color: bands[2].colour },
  { value: 0.9500001, color: bands[3].colour },
);

/** Few days left are a warning: a week, and a day. */
export const ofDaysLeft = thresholds(
  { value: null, color: colour.vermillion },
  { value: 1, color: colour.orange },
  { value: 7, color: colour.blue },
);

/** How serious it is that a threshold is reached, and an alert: half of a quota is no trouble. */
export const ofThreshold: Record<string, string> = { 0.5: colour.sky, 0.75: colour.sky, 0.9: colour.orange, 1: colour.vermillion };
export const ofSeverity: Record<string, string> = { critical: colour.vermillion, warning: colour.orange, info: colour.sky };

/** One colour for anything above nothing. */
export const above = (color: string) => thresholds({ value: null, color: colour.green }, { value: 0.0000001, color });

/** Anything above nothing is trouble. */
export const ofTrouble = above(colour.vermillion);

/** 1 is well. */
export const ofReadiness = thresholds({ value: null, color: colour.vermillion }, { value: 1, color: colour.green });

export const fixed = (color: string) => new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(color);
export const byThreshold = () => new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
/** Many series of one kind are shades of one colour. */
export const shades = () => new FieldColorBuilder().mode(FieldColorModeId.Shades).fixedColor(colour.blue);

export function texts(options: Record<string, { text: string; color?: string }>): ValueMapping[] {
  const indexed = Object.entries(options).map(([value, result], index) => [value, { ...result, index }]);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(indexed) }];
}

/** What a cell without a value shows. */
export const missing = '–';

/** The same in grey: without a value a coloured cell would have the colour of the lowest. */
export const nothing: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.Null, result: { text: missing, color: colour.grey } },
};

export const bandTexts = texts(Object.fromEntries(bands.map((b, status) => [status, { text: b.name, color: b.colour }])));

/** What the values of the label `period` are called. */
export const periodTexts = texts({ current: { text: 'running' }, previous: { text: 'the one before' }, '2_ago': { text: 'two ago' } });

/** What the two values of a breakdown are called that the ledger makes. */
export const valueTexts = texts({ __none__: { text: '(names none)' }, __other__: { text: '(all others)' } });
