// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { getDefaultTimeRange, type DataQueryRequest, type DataQueryResponse, type DataSourceInstanceSettings, type LegacyMetricFindQueryOptions, type MetricFindValue, type ScopedVars } from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import { switchMap, type Observable } from 'rxjs';

import { Usage } from '../usage';
import { AnnotationEditor } from './AnnotationEditor';
import { followed } from './live';
import type { Options, UsageQuery, VariableQuery } from './types';
import { Variables } from './variables';

const special = /[\\^$*+?.()|[\]{}/"]/g;
/** A value as a part of a pattern within quotes of PromQL. */
const pattern = (value: string) => value.replace(special, (c) => (c === '/' ? c : c === '"' ? '\\"' : `\\\\${c === '\\' ? '\\\\' : c}`));
const quoted = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

/** How a variable stands in PromQL: several values are a pattern, one of a variable that has but one is itself. */
export function inPromQL(value: string | string[], variable: { multi?: boolean; includeAll?: boolean } = {}): string {
  if (!Array.isArray(value)) {
    return variable.multi || variable.includeAll ? pattern(value) : quoted(value);
  }
  const patterns = value.map(pattern);
  return patterns.length === 1 ? patterns[0] : `(${patterns.join('|')})`;
}

export class UsageDatasource extends DataSourceWithBackend<UsageQuery, Options> {
  readonly usage: Usage;

  constructor(
    settings: DataSourceInstanceSettings<Options>,
    private readonly templates: TemplateSrv = getTemplateSrv()
  ) {
    super(settings);
    this.usage = new Usage(settings.uid);
    this.annotations = { QueryEditor: AnnotationEditor };
    this.variables = new Variables(this);
  }

  getDefaultQuery(): Partial<UsageQuery> {
    return { expr: '', range: true };
  }

  getQueryDisplayText(query: UsageQuery) {
    return query.kind ?? query.expr;
  }

  filterQuery(query: UsageQuery) {
    return !query.hide && Boolean(query.kind || query.expr?.trim());
  }

  query(request: DataQueryRequest<UsageQuery>): Observable<DataQueryResponse> {
    const utcOffsetSec = request.range.to.utcOffset() * 60;
    const toNow = request.rangeRaw?.to === 'now'; // figures that come belong to no other range
    const targets = request.targets.map((target) => ({ ...target, utcOffsetSec, live: target.live && toNow }));
    return super.query({ ...request, targets }).pipe(switchMap((response) => followed(response, request, this.uid)));
  }

  applyTemplateVariables(query: UsageQuery, scopedVars: ScopedVars): UsageQuery {
    // What depends on the step is put in where the step is known, on the server.
    const { __interval, __interval_ms, ...own } = scopedVars;
    const plain = (text?: string) => (text === undefined ? undefined : this.templates.replace(text, own));
    return {
      ...query,
      expr: this.templates.replace(query.expr ?? '', own, inPromQL),
      legendFormat: plain(query.legendFormat),
      interval: plain(query.interval),
      meter: plain(query.meter),
      window: plain(query.window),
      organizations: query.kind ? this.valuesOf(query.organization, own) : undefined,
    };
  }

  interpolateVariablesInQueries(queries: UsageQuery[], scopedVars: ScopedVars): UsageQuery[] {
    return queries.map((query) => ({ ...this.applyTemplateVariables(query, scopedVars), datasource: this.getRef() }));
  }

  /** The values that a text with a variable stands for; none for all of them. */
  private valuesOf(text: string | undefined, scopedVars: ScopedVars): string[] {
    if (!text) {
      return [];
    }
    const values: string[] = [];
    const rest = this.templates.replace(text, scopedVars, (value: string | string[]) => {
      values.push(...(Array.isArray(value) ? value : [value]));
      return '';
    });
    return (values.length > 0 ? values : [rest]).filter((value) => value !== '' && value !== '.*');
  }

  async metricFindQuery(query: string | VariableQuery, options?: LegacyMetricFindQueryOptions): Promise<MetricFindValue[]> {
    const text = typeof query === 'string' ? query : query.query;
    const range = options?.range ?? getDefaultTimeRange();
    return this.usage.variable(this.templates.replace(text, options?.scopedVars, inPromQL), range.from.toDate(), range.to.toDate());
  }
}
