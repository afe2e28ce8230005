// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Column } from '../usage';
import { cell, decimal, rounded } from './format';

const column = (type: Column['type'], unit: string | null = null): Column => ({ name: 'x', title: 'X', type, unit });

test.each([
  ['1234567.5', '1\u202f234\u202f567.5'],
  ['-1000', '-1\u202f000'],
  ['12345678901234567890.123456', '12\u202f345\u202f678\u202f901\u202f234\u202f567\u202f890.123456'],
  ['0.0001', '0.0001'],
  ['not a number', 'not a number'],
])('%s', (text, shown) => expect(decimal(text)).toBe(shown));

test.each([
  ['67829.208111', '67829.21'],
  ['0.891822', '0.8918'],
  ['-1234.5', '-1234.5'],
  ['12', '12'],
  ['1.999999', '2'],
  ['12345678901234567890.123456', '12345678901234567890.123456'],
  ['not a number', 'not a number'],
])('%s is read as %s', (text, shown) => expect(rounded(text)).toBe(shown));

test('money keeps its digits', () => {
  expect(cell({ x: '0.123456', currency: 'EUR' }, column('money'))).toBe('0.123456 EUR');
  expect(cell({ x: '700.266994' }, column('amount', 'min'))).toBe('700.27 min');
});

test('a cell has its unit, and a dash where there is nothing', () => {
  expect(cell({ x: '12' }, column('amount', 'min'))).toBe('12 min');
  expect(cell({ x: '12' }, column('amount', '1'))).toBe('12');
  expect(cell({ x: '12', x_unit: 'min' }, column('amount'))).toBe('12 min');
  expect(cell({ x: '9.50', currency: 'EUR' }, column('money'))).toBe('9.50 EUR');
  expect(cell({ x: '0.1234' }, column('share'))).toBe('12.3 %');
  expect(cell({ x: 0 }, column('count'))).toBe('0');
  expect(cell({ x: null }, column('amount', 'min'))).toBe('–');
});
