// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"cmp"
	"math"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// closings is what an organization knows of the periods that are closed. Most
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
type closings struct {
	from, to period.Minute
	due      period.Minute // when the next one is to be made; 0: to be found out
	revised  map[periodID]*revision
	terms    []meterTerms // in force now
	ended    []meterTerms // in force when a period ended, of the periods that are kept
	censuses [usage.NumKinds][]census
	made     []Statement // not taken yet
	watched  int         // cells that were compared for the last alias: about what the next one needs
}

// newClosings are of an organization that begins: what was closed before has
// no statements.
func newClosings(c *period.Clock, grace period.Minute) closings {
	return closings{from: c.AsOf - grace, to: c.AsOf - grace, revised: map[periodID]*revision{}}
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
	was     []Cell        // what the last version has
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
func (o *Organization) closedKinds(f func(t *period.Track)) {
	for k := usage.Day; k < usage.Rolling; k++ {
		if t := o.clock.Tracks[k]; t != nil {
			f(t)
		}
	}
}

// TakeStatements returns the statements made since it was last called.
func (o *Organization) TakeStatements() []Statement {
	made := o.closings.made
	o.closings.made = nil
	return made
}

// stop returns the first minute up to which the clock may go in one step:
// periods end one at a time, statements are made in their own minute, and what
// was held takes effect in its own.
func (o *Organization) stop(to period.Minute) period.Minute {
	to = min(o.nextVersion(to), max(o.closings.due, o.clock.AsOf+1))
	o.closedKinds(func(t *period.Track) { to = min(to, t.End) })
	for i := range o.held {
		if m := period.Floor(o.held[i].Time); m > o.clock.AsOf {
			to = min(to, m)
		}
	}
	return to
}

// close makes the statements that are due at clock.asOf.
func (o *Organization) close() {
	c := &o.closings
	if o.clock.AsOf < c.due {
		return
	}
	if until := o.clock.AsOf - o.defs.Grace; until > c.to {
		o.closedKinds(func(t *period.Track) {
			for i := len(t.Starts) - 1; i > 0; i-- {
				if _, end := t.Bounds(i); end > c.to && end <= until {
					o.closePeriod(t, i, o.clock.AsOf)
				}
			}
		})
		c.to = until
	}
	for _, id := range c.changed() {
		if c.revised[id].due() <= o.clock.AsOf {
			o.revise(id, o.clock.AsOf)
		}
	}
	c.due = o.nextDue()
}

// nextDue returns when the next statement is to be made.
func (o *Organization) nextDue() period.Minute {
	due := never
	o.closedKinds(func(t *period.Track) {
		for i := range t.Starts {
			_, end := t.Bounds(i)
			if end <= o.closings.to {
				break
			}
			due = min(due, end+o.defs.Grace)
		}
	})
	for _, r := range o.closings.revised {
		due = min(due, r.due())
	}
	return due
}

// leave makes the statements of a period that is about to be forgotten, which
// the clock is about to end another one after. Only where a calendar was
// changed more than once is it not closed by then.
func (o *Organization) leave(to period.Minute) {
	o.closedKinds(func(t *period.Track) {
		if to < t.End {
			return
		}
		last := len(t.Starts) - 1
		start, end := t.Bounds(last)
		if end > o.closings.to {
			o.closePeriod(t, last, to)
		}
		for i := range o.meters {
			id := periodID{uint16(i), t.Kind, start}
			if r := o.closings.revised[id]; r != nil && r.changed {
				o.revise(id, to)
			}
			delete(o.closings.revised, id)
		}
		o.closings.ended = slices.DeleteFunc(o.closings.ended, func(e meterTerms) bool { return e.kind == t.Kind && e.end <= end })
	})
}

// closePeriod makes version 1 of each meter's statement.
func (o *Organization) closePeriod(t *period.Track, back int, made period.Minute) {
	for i := range o.meters {
		if o.stated(uint16(i), t.Kind, back) {
			id := periodID{uint16(i), t.Kind, t.Starts[back]}
			o.state(id, back, 1, made, Reason{}, o.cells(id, back))
		}
	}
}

// stated reports whether a meter has statements of a period that has ended: it
// has the window, every event of the period could have been accepted, and the
// meter was configured until the end.
func (o *Organization) stated(meter uint16, k usage.Kind, back int) bool {
	windows := o.defs.Meters[meter].Windows
	w := slices.IndexFunc(windows, func(w usage.Window) bool { return w.Kind == k })
	if w < 0 || !o.exists(int(meter), windows[w], back) {
		return false
	}
	_, end := o.clock.Tracks[k].Bounds(back)
	return !o.defs.retired(int(meter)) || int(meter) < len(o.defs.RetiredAt) && end <= o.defs.RetiredAt[meter]
}

// changed returns the periods with changes that are in no version, in order.
func (c *closings) changed() (ids []periodID) {
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
func (o *Organization) revise(id periodID, made period.Minute) {
	r := o.closings.revised[id]
	back := slices.Index(o.clock.Tracks[id.kind].Starts, id.start)
	cells := o.cells(id, back)
	if !slices.Equal(cells, r.was) {
		r.version, r.made = r.version+1, made
		o.state(id, back, r.version, made, r.reason, cells)
	}
	r.changed, r.was, r.reason = false, nil, Reason{}
}

// state makes a statement.
func (o *Organization) state(id periodID, back int, version uint32, made period.Minute, why Reason, cells []Cell) {
	def := &o.defs.Meters[id.meter]
	start, end := o.clock.Tracks[id.kind].Bounds(back)
	zone, anchor := o.clock.Calendar.At(id.kind, start.Time())
	s := Statement{
		Meter: id.meter, Kind: id.kind, Start: start, End: end, Version: version, Made: made,
		Zone: zone.String(), Anchor: anchor, Reason: why, Cells: cells,
	}
	for i := 1; i < len(def.Versions); i++ {
		if o.clock.Calendar.StartOf(def.Versions[i].EffectiveFrom).Before(end.Time()) {
			s.Definition = i
		}
	}
	for _, average := range def.Averages {
		s.Averages = append(s.Averages, average.Name)
	}
	s.Terms = o.termsAt(id.meter, id.kind, end)
	o.closings.made = append(o.closings.made, s)
}

// Revise makes versions of all changes at once. It is for when the meters are
// about to be defined anew, which may take windows away.
func (o *Organization) Revise() {
	for _, id := range o.closings.changed() {
		o.revise(id, o.clock.AsOf+1)
	}
}
