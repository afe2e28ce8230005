// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { Row } from '../frame';
import { figure } from '../panels';
import { own, share } from '../query';
import { unit, valueTexts } from '../style';
import { table } from '../table';

const labels = { meter: '$documents', window: '$window', period: 'current' };
const by = (dimension: string) => `sum by (dimension_value) (${own('usage_consumption_breakdown', { ...labels, dimension })})`;
const length = (part: string, dimension: string) => own(`usage_average_${part}`, { ...labels, average: 'length', dimension });
const lengthBy = (dimension: string) => `sum by (dimension_value) (${length('sum', dimension)}) / sum by (dimension_value) (${length('count', dimension)} > 0)`;

const split = (dimension: string, column: string, title: string) =>
  table({
    title,
    description: `\${documents:text} of the running \${window:text} by ${dimension}, the share of all, and their average length.`,
    empty: `None yet, or the meter has no breakdown by ${dimension}`, unit: unit.count,
  }, 9, 8,
  [
    { label: 'dimension_value', title: column, mappings: valueTexts },
    { expr: by(dimension), title: 'Documents', unit: unit.count, decimals: 0, width: 115 },
    { expr: share(by(dimension)), title: 'Share', unit: unit.ratio, decimals: 1, bar: { max: 1 }, width: 90 },
    { expr: lengthBy(dimension), title: 'Avg. length', unit: unit.count, decimals: 0, width: 92 },
  ],
  { title: 'Documents', desc: true });

export const documents = (): Row => ({
  title: 'Documents: kind, format, length',
  collapsed: true,
  panels: [
    figure({
      title: 'Documents: $window',
      description: 'Sum of ${documents:text} in the running ${window:text}, and the average length of those that tell it.',
      empty: 'No such window', unit: unit.count,
    }, 6,
    { expr: own('usage_consumption', labels), legend: 'documents' },
    { expr: `${length('sum', '')} / (${length('count', '')} > 0)`, legend: 'average length' }).decimals(0).height(8),
    split('kind', 'Kind', 'Transcripts and captions'),
    split('format', 'Format', 'File formats'),
  ],
});
