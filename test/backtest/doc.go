// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package backtest projects months that are over from what was known at 25, 50
// and 75 % of them, and holds the errors against two baselines. Its result is
// the table of docs/projection.md.
package backtest
