// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package closing

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// This file finds what an event changes in closed periods. Nearly no event
// does, which is seen at once: it is younger than all of them and no alias.

// Watch is the closed periods that an event may change without lying in them,
// as they were before.
type Watch struct {
	kind    meter.Change
	periods []watched
	cells   []meter.Cell
}

// watched is a closed period; Watch.cells[from:to] is what it had.
type watched struct {
	id       periodID
	period   int
	from, to int
}

// Watch is called before an event is applied. An action that lies in closed
// periods is entered as their change; what else may change is returned, to be
// compared when it has been applied. revises tells in which periods what becomes known
// of a person may change a meter's counts, as bits; it is nil where nothing does.
func (c *Closings) Watch(ev *meter.Event, revises func(m uint16) (periods uint64)) (w Watch) {
	has := func(k usage.EffectKind) bool {
		return slices.ContainsFunc(ev.Effects, func(e meter.Effect) bool { return e.Kind == k })
	}
	young := period.Floor(ev.Time) >= c.To
	switch {
	case revises == nil:
	case has(usage.Alias) || has(usage.Respelled):
		w.kind = meter.Aliases
	case young:
	case has(usage.Lifecycle):
		w.kind = meter.Lifecycles
	case has(usage.StandingOn) || has(usage.StandingOff):
		w.kind = meter.Standings
	}
	var late []periodID
	if !young {
		late = c.enterLate(ev)
	}
	if w.kind == meter.LateEvents {
		return w
	}
	w.cells = make([]meter.Cell, 0, c.watched)
	for i := range c.defs.Meters {
		if c.kinds(uint16(i)).Revises(w.kind) {
			periods := revises(uint16(i))
			c.watchMeter(&w, uint16(i), func(id periodID, back int, end period.Minute) bool {
				open := end > c.clock.Now-c.clock.Past && periods>>(people.BitOf[id.kind]+back)&1 != 0
				return open && (w.kind == meter.Aliases || end.Ns() > ev.Time) && !slices.Contains(late, id)
			})
		}
	}
	c.watched = len(w.cells)
	return w
}

// watchMeter adds closed periods of a meter.
func (c *Closings) watchMeter(w *Watch, meter uint16, wanted func(id periodID, back int, end period.Minute) bool) {
	c.closedKinds(func(t *period.Track) {
		for i := 1; i < len(t.Starts); i++ {
			id := periodID{meter, t.Kind, t.Starts[i]}
			_, end := t.Bounds(i)
			if end <= c.To && wanted(id, i, end) && c.stated(meter, t.Kind, i) {
				from := len(w.cells)
				w.cells = c.appendCells(w.cells, id, i)
				w.periods = append(w.periods, watched{id, i, from, len(w.cells)})
			}
		}
	})
}

// Compare enters what has become of watched periods, as one event.
func (c *Closings) Compare(w *Watch) {
	c.compare(w, func(*watched) uint32 { return 1 })
}

// compare enters what has become of watched periods, as n events.
func (c *Closings) compare(w *Watch, n func(*watched) uint32) {
	var cells []meter.Cell
	for i := range w.periods {
		p := &w.periods[i]
		cells = c.appendCells(cells[:0], p.id, p.period)
		if was := w.cells[p.from:p.to]; !slices.Equal(cells, was) {
			c.change(p.id, p.period, was).reason[w.kind] += n(p)
		}
	}
}

// enterLate enters an event that is about to be applied as a change of the
// closed periods in which it lies.
func (c *Closings) enterLate(ev *meter.Event) (late []periodID) {
	at := period.Floor(ev.Time)
	for i := range ev.Effects {
		e := &ev.Effects[i]
		switch e.Kind {
		case usage.Active, usage.Consume:
		case usage.Concurrent:
			if e.Roles&usage.RoleHourly == 0 {
				continue
			}
		default:
			continue
		}
		c.closedKinds(func(t *period.Track) {
			back := t.Index(at)
			if back <= 0 {
				return
			}
			id := periodID{e.Meter, t.Kind, t.Starts[back]}
			_, end := t.Bounds(back)
			if end > c.To || slices.Contains(late, id) || !c.stated(e.Meter, t.Kind, back) {
				return
			}
			late = append(late, id)
			if r := c.revised[id]; r != nil && r.changed {
				r.reason[meter.LateEvents]++
			} else {
				c.change(id, back, c.appendCells(nil, id, back)).reason[meter.LateEvents]++
			}
		})
	}
	return late
}

// change returns the record of a closed period for entering a change; was is
// what it has in its last version, if this is the first change since.
func (c *Closings) change(id periodID, back int, was []meter.Cell) *revision {
	r := c.revised[id]
	if r == nil {
		r = &revision{}
		if _, end := c.clock.Tracks[id.kind].Bounds(back); end > c.from {
			r.version, r.made = 1, end+c.defs.Grace
		}
		c.revised[id] = r
	}
	if !r.changed {
		r.changed, r.since, r.was = true, c.clock.AsOf, slices.Clone(was)
		c.due = min(c.due, r.due())
	}
	return r
}

// LateSamples settles the samples and hand-overs of a concurrent_users meter that
// are due so late that their periods are closed.
func (c *Closings) LateSamples(number uint16, x meter.Sampler, settle func()) {
	oldest, next := x.Unsettled()
	w := Watch{kind: meter.LateSamples}
	c.watchMeter(&w, number, func(_ periodID, _ int, end period.Minute) bool { return end.Ns() > oldest })
	settle()
	c.compare(&w, func(p *watched) (n uint32) {
		start, end := c.clock.Tracks[p.id.kind].Bounds(p.period)
		nowOldest, nowNext := x.Unsettled()
		for at := oldest; at < nowNext; at += x.Interval() {
			isFinal := at >= next || at < nowOldest // it, or its hand-over
			if isFinal && at >= start.Ns() && at < end.Ns() {
				n++
			}
		}
		return n
	})
}
