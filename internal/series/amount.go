// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package series

import (
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Flag returns 1 for true, 0 for false.
func Flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Amount returns the number of units nearest to an exact one of millionths.
func Amount(millionths wide.Int) float64 { return millionths.Over(usage.Micro) }
