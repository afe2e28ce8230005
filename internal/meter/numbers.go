// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// amount returns the number of units nearest to an exact one of millionths.
func amount(millionths wide.Int) float64 { return millionths.Over(usage.Micro) }
