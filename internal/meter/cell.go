// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/otelcol-usage/otelcol-usage/internal/wide"

// RegisteredRow is the breakdown under which a statement has the census; the
// column is the status.
const RegisteredRow = 1<<16 - 1

// IsRegistered tells that the cell is how many users had the status that its
// column is.
func (c *Cell) IsRegistered() bool { return c.Breakdown == RegisteredRow }

// AddCells appends the numbers of a row that are not 0.
func AddCells(to []Cell, breakdown uint16, value uint32, columns []int64) []Cell {
	for column, n := range columns {
		to = AddCell(to, Cell{Breakdown: breakdown, Value: value, Column: uint16(column), N: wide.Of(n)})
	}
	return to
}

func AddCell(to []Cell, c Cell) []Cell {
	if c.N == (wide.Int{}) {
		return to
	}
	return append(to, c)
}

// Cell is one number of a period. Sums are in millionths.
//
//	breakdown   0: the total, n: the meter's n-th breakdown, 65535: see census.go
//	value       number of the breakdown's value; 0 of the total
//	column      active users: the class; 0 in a breakdown
//	            concurrent users: see the columns below
//	            consumption: 0 sum, 1 events, then sum and count of each average
type Cell struct {
	N         wide.Int
	Value     uint32
	Breakdown uint16
	Column    uint16
}

// Change is a kind of event that revises a closed period.
type Change uint8

// NumChanges is the number of kinds.
const NumChanges = int(numChanges)

// String returns the name under which a kind is shown.
func (c Change) String() string {
	return [...]string{"late_event", "alias", "lifecycle", "standing", "sample"}[c]
}

func (c *Cell) SameRow(o *Cell) bool { return c.Breakdown == o.Breakdown && c.Value == o.Value }

// The columns of concurrent users.
const (
	SamplePeak = iota
	SampleHits
	HourPeak
	HourHits
	NetPeak
	NetHits
)

// The kinds. They are written: never change a number.
const (
	LateEvents  Change = iota // actions whose time lies in the period
	Aliases                   // that changed what the period has
	Lifecycles                // likewise
	Standings                 // likewise
	LateSamples               // of concurrent users, held up while the ledger was down
	numChanges
)
