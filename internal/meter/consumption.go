// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"iter"
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// consumption is the state of one consumption meter of one organization.
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
type consumption struct {
	def    *usage.Meter
	vals   []*values // of each breakdown; the owner's
	hash   func(slot uint32) uint64
	layout sumLayout
	asOf   Minute // of the clock when the state was last changed

	total   *sumRow
	dims    [][]*sumRow // by breakdown and number of the value; nil: not met
	ever    counted
	busiest busiest
	daily   daySums
	// dailyFrom is since when daily has all there is; 0: from the beginning.
	dailyFrom Minute

	users  userSums
	tops   []topList // by kind of users.kinds and period
	nobody []share   // as tops: what no user stands for

	bounds []int64 // of the value and of each average: see fits

	place  []int   // scratch: where the event's period starts in a row, -1: nowhere
	delta  []int64 // scratch: the event as a cell
	series consumptionSeries
}

// counted is the sum of everything ever counted. It may pass what an int64 of
// millionths holds, periods may not.
type counted struct{ units, micros int64 }

func (t *counted) add(micros int64) {
	t.micros += micros % usage.Micro
	t.units += micros/usage.Micro + t.micros/usage.Micro
	t.micros %= usage.Micro
}

// value is the nearest float64 as long as an int64 of millionths holds it.
func (t counted) value() float64 {
	if t.units >= 1<<43 {
		return float64(t.units) + amount(t.micros)
	}
	return amount(t.units*usage.Micro + t.micros)
}

// amount returns millionths as the number that they stand for.
func amount(micros int64) float64 { return float64(micros) / usage.Micro }

// newConsumption returns an empty state. vals numbers the values of each
// breakdown. hash gives users a stable order that does not depend on their
// slots: it decides between equal sums.
func newConsumption(def *usage.Meter, vals []*values, hash func(slot uint32) uint64) *consumption {
	x := &consumption{
		def: def, vals: vals, hash: hash, layout: newSumLayout(def),
		dims:   make([][]*sumRow, len(def.Breakdowns)),
		bounds: make([]int64, 1+len(def.Averages)),
		place:  make([]int, len(def.Windows)),
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
func (x *consumption) rows() iter.Seq[*sumRow] {
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

// fits tells whether no sum overflows if the effect is applied. Every sum lies
// within a bound that grows with each value and is taken anew at the turn of a
// minute once it is past half of what a sum may be: so a value is refused only
// where sums and the values of this minute come that far together.
func (x *consumption) fits(e *Effect) bool {
	if !addsUp(x.bounds[0], e.Value) {
		return false
	}
	for i, a := range e.Averages {
		if a.Set && !addsUp(x.bounds[1+i], a.Value) {
			return false
		}
	}
	return true
}

func addsUp(bound, value int64) bool { return magnitude(value) <= maxSum-bound }

// magnitude returns the absolute value, of the smallest number the largest.
func magnitude(v int64) int64 {
	if v == math.MinInt64 {
		return math.MaxInt64
	}
	return max(v, -v)
}

// measure takes the bounds anew where they are high.
func (x *consumption) measure(c *clock) {
	for b, high := range x.bounds {
		if high <= maxSum/2 {
			continue
		}
		column := sumColumn
		if b > 0 {
			column = firstAverage + 2*(b-1)
		}
		bound := int64(0)
		for r := range x.rows() {
			for at := column; at < len(r.cells); at += x.layout.width {
				bound = max(bound, magnitude(r.cells[at]))
			}
			bound = max(bound, r.log.magnitude(column, x.layout.width))
		}
		if b == 0 && x.def.Corrections { // else no user has more than the total
			bound = max(bound, x.users.magnitude(c))
		}
		x.bounds[b] = min(bound, maxSum)
	}
}

// apply counts an event, which fits.
func (x *consumption) apply(c *clock, ev *Event, e *Effect) {
	x.asOf = c.asOf
	if !x.def.Corrections {
		x.ever.add(e.Value)
	}
	x.prepare(c, ev, e)
	x.daily.add(&c.days, Floor(ev.Time), e.Value)
	ceil := Ceil(ev.Time)
	logged := ceil > c.asOf-x.layout.longest && x.layout.longest > 0
	x.addTo(x.total, ceil, logged)
	for i, n := range e.Dims {
		x.addTo(x.row(i, n), ceil, logged)
	}
	if len(x.users.kinds) > 0 {
		x.countUser(c, ev, e)
	}
}

// prepare writes the event's places, its cell and its part of the bounds.
func (x *consumption) prepare(c *clock, ev *Event, e *Effect) {
	floor, ceil := Floor(ev.Time), Ceil(ev.Time)
	for i := range x.layout.windows {
		w := &x.layout.windows[i]
		x.place[i] = -1
		if w.Kind == usage.Rolling {
			if ceil > c.asOf-w.minutes && ceil <= c.asOf {
				x.place[i] = w.first
			}
		} else if period := c.tracks[w.Kind].index(floor); period >= 0 {
			x.place[i] = w.first + period*x.layout.width
		}
	}
	clear(x.delta)
	x.delta[sumColumn], x.delta[eventsColumn] = e.Value, 1
	x.bounds[0] += magnitude(e.Value)
	for i, a := range e.Averages {
		if a.Set {
			x.delta[firstAverage+2*i], x.delta[firstAverage+2*i+1] = a.Value, 1
			x.bounds[1+i] += magnitude(a.Value)
		}
	}
}

// addTo adds the prepared event to a row.
func (x *consumption) addTo(r *sumRow, ceil Minute, logged bool) {
	for _, at := range x.place {
		if at >= 0 {
			addCell(r.cells[at:at+x.layout.width], x.delta, +1)
		}
	}
	if logged {
		addCell(r.log.at(ceil, x.layout.width), x.delta, +1)
	}
}

// row returns the row of a breakdown value.
func (x *consumption) row(breakdown int, number uint32) *sumRow {
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
func (x *consumption) countUser(c *clock, ev *Event, e *Effect) {
	sums, named := x.nobody, e.ByUser && ev.User != NoUser
	if named {
		sums = x.users.of(c, ev.User)
		x.users.seen(ev.User, Floor(ev.Time))
	}
	k := 0
	for i, at := range x.place {
		w := &x.layout.windows[i]
		if w.Kind == usage.Rolling {
			continue
		}
		if period := (at - w.first) / x.layout.width; at >= 0 && period < published {
			cell := k*published + period
			before := sums[cell]
			sums[cell] = before.plus(e.Value)
			if named {
				x.tops[cell].change(x.def.ByUser.Top, ev.User, before, sums[cell], x.hash)
			}
		}
		k++
	}
}

// turn moves the windows to c.asOf.
func (x *consumption) turn(c *clock, from Minute, rolled *[usage.NumKinds]int) {
	x.asOf = c.asOf
	x.busiest.turn(c, &x.layout, x.total, rolled)
	for r := range x.rows() {
		r.turn(&x.layout, from, c.asOf, rolled)
	}
	for k, kind := range x.users.kinds {
		shift(x.nobody[k*published:][:published], 1, rolled[kind])
		shiftTops(x.tops[k*published:][:published], rolled[kind])
	}
	x.measure(c)
}

// merge makes one person of two users. What closed for good stays where it is.
func (x *consumption) merge(c *clock, from, to uint32) {
	if from == to || !x.users.has(from) {
		return
	}
	source, target := x.users.of(c, from), x.users.of(c, to)
	x.users.seen(to, x.users.lastOf(from))
	x.users.forget(from)
	for k, kind := range x.users.kinds {
		for period := range published {
			if c.frozen(kind, period) {
				continue
			}
			cell := k*published + period
			gone, before := source[cell], target[cell]
			source[cell], target[cell] = 0, before.join(gone)
			x.tops[cell].change(x.def.ByUser.Top, from, gone, 0, x.hash)
			x.tops[cell].change(x.def.ByUser.Top, to, before, target[cell], x.hash)
		}
	}
}
