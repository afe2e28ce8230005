// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { toOrganizationLink } from '../links';
import type { Row } from '../frame';
import { ranking } from '../panels';
import { among, named, realValues, series, share, short } from '../query';
import { unit, valueTexts } from '../style';
import { table } from '../table';

const labels = { meter: '$meter', window: 'month', period: 'current' };
const breakdown = (dimension: string) => series('usage_consumption_breakdown', { ...labels, dimension, ...realValues });
const languages = `sum by (dimension_value) (${among(series('usage_consumption_breakdown', { ...labels, dimension: 'language' }))})`;
const empty = 'Nothing was used yet this month';

export const top = (): Row => ({
  title: "Top performers (each organization's own calendar month)",
  panels: [
    ranking({
      title: 'Highest usage organizations',
      description: 'The ten organizations that used most of ${meter:text} this month. Click a bar to open the organization.',
      empty, unit: unit.count,
    }, 8, { expr: `topk(10, ${named(series('usage_consumption', labels))})`, legend: '{{name}}' }).decimals(0)
      .dataLinks([toOrganizationLink('${__field.labels.organization}')]),
    ranking({
      title: 'Most active users',
      description: 'The ten users who used most of ${meter:text} this month, with their organization. Users are pseudonyms unless the meter reveals ids; the first eight digits are shown, the whole ones are on the organization\'s page.',
      empty: 'Nobody yet, or the meter has no breakdown by user', unit: unit.count,
    }, 8, { expr: short(`topk(10, ${named(breakdown('user'))})`), legend: '{{user}} ({{name}})' }).decimals(0),
    table({
      title: 'Most used languages',
      description: 'Sum of ${meter:text} this month by language, and its share of all. Items may name no language, and languages beyond the configured number are put together.',
      empty: 'Nothing yet, or the meter has no breakdown by language', unit: unit.count,
    }, 8, 9,
    [
      { label: 'dimension_value', title: 'Language', mappings: valueTexts },
      { expr: languages, title: 'Amount', unit: unit.count, decimals: 0, width: 100 },
      { expr: share(languages), title: 'Share', unit: unit.ratio, decimals: 1, bar: { max: 1 }, width: 110 },
    ],
    { title: 'Share', desc: true }),
  ],
});
