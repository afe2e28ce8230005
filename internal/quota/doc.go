// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package quota holds a use against limits and their thresholds (SEMANTICS 6), in
// integers: amounts are millionths of the meter's unit, shares millionths of the
// limit.
package quota
