// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// PromQL of what was picked.

import type { Meter } from '../usage';
import type { Figure, Picked } from './types';

export const figures: { value: Figure; label: string; description: string }[] = [
  { value: 'used', label: 'Used', description: 'Users or amount in the period' },
  { value: 'limit', label: 'Limit', description: 'Of the quota' },
  { value: 'ratio', label: 'Share of the limit', description: 'Used over limit' },
  { value: 'projected', label: 'Expected', description: 'At the end of the running period' },
];

const series: Record<Meter['type'], { name: string; own: string[] }> = {
  active_users: { name: 'usage_active_users', own: ['class=""'] }, // without those by class
  concurrent_users: { name: 'usage_hour_users_peak', own: [] },
  consumption: { name: 'usage_consumption', own: [] },
};

const ofQuota = { limit: 'usage_quota_limit', ratio: 'usage_quota_ratio', projected: 'usage_projected' };

/** A label's matcher. A variable may have several values, which are a pattern. */
const matcher = (label: string, value: string | undefined) =>
  value === undefined ? [] : [`${label}${value.includes('$') ? '=~' : '='}"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`];

/** The expression, or undefined as long as no meter is picked. */
export function expressionOf(picked: Picked, meters: Meter[]): string | undefined {
  const meter = meters.find(({ name }) => name === picked.meter);
  if (!meter) {
    return undefined;
  }
  const figure = picked.figure ?? 'used';
  const common = [...matcher('organization', picked.organization), ...matcher('meter', picked.meter), ...matcher('window', picked.window)];
  if (figure !== 'used') {
    return `${ofQuota[figure]}{${common.join(', ')}}`;
  }
  const { name, own } = series[meter.type];
  return `${name}{${[...common, ...matcher('period', picked.period), ...own].join(', ')}}`;
}
