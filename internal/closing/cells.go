// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package closing

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// What a statement has of each type of meter. All of it is known of every
// period that is kept; sums by user are not, and are in no statement.

// cells returns the numbers of a period of a meter that are not 0.
func (c *Closings) cells(id periodID, back int) []meter.Cell {
	return slices.Clone(c.appendCells(nil, id, back))
}

func (c *Closings) appendCells(to []meter.Cell, id periodID, back int) []meter.Cell {
	to = c.kinds(id.meter).Cells(to, c.clock, id.kind, back)
	if c.defs.Meters[id.meter].Type == usage.ActiveUsers {
		to = c.censusCells(to, id.kind, back)
	}
	return to
}
