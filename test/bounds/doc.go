// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package bounds shows that no request costs more than its size: it sends what a
// hostile or a broken sender would, and holds the processor time that counting
// takes against that of ordinary requests with as many items.
package bounds
