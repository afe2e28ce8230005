// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// What looks alike on every dashboard: colours, units, thresholds and texts.

import { FieldColorBuilder, FieldColorModeId, MappingType, SpecialValueMatch, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Threshold, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/**
 * Any two of them are told apart with every kind of colour vision, and each
 * stands out from Grafana's light and its dark background: test/dashboards
 * measures it. There is no ninth that does.
 */
export const colour = {
  blue: '#5991fd',
  teal: '#2f8389',
  green: '#73875c',
  orange: '#b78f26',
  vermillion: '#ca1a12',
  purple: '#7141fc',
  pink: '#ed198f',
  grey: '#686860',
};

export const unit = {
  count: 'locale',
  rounded: 'short', // three digits: 12.3 K
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
  { name: 'Under quota', range: 'below 50 %', colour: colour.teal },
  { name: 'Moderate', range: '50 to 80 %', colour: colour.blue },
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
export const ofThreshold: Record<string, string> = { 0.5: colour.teal, 0.75: colour.blue, 0.9: colour.orange, 1: colour.vermillion };
export const ofSeverity: Record<string, string> = { critical: colour.vermillion, warning: colour.orange, info: colour.blue };

/** What becomes of items. */
export const ofOutcome: Record<string, string> = {
  counted: colour.blue, duplicate: colour.teal, unmatched: colour.grey, late: colour.purple,
  future: colour.orange, invalid: colour.vermillion, unauthorized: colour.pink, over_limit: colour.green,
};

/** The classes of config/default.yaml. Others get a colour of Grafana's. */
export const ofClass: Record<string, string> = { onboarded: colour.blue, anonymous: colour.orange, email: colour.purple };

/** One colour for anything above nothing. */
export const above = (color: string) => thresholds({ value: null, color: colour.teal }, { value: 0.0000001, color });

/** Anything above nothing is trouble. */
export const ofTrouble = above(colour.vermillion);

/** 1 is well. */
export const ofReadiness = thresholds({ value: null, color: colour.vermillion }, { value: 1, color: colour.teal });

export const fixed = (color: string) => new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(color);
export const byThreshold = () => new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
/** Of series whose names are not known here. */
export const byName = () => new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName);

export function texts(options: Record<string, { text: string; color?: string }>): ValueMapping[] {
  const indexed = Object.entries(options).map(([value, result], index) => [value, { ...result, index }]);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(indexed) }];
}

/** What a cell without a value shows. */
export const missing = '–';

const none = (color?: string): ValueMapping[] => [
  { type: MappingType.SpecialValue, options: { match: SpecialValueMatch.NullAndNan, result: { text: missing, color } } },
  ...texts({ [-Infinity]: { text: missing, color } }), // noFigure
];

/** The same in grey: without a value a coloured cell would have the colour of the lowest. */
export const nothing = none(colour.grey);

/** The same for a bar, whose edge would be drawn even so. */
export const noBar = none('transparent');

export const bandTexts = texts(Object.fromEntries(bands.map((b, status) => [status, { text: b.name, color: b.colour }])));

/** What the values of the label `period` are called. */
export const periodTexts = texts({ current: { text: 'running' }, previous: { text: 'the one before' }, '2_ago': { text: 'two ago' } });

/** What the two values of a breakdown are called that the ledger makes. */
export const valueTexts = texts({ __none__: { text: '(names none)' }, __other__: { text: '(all others)' } });
