// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { own, realValues, share, short } from '../query';
import { unit, valueTexts } from '../style';
import type { Column } from '../table';
import { table } from '../table';

const labels = { meter: '$meter', window: '$window', period: 'current' };
const by = (dimension: string) => `sum by (dimension_value) (${own('usage_consumption_breakdown', { ...labels, dimension })})`;
const average = (part: string) => own(`usage_average_${part}`, { ...labels, average: 'accuracy', dimension: 'model' });

const amount = (expr: string): Column => ({ expr, title: 'Amount', unit: unit.count, decimals: 1, width: 100 });
const part = (expr: string): Column => ({ expr, title: 'Share', unit: unit.ratio, decimals: 1, bar: { max: 1 }, width: 110 });
const largestFirst = { title: 'Amount', desc: true };
const rest = 'Items may name none, and values beyond the configured number are put together; all add up to the sum.';

const users = { dimension: 'user', ...realValues };
const amountBy = (more: Record<string, string> = {}) => `sum by (dimension_value) (${own('usage_consumption_breakdown', { ...labels, ...users, ...more })})`;
const documentsBy = amountBy({ meter: '$documents' });

export const breakdowns = (): Row => ({
  title: 'Breakdown: language, model, user',
  collapsed: true,
  panels: [
    table({
      title: 'By language',
      description: `Sum of \${meter:text} in the running \${window:text} by language, and the share of all. ${rest}`,
      empty: 'Nothing yet, or the meter has no breakdown by language', unit: unit.count,
    }, 12, 8, [{ label: 'dimension_value', title: 'Language', mappings: valueTexts }, amount(by('language')), part(share(by('language')))], largestFirst),
    table({
      title: 'By model, with accuracy',
      description: `Sum of \${meter:text} in the running \${window:text} by model, and the average accuracy of the items that have one. ${rest}`,
      empty: 'Nothing yet, or the meter has no breakdown by model', unit: unit.count,
    }, 12, 8,
    [
      { label: 'dimension_value', title: 'Model', mappings: valueTexts },
      amount(by('model')),
      part(share(by('model'))),
      {
        expr: `sum by (dimension_value) (${average('sum')}) / sum by (dimension_value) (${average('count')} > 0)`,
        title: 'Accuracy', unit: unit.ratio, decimals: 1, width: 100,
      },
    ],
    largestFirst),
    table({
      title: 'By user',
      description: 'The users with most of ${meter:text} and those with most of ${documents:text} in the running ${window:text}, with their share of ${meter:text} and when they were last active. A field is empty for a user who is not among the top of that meter. Users are pseudonyms unless the meter reveals ids; the first eight digits are shown, the whole ones on hovering.',
      empty: 'Nobody yet, or the meter has no breakdown by user', unit: unit.count,
    }, 24, 9,
    [
      { label: 'user', title: 'User', hover: 'dimension_value' },
      { label: 'dimension_value', title: 'dimension_value', hidden: true },
      amount(short(amountBy())),
      part(short(`${amountBy()} / on () group_left () (sum(${own('usage_consumption', labels)}) > 0)`)),
      { expr: short(documentsBy), title: 'Documents', unit: unit.count, decimals: 0 },
      {
        expr: short(`max by (dimension_value) (${own('usage_user_last_activity_timestamp_seconds', users)}) * 1000 and on (dimension_value) (${amountBy()} or ${documentsBy})`),
        title: 'Last active', unit: unit.fromNow,
      },
    ],
    largestFirst),
  ],
});
