// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import { DataSourcePlugin } from '@grafana/data';

import { ConfigEditor } from './ConfigEditor';
import { UsageDatasource } from './datasource';
import { QueryEditor } from './QueryEditor';
import type { Options, UsageQuery } from './types';

export const plugin = new DataSourcePlugin<UsageDatasource, UsageQuery, Options>(UsageDatasource).setConfigEditor(ConfigEditor).setQueryEditor(QueryEditor);
