// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package closing

import (
	"cmp"
	"math"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Closings is what an organization knows of the periods that are closed. Most
// of it follows from the clock: a period that ended at or before `to` is
// closed, and has version 1 if it ended after `from`. Only periods that were
// revised have a record of their own, as long as they are kept.
//
//	   from                  to         asOf
//	----|----- closed, 1.. ---|- grace --|--> end of the period
//	  none until
//	  something comes
//
// Every statement is made at a minute that follows from what came and when,
// never from how the clock was moved: a replay makes the same ones.
type Closings struct {
	clock *period.Clock
	defs  *meter.Definitions
	kinds func(meter uint16) meter.Kind // the organization's meters

	from, To period.Minute
	due      period.Minute // when the next one is to be made; 0: to be found out
	revised  map[periodID]*revision
	terms    []meterTerms // in force now
	ended    []meterTerms // in force when a period ended, of the periods that are kept
	Now      census       // who has which status
	censuses [usage.NumKinds][]census
	Made     []Statement // not taken yet
	watched  int         // cells that were compared for the last alias: about what the next one needs
}

// New are of an organization that begins: what was closed before has
// no statements.
func New(c *period.Clock, defs *meter.Definitions, kinds func(meter uint16) meter.Kind) Closings {
	before := c.AsOf - defs.Grace
	return Closings{clock: c, defs: defs, kinds: kinds, from: before, To: before, revised: map[periodID]*revision{}}
}

// periodID names a period of a meter's window.
type periodID struct {
	meter uint16
	kind  usage.Kind
	start period.Minute
}

func comparePeriods(a, b periodID) int {
	return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.kind, b.kind), cmp.Compare(a.meter, b.meter))
}

// revision is a closed period of which something changed.
type revision struct {
	version uint32        // the last one; 0: none yet
	made    period.Minute // when that was made
	// The rest is of changes that are in no version yet.
	changed bool
	since   period.Minute // of the clock at the first of them
	was     []meter.Cell  // what the last version has
	reason  Reason
}

// gathering is how long changes gather before a version is made, from the
// version before on: a stream of late events makes one an hour at most.
const gathering = 60

// never is later than every minute.
const never = period.Minute(math.MaxInt32)

// due returns when the changes become a version: in the next minute, or later
// where the last version is young.
func (r *revision) due() period.Minute {
	if !r.changed {
		return never
	}
	return max(r.since+1, r.made+gathering)
}

// closedKinds calls f for each followed kind whose periods are closed.
func (c *Closings) closedKinds(f func(t *period.Track)) {
	for k := usage.Day; k < usage.Rolling; k++ {
		if t := c.clock.Tracks[k]; t != nil {
			f(t)
		}
	}
}

// Take returns the statements made since it was last called.
func (c *Closings) Take() []Statement {
	made := c.Made
	c.Made = nil
	return made
}

// Stop returns the first minute up to which the clock may go in one step: periods
// end one at a time, and statements are made in their own minute.
func (c *Closings) Stop(to period.Minute) period.Minute {
	to = min(to, max(c.due, c.clock.AsOf+1))
	c.closedKinds(func(t *period.Track) { to = min(to, t.End) })
	return to
}

// Close makes the statements that are due at the clock's minute.
func (c *Closings) Close() {
	if c.clock.AsOf < c.due {
		return
	}
	if until := c.clock.AsOf - c.defs.Grace; until > c.To {
		c.closedKinds(func(t *period.Track) {
			for i := len(t.Starts) - 1; i > 0; i-- {
				if _, end := t.Bounds(i); end > c.To && end <= until {
					c.closePeriod(t, i, c.clock.AsOf)
				}
			}
		})
		c.To = until
	}
	for _, id := range c.changed() {
		if c.revised[id].due() <= c.clock.AsOf {
			c.revise(id, c.clock.AsOf)
		}
	}
	c.due = c.nextDue()
}

// nextDue returns when the next statement is to be made.
func (c *Closings) nextDue() period.Minute {
	due := never
	c.closedKinds(func(t *period.Track) {
		for i := range t.Starts {
			_, end := t.Bounds(i)
			if end <= c.To {
				break
			}
			due = min(due, end+c.defs.Grace)
		}
	})
	for _, r := range c.revised {
		due = min(due, r.due())
	}
	return due
}

// Leave makes the statements of a period that is about to be forgotten, which
// the clock is about to end another one after. Only where a calendar was
// changed more than once is it not closed by then.
func (c *Closings) Leave(to period.Minute) {
	c.closedKinds(func(t *period.Track) {
		if to < t.End {
			return
		}
		last := len(t.Starts) - 1
		start, end := t.Bounds(last)
		if end > c.To {
			c.closePeriod(t, last, to)
		}
		for i := range c.defs.Meters {
			id := periodID{uint16(i), t.Kind, start}
			if r := c.revised[id]; r != nil && r.changed {
				c.revise(id, to)
			}
			delete(c.revised, id)
		}
		c.ended = slices.DeleteFunc(c.ended, func(e meterTerms) bool { return e.kind == t.Kind && e.end <= end })
	})
}

// closePeriod makes version 1 of each meter's statement.
func (c *Closings) closePeriod(t *period.Track, back int, made period.Minute) {
	for i := range c.defs.Meters {
		if c.stated(uint16(i), t.Kind, back) {
			id := periodID{uint16(i), t.Kind, t.Starts[back]}
			c.state(id, back, 1, made, Reason{}, c.cells(id, back))
		}
	}
}

// stated reports whether a meter has statements of a period that has ended: it
// has the window, every event of the period could have been accepted, and the
// meter was configured until the end.
func (c *Closings) stated(meter uint16, k usage.Kind, back int) bool {
	windows := c.defs.Meters[meter].Windows
	w := slices.IndexFunc(windows, func(w usage.Window) bool { return w.Kind == k })
	if w < 0 || !c.defs.Exists(c.clock, int(meter), windows[w], back) {
		return false
	}
	_, end := c.clock.Tracks[k].Bounds(back)
	return !c.defs.IsRetired(int(meter)) || int(meter) < len(c.defs.RetiredAt) && end <= c.defs.RetiredAt[meter]
}

// changed returns the periods with changes that are in no version, in order.
func (c *Closings) changed() (ids []periodID) {
	for id, r := range c.revised {
		if r.changed {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, comparePeriods)
	return ids
}

// revise makes the next version of a period's statement, if what changed
// shows in its figures.
func (c *Closings) revise(id periodID, made period.Minute) {
	r := c.revised[id]
	back := slices.Index(c.clock.Tracks[id.kind].Starts, id.start)
	cells := c.cells(id, back)
	if !slices.Equal(cells, r.was) {
		r.version, r.made = r.version+1, made
		c.state(id, back, r.version, made, r.reason, cells)
	}
	r.changed, r.was, r.reason = false, nil, Reason{}
}

// state makes a statement.
func (c *Closings) state(id periodID, back int, version uint32, made period.Minute, why Reason, cells []meter.Cell) {
	def := &c.defs.Meters[id.meter]
	start, end := c.clock.Tracks[id.kind].Bounds(back)
	zone, anchor := c.clock.Calendar.At(id.kind, start.Time())
	s := Statement{
		Meter: id.meter, Kind: id.kind, Start: start, End: end, Version: version, Made: made,
		Zone: zone.String(), Anchor: anchor, Reason: why, Cells: cells,
		Definition: meter.VersionAt(def, c.clock.Calendar, end.Time().Add(-1)),
	}
	for _, average := range def.Averages {
		s.Averages = append(s.Averages, average.Name)
	}
	s.Terms = c.termsAt(id.meter, id.kind, end)
	c.Made = append(c.Made, s)
}

// ReviseAll makes versions of all changes at once. It is for when the meters are
// about to be defined anew, which may take windows away.
func (c *Closings) ReviseAll() {
	for _, id := range c.changed() {
		c.revise(id, c.clock.AsOf+1)
	}
}
