// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package consumption adds up what is consumed (SEMANTICS 5): sums, averages,
// breakdowns, the users with the most.
//
//	effect --> rows: of the whole and of each value of a breakdown, by window and period
//	       '-> sums by user --> tops
package consumption

import (
	"iter"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Meter is the state of one consumption meter of one organization.
//
//	total  row of all events             cells.go, rolling_sum.go
//	dims   a row for each value that a breakdown has met
//	users  sums by user                  user_sums.go
//	tops   the users that are shown      top.go
//	busiest   the day with the largest sum of each period   busiest.go
//
// An event adds one cell to one period of each window in each row that it
// belongs to; the sums of rolling windows take in and give back whole minutes
// as the clock turns.
type Meter struct {
	def    *usage.Meter
	vals   []*meter.Values // of each breakdown; the owner's
	ids    ids
	layout sumLayout
	asOf   period.Minute // of the clock when the state was last changed

	total   *sumRow
	dims    [][]*sumRow // by breakdown and number of the value; nil: not met
	ever    wide.Int    // the sum of everything ever counted
	busiest busiest
	Daily   pace.DaySums
	// DailyFrom is since when daily has all there is; 0: from the beginning.
	DailyFrom period.Minute

	users  userSums
	tops   []topList // by kind of users.kinds and period
	nobody []share   // as tops: what no user stands for

	place  []int   // scratch: where the event's period starts in a row, -1: nowhere
	delta  []int64 // scratch: the event as a cell
	series consumptionSeries
}

// ids are those of users. Hashes give users an order that does not depend on their
// slots; who has no name is not among those that are shown.
type ids interface {
	Hash(slot uint32) uint64
	Nameless(slot uint32) bool
}

// New returns an empty state. vals numbers the values of each
// breakdown.
func New(def *usage.Meter, vals []*meter.Values, ids ids) *Meter {
	x := &Meter{
		def: def, vals: vals, ids: ids, layout: newSumLayout(def),
		dims:  make([][]*sumRow, len(def.Breakdowns)),
		place: make([]int, len(def.Windows)),
	}
	x.delta = make([]int64, x.layout.width)
	x.total = newSumRow(&x.layout)
	x.busiest = newBusiest(&x.layout)
	if def.ByUser != nil {
		for i := range x.layout.windows {
			if kind := x.layout.windows[i].Kind; kind < usage.Rolling {
				x.users.kinds = append(x.users.kinds, kind)
			}
		}
		x.tops = make([]topList, x.users.stride())
		x.nobody = make([]share, x.users.stride())
	}
	return x
}

// rows are the total and every breakdown value that was met.
func (x *Meter) rows() iter.Seq[*sumRow] {
	return func(yield func(*sumRow) bool) {
		if !yield(x.total) {
			return
		}
		for _, rows := range x.dims {
			for _, r := range rows {
				if r != nil && !yield(r) {
					return
				}
			}
		}
	}
}

func (x *Meter) Start(*period.Clock) {}

func (x *Meter) Stop(_, to period.Minute) period.Minute { return to }

func (x *Meter) Lift(*period.Clock, uint32) {}

func (x *Meter) Put(*period.Clock, uint32) {}

func (x *Meter) Revises(meter.Change) bool { return false }

func (x *Meter) Lasts() bool { return false }

func (x *Meter) Apply(c *period.Clock, ev *meter.Event, e *meter.Effect) (first bool) {
	x.asOf = c.AsOf
	if !x.def.Corrections {
		x.ever = x.ever.Add(wide.Of(e.Value))
	}
	x.prepare(c, ev, e)
	x.Daily.Add(&c.Days, period.Floor(ev.Time), e.Value)
	ceil := period.Ceil(ev.Time)
	logged := ceil > c.AsOf-x.layout.longest && x.layout.longest > 0
	x.addTo(x.total, ceil, logged)
	for i, n := range e.Dims {
		x.addTo(x.row(i, n), ceil, logged)
	}
	if len(x.users.kinds) > 0 {
		x.countUser(c, ev, e)
	}
	return false
}

// prepare writes the event's places and its cell.
func (x *Meter) prepare(c *period.Clock, ev *meter.Event, e *meter.Effect) {
	floor, ceil := period.Floor(ev.Time), period.Ceil(ev.Time)
	for i := range x.layout.windows {
		w := &x.layout.windows[i]
		x.place[i] = -1
		if w.Kind == usage.Rolling {
			if ceil > c.AsOf-w.minutes && ceil <= c.AsOf {
				x.place[i] = w.first
			}
		} else if back := c.Tracks[w.Kind].Index(floor); back >= 0 {
			x.place[i] = w.first + back*x.layout.width
		}
	}
	clear(x.delta)
	x.delta[sumColumn], x.delta[eventsColumn] = e.Value, 1
	for i, a := range e.Averages {
		if a.Set {
			x.delta[firstAverage+2*i], x.delta[firstAverage+2*i+1] = a.Value, 1
		}
	}
}

// addTo adds the prepared event to a row.
func (x *Meter) addTo(r *sumRow, ceil period.Minute, logged bool) {
	for _, at := range x.place {
		if at >= 0 {
			r.cells.Add(at, x.delta)
		}
	}
	if logged {
		cells, at := r.log.at(ceil, x.layout.width)
		cells.Add(at, x.delta)
	}
}

// row returns the row of a breakdown value.
func (x *Meter) row(breakdown int, number uint32) *sumRow {
	for int(number) >= len(x.dims[breakdown]) {
		x.dims[breakdown] = append(x.dims[breakdown], nil)
	}
	r := x.dims[breakdown][number]
	if r == nil {
		r = newSumRow(&x.layout)
		x.dims[breakdown][number] = r
	}
	return r
}

// countUser adds the prepared event to its user, or to nobody.
func (x *Meter) countUser(c *period.Clock, ev *meter.Event, e *meter.Effect) {
	named := e.ByUser && ev.User != meter.NoUser
	var sums userCells
	if named {
		sums = x.users.of(c, ev.User)
		x.users.seen(ev.User, period.Floor(ev.Time))
	}
	value, k := wide.Of(e.Value), 0
	for i, at := range x.place {
		w := &x.layout.windows[i]
		if w.Kind == usage.Rolling {
			continue
		}
		if back := (at - w.first) / x.layout.width; at >= 0 && back < period.Published {
			cell := k*period.Published + back
			if !named {
				x.nobody[cell] = x.nobody[cell].plus(value)
			} else {
				before := sums.at(cell)
				after := before.plus(value)
				sums.set(cell, after)
				x.rank(cell, ev.User, before, after)
			}
		}
		k++
	}
}

// rank tells the list of a period that a user's share changed.
func (x *Meter) rank(cell int, slot uint32, before, after share) {
	if !x.ids.Nameless(slot) {
		x.tops[cell].change(x.def.ByUser.Top, slot, before, after, x.ids.Hash)
	}
}

func (x *Meter) Turn(c *period.Clock, t *period.Turn) {
	if t.Days > 0 {
		x.Daily.Turn(&c.Days, t.Days)
	}
	x.asOf = c.AsOf
	x.busiest.turn(c, &x.layout, x.total, t)
	for r := range x.rows() {
		r.turn(&x.layout, c.AsOf, t)
	}
	for k, kind := range x.users.kinds {
		period.Shift(x.nobody[k*period.Published:][:period.Published], 1, t.Ended[kind])
		shiftTops(x.tops[k*period.Published:][:period.Published], t.Ended[kind])
	}
}

// Merge makes one person of two users. What closed for good stays where it is.
func (x *Meter) Merge(c *period.Clock, from, to uint32) {
	if from == to || !x.users.has(from) {
		return
	}
	source, target := x.users.of(c, from), x.users.of(c, to)
	x.users.seen(to, x.users.lastOf(from))
	x.users.forget(from)
	for k, kind := range x.users.kinds {
		for back := range period.Published {
			if c.Frozen(kind, back) {
				continue
			}
			cell := k*period.Published + back
			gone, before := source.at(cell), target.at(cell)
			after := before.join(gone)
			source.set(cell, share{})
			target.set(cell, after)
			x.rank(cell, from, gone, share{})
			x.rank(cell, to, before, after)
		}
	}
}

func (x *Meter) Prefetch(user uint32, dims []uint32, first uint32) uint64 {
	n := x.prefetchRow(x.total)
	for i, dim := range dims {
		if dim >= first && int(dim-first) < len(x.dims[i]) && x.dims[i][dim-first] != nil {
			n += x.prefetchRow(x.dims[i][dim-first])
		}
	}
	if page := int(user / pageUsers); page < len(x.users.pages) && x.users.pages[page] != nil {
		sum, _ := x.users.user(x.users.pages[page], user%pageUsers).at(0).sum().Int64()
		n += uint64(sum)
	}
	return n
}

func (x *Meter) prefetchRow(r *sumRow) (n uint64) {
	for i := range x.layout.windows {
		sum, _ := r.sum(&x.layout, &x.layout.windows[i], 0).Int64()
		n += uint64(sum)
	}
	return n
}
