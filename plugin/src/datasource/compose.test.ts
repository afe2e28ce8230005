// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Meter } from '../usage';
import { expressionOf } from './compose';

const meter = (name: string, type: Meter['type']): Meter => ({ name, title: name, type, windows: [] });
const meters = [meter('users', 'active_users'), meter('yard', 'concurrent_users'), meter('calls', 'consumption')];

test.each([
  [{ meter: 'users', window: 'month', period: 'current', organization: 'acme' }, 'usage_active_users{organization="acme", meter="users", window="month", period="current", class=""}'],
  [{ meter: 'yard', window: 'month', period: 'previous' }, 'usage_hour_users_peak{meter="yard", window="month", period="previous"}'],
  [{ meter: 'calls', organization: '$organization' }, 'usage_consumption{organization=~"$organization", meter="calls"}'],
  [{ meter: 'calls', window: 'month', period: 'current', figure: 'limit' as const }, 'usage_quota_limit{meter="calls", window="month"}'],
  [{ meter: 'calls', organization: 'a"b\\c' }, 'usage_consumption{organization="a\\"b\\\\c", meter="calls"}'],
])('%j', (picked, expression) => expect(expressionOf(picked, meters)).toBe(expression));

test('nothing is written as long as no meter is picked', () => {
  expect(expressionOf({ organization: 'acme' }, meters)).toBeUndefined();
  expect(expressionOf({ meter: 'gone' }, meters)).toBeUndefined();
});
