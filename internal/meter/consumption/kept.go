// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"iter"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// kept is what a meter has added up, by period and minute. Whoever reads it
// gets it from Meter.read, which pours in what is still running.
type kept struct {
	rows  []sumRow // first that of all events, then in the order in which values were met
	ever  wide.Int // the sum of everything ever counted; 0 of a meter with corrections
	daily pace.DaySums
}

// total returns the row of all events.
func (k *kept) total() *sumRow { return &k.rows[0] }

// met yields the values of a breakdown that were met, in the order of their numbers,
// with their rows of what read returned.
func (x *Meter) met(have *kept, breakdown int) iter.Seq2[uint32, *sumRow] {
	return func(yield func(value uint32, r *sumRow) bool) {
		vals := &x.vals[breakdown]
		for value := range uint32(vals.Len()) {
			if n := vals.Note(value); n != 0 && !yield(value, &have.rows[n]) {
				return
			}
		}
	}
}

// number returns which row of kept a breakdown value has, a new one where none was met.
func (x *Meter) number(breakdown int, value uint32) uint32 {
	n := x.vals[breakdown].Note(value)
	if n == 0 {
		n = uint32(len(x.kept.rows))
		x.kept.rows = append(x.kept.rows, newSumRow(&x.layout))
		x.vals[breakdown].SetNote(value, n)
	}
	return n
}

// row returns the row of a breakdown value, a new one where none was met.
func (x *Meter) row(breakdown int, value uint32) *sumRow {
	return &x.kept.rows[x.number(breakdown, value)]
}

// running is what the events of the running minute add up to, a cell for each
// row side by side. All of them lie in the running period of every calendar
// window and in no rolling window yet, so that one cell stands for all places
// to which they belong.
//
//	cells   row 0: sum events ... | row 1: sum events ... | ...
//	filled  the rows that have any
type running struct {
	cells  []int64
	filled []uint32
}

// cell returns that of a row. It is good until the next one is asked for.
func (r *running) cell(row uint32, width int) []int64 {
	first := int(row) * width
	if missing := first + width - len(r.cells); missing > 0 {
		r.cells = slices.Grow(r.cells, missing)[:first+width]
	}
	return r.cells[first : first+width]
}

// gather adds an event of the running minute to a row.
func (x *Meter) gather(row uint32, event []int64) {
	cell := x.running.cell(row, len(event))
	if cell[eventsColumn] == 0 {
		x.running.filled = append(x.running.filled, row)
	}
	if !addCell(cell, event) {
		x.pour()
		x.gather(row, event)
	}
}

// addCell adds a cell to another one, and reports whether the sums fit; if not,
// nothing has changed.
func addCell(to, cell []int64) bool {
	overflow := int64(0)
	for i, n := range cell {
		sum := to[i] + n
		overflow |= (sum ^ to[i]) & (sum ^ n) // below 0: its sign is that of neither
		to[i] = sum
	}
	if overflow >= 0 {
		return true
	}
	for i, n := range cell {
		to[i] -= n
	}
	return false
}

// pour adds what is running to where it belongs. It needs no clock: it comes
// before the periods move.
func (x *Meter) pour() {
	k, l := &x.kept, &x.layout
	for _, n := range x.running.filled {
		cell := x.running.cell(n, l.width)
		k.rows[n].addRunning(l, x.asOf+1, cell)
		if n == 0 {
			k.daily.AddToday(cell[sumColumn])
			if !x.def.Corrections {
				k.ever = k.ever.Add(wide.Of(cell[sumColumn]))
			}
		}
		clear(cell)
	}
	x.running.filled = x.running.filled[:0]
}

// read returns what the meter has added up, with the running minute.
func (x *Meter) read() *kept {
	if len(x.running.filled) > 0 {
		x.pour()
	}
	return &x.kept
}

// addRunning adds the cell of the running minute, which ends at a minute.
func (r *sumRow) addRunning(l *sumLayout, end period.Minute, cell []int64) {
	for i := range l.windows {
		if w := &l.windows[i]; w.Kind < usage.Rolling {
			r.cells.Add(w.first, cell)
		}
	}
	if l.longest > 0 {
		cells, at := r.log.at(end, l.width)
		cells.Add(at, cell)
	}
}
