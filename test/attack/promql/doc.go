// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package promql attacks the embedded store of the built bin/otelcol-usage with
// queries that are small and cost much, sixty at a time, while telemetry comes
// in: the process must live on, stay small, go on counting as fast as before and
// answer the queries of the dashboards and rules afterwards.
//
// The queries are generated from a seed, which a failure prints.
// USAGE_CAMPAIGN=long asks ten times as many.
package promql
