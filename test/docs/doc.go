// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package docs holds the pages to what the program does: every YAML block is
// a good configuration, every link leads somewhere, and docs/metrics.md lists
// the series that a ledger has. It needs bin/otelcol-usage (`make build`).
package docs
