// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { dateTimeFormat } from '@grafana/data';

import type { Column, Row } from '../usage';

export const none = '–';

/** An instant, in the zone of the viewer's profile if no other is named. */
export const instant = (text: string | null | undefined, timeZone?: string) => (text ? dateTimeFormat(text, { format: 'YYYY-MM-DD HH:mm', timeZone }) : none);

const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');

/** A decimal number as it is written, of any size, with its thousands apart. */
export function decimal(text: string) {
  const [, sign, whole, rest] = /^(-?)(\d+)(\..*)?$/.exec(text) ?? [];
  return whole === undefined ? text : `${sign}${grouped(whole)}${rest ?? ''}`;
}

/** Not more digits than are read: two behind the point, four of what is less than one. Downloads have all of them. */
export function rounded(text: string) {
  const value = Math.abs(Number(text));
  const digits = value >= 1 ? 2 : 4;
  return value < 1e12 && (text.split('.')[1] ?? '').length > digits ? String(Number(Number(text).toFixed(digits))) : text;
}

/** A cell of a report. Amounts come as text, so that no digit of a large one is lost. */
export function cell(row: Row, column: Column): string {
  const value = row[column.name];
  if (value === null || value === undefined || value === '') {
    return none;
  }
  switch (column.type) {
    case 'count':
    case 'number':
    case 'amount':
    case 'money': {
      const unit = column.unit ?? row[column.type === 'money' ? 'currency' : `${column.name}_unit`];
      const shown = decimal(column.type === 'money' ? String(value) : rounded(String(value)));
      return unit && unit !== '1' && column.type !== 'count' ? `${shown} ${unit}` : shown;
    }
    case 'share':
      return `${decimal(String(Math.round(Number(value) * 1000) / 10))} %`;
    case 'instant':
      return instant(String(value));
    default:
      return String(value);
  }
}

export const isNumber = (column: Column) => ['count', 'number', 'amount', 'money', 'share'].includes(column.type);

export const periodTitles: Record<string, string> = { current: 'Running', previous: 'The one before', '2_ago': 'Two before' };
