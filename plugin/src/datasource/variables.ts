// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { from, map, type Observable } from 'rxjs';

import type { UsageDatasource } from './datasource';
import type { VariableQuery } from './types';
import { VariableEditor } from './VariableEditor';

/** Variables in the words of Grafana's Prometheus datasource, which the server answers. */
export class Variables extends CustomVariableSupport<UsageDatasource, VariableQuery> {
  editor = VariableEditor;

  constructor(private readonly datasource: UsageDatasource) {
    super();
  }

  query = (request: DataQueryRequest<VariableQuery>): Observable<DataQueryResponse> =>
    from(this.datasource.metricFindQuery(request.targets[0], { range: request.range, scopedVars: request.scopedVars })).pipe(map((data) => ({ data })));
}
