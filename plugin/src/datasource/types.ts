// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

/** Settings that are no secret: whoever may query can read them. */
export interface Options extends DataSourceJsonData {
  usageUrl?: string;
  store?: 'embedded' | 'prometheus';
  timeInterval?: string;
  alertingEmail?: string;
}

export const annotationKinds = [
  { value: 'closed_periods', label: 'Closed periods', description: 'Ends of periods, with what they were closed with' },
  { value: 'changed_definitions', label: 'Changed definitions', description: 'When what counts for a meter was defined anew' },
  { value: 'changed_limits', label: 'Changed limits', description: 'When the limit of a quota became another' },
  { value: 'alerts', label: 'Alerts', description: 'While alerts fired' },
] as const;
export type AnnotationKind = (typeof annotationKinds)[number]['value'];

/** What was picked beside raw PromQL. The expression is made of it, and is what counts. */
export interface Picked {
  organization?: string;
  meter?: string;
  window?: string;
  period?: string;
  figure?: Figure;
}

export type Figure = 'used' | 'limit' | 'ratio' | 'projected';

/** Keys are those of Grafana's Prometheus datasource where it has them, so that a panel works with either. */
export interface UsageQuery extends DataQuery {
  expr: string;
  range?: boolean;
  instant?: boolean;
  /** A range that goes on as figures come. */
  live?: boolean;
  legendFormat?: string;
  format?: 'time_series' | 'table';
  interval?: string;
  utcOffsetSec?: number;
  picked?: Picked;

  /** Of annotations, which have no expression. */
  kind?: AnnotationKind;
  /** An id, or a variable. */
  organization?: string;
  /** What `organization` has become. */
  organizations?: string[];
  meter?: string;
  window?: string;
}

export interface VariableQuery extends DataQuery {
  query: string;
}
