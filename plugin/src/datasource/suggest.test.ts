// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { accept, fitting, placeAt, questionOf } from './suggest';

/** The place of the caret, which is where the bar stands. */
const at = (text: string) => placeAt(text.replace('|', ''), text.indexOf('|'));

test.each([
  ['usage_act|', { what: 'name', prefix: 'usage_act', from: 0 }],
  ['sum by (meter) (usage_q|', { what: 'name', prefix: 'usage_q', from: 16 }],
  ['usage_quota_used{|', { what: 'label', metric: 'usage_quota_used', prefix: '', from: 17 }],
  ['a{meter="x", win|dow="y"}', { what: 'label', metric: 'a', prefix: 'win', from: 13 }],
  ['a{meter="work|"}', { what: 'value', metric: 'a', label: 'meter', prefix: 'work', from: 9 }],
  ["{organization=~'ac|", { what: 'value', metric: '', label: 'organization', prefix: 'ac', from: 16 }],
  ['a{b="}"} + usage|', { what: 'name', prefix: 'usage', from: 11 }],
  ['a{b="\\"} x|', { what: 'value', metric: 'a', label: 'b', prefix: '\\"} x', from: 5 }],
])('%s', (text, place) => expect(at(text)).toEqual(place));

test.each(['', 'a|', 'rate(a[5m|', 'a{b="c"|', 'a{b=|', '"text|'])('nothing is suggested at %s', (text) => expect(at(text.includes('|') ? text : `${text}|`)).toBeUndefined());

test('a place is asked about in the words of variables', () => {
  expect(questionOf(at('us|')!)).toBe('label_values(__name__)');
  expect(questionOf(at('a{|')!)).toBe('label_names(a)');
  expect(questionOf(at('a{b="|')!)).toBe('label_values(a, b)');
  expect(questionOf(at('{b="|')!)).toBe('label_values(b)');
});

test('what begins so comes first, and what is there already is left out', () => {
  expect(fitting(['x_meter', 'meter', 'METER_2', 'window'], 'meter')).toEqual(['METER_2', 'x_meter']);
  expect(fitting(Array.from({ length: 20 }, (_, i) => `a${i}`), 'a')).toHaveLength(8);
});

test('a suggestion takes the place of what was typed', () => {
  expect(accept('sum(usage_q)', 11, at('sum(usage_q|)')!, 'usage_quota_used')).toEqual({ text: 'sum(usage_quota_used)', caret: 20 });
  expect(accept('a{me}', 4, at('a{me|}')!, 'meter')).toEqual({ text: 'a{meter="}', caret: 9 });
});
