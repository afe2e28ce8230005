// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package consumption adds up what is consumed (SEMANTICS 5): sums, averages,
// breakdowns, the users with the most.
//
//	effect --> rows: of the whole and of each value of a breakdown, by window and period
//	       '-> sums by user --> tops
package consumption

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Meter is the state of one consumption meter of one organization.
//
//	running  a cell a row: the events of the running minute             kept.go
//	kept     a row of all events and one for each breakdown value met   kept.go, cells.go, rolling_sum.go
//	busiest  the day with the largest sum of each period                busiest.go
//	users    sums by user                                               user_sums.go
//	tops     the users that are shown                                   top.go
//
// An event of the running minute adds one cell to each row that it belongs to;
// what they add up to is poured into the windows when the minute turns or somebody
// asks. Any other event adds its cell to one period of each window. The sums of
// rolling windows take in and give back whole minutes as the clock turns.
type Meter struct {
	meter.Steady

	// What every event needs comes first, see Prefetch.

	*Shared
	running running // events of the minute that ends at asOf+1
	users   userSums
	tops    []topList      // by kind of users.kinds and period
	vals    []meter.Values // of each breakdown, each noting its row of kept; the owner's
	asOf    period.Minute  // of the clock when the state was last changed

	// dailyFrom is since when kept.daily has all there is; 0: from the beginning.
	dailyFrom period.Minute
	kept      kept // without what is running: use read, unless you add
	busiest   busiest
	nobody    []share // as tops: what no user stands for
	place     []int   // scratch: where the period of an event of another minute starts in a row, -1: nowhere
	named     named
}

// hotBytes is how much of a Meter every event needs.
const hotBytes = 128

// Shared is what organizations share of a meter, so that it is in the caches when one
// of them needs it.
type Shared struct {
	Values []*meter.Dictionary // by breakdown
	def    *usage.Meter
	layout sumLayout
	fields userFields
	days   busyDays
	series sharedSeries
}

// Share returns what organizations share of a meter, which needs the layout of their
// blocks and the book of their series.
func Share(number int, def *usage.Meter, layout *people.Layout, book *series.Book) *Shared {
	s := &Shared{def: def, layout: newSumLayout(def), fields: newUserFields(number, def, layout)}
	s.Values = meter.NewDictionaries(def, s.layout.shown*s.layout.width, book)
	s.days, s.series = s.newBusyDays(book), s.newSharedSeries(book)
	return s
}

// New returns an empty state. vals numbers the values of each
// breakdown.
func New(shared *Shared, vals []meter.Values, users *people.Users) *Meter {
	def := shared.def
	x := &Meter{
		Shared: shared, vals: vals, users: userSums{&shared.fields, users},
		place: make([]int, len(def.Windows)),
	}
	for i := range vals {
		vals[i].ForgetNotes()
	}
	x.kept.rows = []sumRow{newSumRow(&x.layout)}
	x.busiest = newBusiest(&x.days)
	if def.ByUser != nil {
		x.tops = make([]topList, x.users.stride())
		x.nobody = make([]share, x.users.stride())
	}
	return x
}

// Revises reports false: a sum is the same whoever made it.
func (x *Meter) Revises(meter.Change) bool { return false }

// Apply adds an event's value to the sums of its periods. The user is noted who has
// come onto a list by name.
func (x *Meter) Apply(c *period.Clock, ev *meter.Event, e *meter.Effect) (noted bool) {
	x.asOf = c.AsOf
	var room [8]int64
	cell := x.cellOf(e, room[:0])
	running := period.Ceil(ev.Time) == c.AsOf+1
	if running {
		x.gather(0, cell)
		for i, value := range e.Dims {
			x.gather(x.number(i, value), cell)
		}
	} else {
		x.addElsewhere(c, ev, e, cell)
	}
	return len(x.users.kinds) > 0 && x.countUser(c, ev, e, running)
}

// cellOf appends the event as a cell.
func (x *Meter) cellOf(e *meter.Effect, cell []int64) []int64 {
	cell = append(cell, e.Value, 1)
	for i := range (x.layout.width - firstAverage) / 2 {
		if i < len(e.Averages) && e.Averages[i].Set {
			cell = append(cell, e.Averages[i].Value, 1)
		} else {
			cell = append(cell, 0, 0)
		}
	}
	return cell
}

// addElsewhere adds an event that is not of the running minute to its rows. It does
// not matter what of that minute they have already.
func (x *Meter) addElsewhere(c *period.Clock, ev *meter.Event, e *meter.Effect, cell []int64) {
	floor, ceil := period.Floor(ev.Time), period.Ceil(ev.Time)
	for i := range x.layout.windows {
		w := &x.layout.windows[i]
		x.place[i] = -1
		if w.Kind == usage.Rolling {
			if ceil > c.AsOf-w.minutes && ceil <= c.AsOf {
				x.place[i] = w.first
			}
		} else if back := c.Tracks[w.Kind].Index(floor); back >= 0 {
			x.place[i] = x.layout.place(w, back)
		}
	}
	if !x.def.Corrections {
		x.kept.ever = x.kept.ever.Add(wide.Of(e.Value))
	}
	x.kept.daily.Add(&c.Days, floor, e.Value)
	logged := ceil > c.AsOf-x.layout.longest && x.layout.longest > 0
	x.addTo(x.kept.total(), cell, ceil, logged)
	for i, value := range e.Dims {
		x.addTo(x.row(i, value), cell, ceil, logged)
	}
}

// addTo adds an event to its places in a row.
func (x *Meter) addTo(r *sumRow, cell []int64, ceil period.Minute, logged bool) {
	for _, at := range x.place {
		if at >= 0 {
			r.cells.Add(at, cell)
		}
	}
	if logged {
		cells, at := r.log.at(ceil, x.layout.width)
		cells.Add(at, cell)
	}
}

// countUser adds an event to its user, or to nobody. It reports whether the user has
// come onto a list.
func (x *Meter) countUser(c *period.Clock, ev *meter.Event, e *meter.Effect, running bool) (listed bool) {
	named, floor, value := e.ByUser && ev.User != meter.NoUser, period.Floor(ev.Time), wide.Of(e.Value)
	var sums userCells
	if named {
		sums = x.users.of(c, ev.User)
		sums.note(floor)
	}
	for k, kind := range x.users.kinds {
		back := 0
		if !running {
			back = c.Tracks[kind].Index(floor)
		}
		if back < 0 || back >= period.Published {
			continue
		}
		cell := k*period.Published + back
		if !named {
			x.nobody[cell] = x.nobody[cell].plus(value)
			continue
		}
		before := sums.at(cell)
		after := before.plus(value)
		sums.set(cell, after)
		listed = x.rank(cell, ev.User, before, after) || listed
	}
	return listed
}

// rank tells the list of a period that a user's share changed, where that may
// change the list. It reports whether the user has come onto it.
func (x *Meter) rank(cell int, slot uint32, before, after share) (listed bool) {
	top := &x.tops[cell]
	if before == after || top.ignores(x.def.ByUser.Top, before, after) || x.users.users.Nameless(slot) {
		return false
	}
	return top.change(x.def.ByUser.Top, slot, before, after, x.users.users.Hash)
}

// Turn pours the minute that ends into the windows, and lets periods end. It reports
// whether minutes have come into rolling windows or left them.
func (x *Meter) Turn(c *period.Clock, t *period.Turn) (changed bool) {
	have := x.read()
	x.asOf = c.AsOf
	if t.Days > 0 {
		have.daily.Turn(&c.Days, t.Days)
	}
	x.busiest.turn(c, &x.layout, have.total(), t)
	for i := range have.rows {
		changed = have.rows[i].turn(&x.layout, c.AsOf, t) || changed
	}
	for k, kind := range x.users.kinds {
		period.Shift(x.nobody[k*period.Published:][:period.Published], 1, t.Ended[kind])
		shiftTops(x.tops[k*period.Published:][:period.Published], t.Ended[kind])
	}
	return changed
}

// Merge makes one person of two users. What closed for good stays where it is.
func (x *Meter) Merge(c *period.Clock, from, to uint32) {
	if from == to || len(x.users.kinds) == 0 {
		return
	}
	source, target := x.users.of(c, from), x.users.of(c, to)
	target.note(x.users.lastOf(from))
	source.block.Set32(x.users.last, 0)
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

// Prefetch asks for what every event reads of the meter.
func (x *Meter) Prefetch() { prefetch.Head(x, hotBytes) }

// PrefetchUser asks for the user's sums of running periods.
func (x *Meter) PrefetchUser(user uint32) { x.users.users.PrefetchLines(user, x.fields.lines) }

// PrefetchEvent asks for the cells of the running minute and the bars of the running
// periods' lists.
func (x *Meter) PrefetchEvent(_ uint32, dims []uint32, first uint32) {
	x.prefetchRow(0)
	for cell := 0; cell < len(x.tops); cell += period.Published {
		prefetch.Of(&x.tops[cell])
	}
	for i, dim := range dims {
		if dim >= first {
			x.prefetchRow(x.vals[i].Note(dim - first))
		}
	}
}

func (x *Meter) prefetchRow(row uint32) {
	if first := int(row) * x.layout.width; first < len(x.running.cells) {
		prefetch.Of(&x.running.cells[first])
	}
}
