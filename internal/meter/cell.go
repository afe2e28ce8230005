// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/otelcol-usage/otelcol-usage/internal/wide"

// Cell is one number of a period. Sums are in millionths.
//
//	breakdown   0: the total, n: the meter's n-th breakdown, RegisteredRow: the census
//	value       number of the breakdown's value; 0 of the total
//	column      active users: the class; 0 in a breakdown
//	            concurrent users: see the columns below
//	            consumption: 0 sum, 1 events, then sum and count of each average
//	            census: the status
type Cell struct {
	N         wide.Int
	Value     uint32
	Breakdown uint16
	Column    uint16
}

// The columns of concurrent users.
const (
	SamplePeak = iota
	SampleHits
	HourPeak
	HourHits
	NetPeak
	NetHits
)

// RegisteredRow is the breakdown under which a statement has the census: how many
// users had each status.
const RegisteredRow = 1<<16 - 1

// IsRegistered reports whether the cell is of the census.
func (c *Cell) IsRegistered() bool { return c.Breakdown == RegisteredRow }

// SameRow reports whether two cells are of one breakdown's value.
func (c *Cell) SameRow(o *Cell) bool { return c.Breakdown == o.Breakdown && c.Value == o.Value }

// AddCell appends a number, unless it is 0.
func AddCell(to []Cell, c Cell) []Cell {
	if c.N == (wide.Int{}) {
		return to
	}
	return append(to, c)
}

// AddCells appends the numbers of a row that are not 0.
func AddCells(to []Cell, breakdown uint16, value uint32, columns []int64) []Cell {
	for column, n := range columns {
		to = AddCell(to, Cell{Breakdown: breakdown, Value: value, Column: uint16(column), N: wide.Of(n)})
	}
	return to
}
