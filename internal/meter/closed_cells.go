// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// What a statement has of each type of meter. All of it is known of every
// period that is kept; sums by user are not, and are in no statement.

// cells returns the numbers of a period of a meter that are not 0.
func (c *closings) cells(id periodID, back int) []Cell {
	return slices.Clone(c.appendCells(nil, id, back))
}

func (c *closings) appendCells(to []Cell, id periodID, back int) []Cell {
	to = c.kinds(id.meter).cells(to, c.clock, id.kind, back)
	if c.defs.Meters[id.meter].Type == usage.ActiveUsers {
		to = c.censusCells(to, id.kind, back)
	}
	return to
}

// addCells appends the numbers of a row that are not 0.
func addCells(to []Cell, breakdown uint16, value uint32, columns []int64) []Cell {
	for column, n := range columns {
		to = addCell(to, Cell{Breakdown: breakdown, Value: value, Column: uint16(column), N: wide.Of(n)})
	}
	return to
}

func addCell(to []Cell, c Cell) []Cell {
	if c.N == (wide.Int{}) {
		return to
	}
	return append(to, c)
}

func (a *active) cells(cells []Cell, _ *period.Clock, k usage.Kind, back int) []Cell {
	cells = addCells(cells, 0, 0, a.total.periods[k][back*a.total.width:][:a.total.width])
	for b, s := range a.splits {
		for value, t := range s.totals {
			if t != nil {
				cells = addCells(cells, uint16(b)+1, uint32(value), t.periods[k][back:back+1])
			}
		}
	}
	return cells
}

func (x *concurrent) cells(to []Cell, c *period.Clock, k usage.Kind, back int) []Cell {
	w := slices.IndexFunc(x.def.Windows, func(w usage.Window) bool { return w.Kind == k })
	samples, hours := x.samples.peak(c, w, back), x.hours.peak(c, w, back)
	var nets peak
	if x.netsKnown(c, x.def.Windows[w], back) {
		nets = x.nets.peak(c, w, back)
	}
	return addCells(to, 0, 0, []int64{
		SamplePeak: int64(samples.max), SampleHits: int64(samples.hits),
		HourPeak: int64(hours.max), HourHits: int64(hours.hits),
		NetPeak: int64(nets.max), NetHits: int64(nets.hits),
	})
}

func (x *consumption) cells(cells []Cell, _ *period.Clock, k usage.Kind, back int) []Cell {
	i := slices.IndexFunc(x.layout.windows, func(w sumWindow) bool { return w.Kind == k })
	place := x.layout.place(&x.layout.windows[i], back)
	add := func(r *sumRow, breakdown uint16, value uint32) {
		for column := range x.layout.width {
			cells = addCell(cells, Cell{Breakdown: breakdown, Value: value, Column: uint16(column), N: r.cells.At(place + column)})
		}
	}
	add(x.total, 0, 0)
	for b, rows := range x.dims {
		for value, r := range rows {
			if r != nil {
				add(r, uint16(b)+1, uint32(value))
			}
		}
	}
	return cells
}
