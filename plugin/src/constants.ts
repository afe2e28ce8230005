// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

export const appId = 'otelcol-usage-app';
export const datasourceId = 'otelcol-usage-datasource';
export const root = `/a/${appId}`;
