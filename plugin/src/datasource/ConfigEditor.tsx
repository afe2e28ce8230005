// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';

import { Connection } from '../components/Connection';
import type { Options } from './types';

export function ConfigEditor({ options, onOptionsChange }: DataSourcePluginOptionsEditorProps<Options, Record<string, string>>) {
  return <Connection settings={options} onChange={(changed) => onOptionsChange({ ...options, ...changed } as typeof options)} />;
}
