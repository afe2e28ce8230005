// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// This file finds what an event changes in closed periods. Nearly no event
// does, which is seen at once: it is younger than all of them and no alias.

// watched is a closed period that an event may change without lying in it.
type watched struct {
	id     periodID
	period int
	was    []Cell
}

// watch is called before an event is applied. An action that lies in closed
// periods is entered as their change; what else may change is returned, to be
// compared when it has been applied.
func (o *Organization) watch(ev *Event) (kind Change, all []watched) {
	first := func(k usage.EffectKind) int {
		return slices.IndexFunc(ev.Effects, func(e Effect) bool { return e.Kind == k })
	}
	young := Floor(ev.Time) >= o.closings.to
	switch {
	case first(usage.Alias) >= 0:
		kind = Aliases
	case young:
		return 0, nil
	case first(usage.Lifecycle) >= 0:
		kind = Lifecycles
	case first(usage.StandingOn) >= 0 || first(usage.StandingOff) >= 0:
		kind = Standings
	}
	var late []periodID
	if !young {
		late = o.enterLate(ev)
	}
	if kind == LateEvents {
		return 0, nil
	}
	for i := range o.meters {
		if m := &o.meters[i]; m.active != nil || m.concurrent != nil && kind == Aliases {
			all = o.watchMeter(all, uint16(i), func(id periodID, end Minute) bool {
				open := end > o.clock.now-o.clock.past
				return open && (kind == Aliases || end.Ns() > ev.Time) && !slices.Contains(late, id)
			})
		}
	}
	return kind, all
}

// watchMeter adds closed periods of a meter.
func (o *Organization) watchMeter(all []watched, meter uint16, wanted func(id periodID, end Minute) bool) []watched {
	o.closedKinds(func(t *track) {
		for i := 1; i < len(t.starts); i++ {
			id := periodID{meter, t.kind, t.starts[i]}
			_, end := t.bounds(i)
			if end <= o.closings.to && wanted(id, end) && o.stated(meter, t.kind, i) {
				all = append(all, watched{id, i, o.cells(meter, t.kind, i)})
			}
		}
	})
	return all
}

// compare enters what has become of watched periods, as n events of a kind.
func (o *Organization) compare(kind Change, all []watched, n func(watched) uint32) {
	for _, w := range all {
		if cells := o.cells(w.id.meter, w.id.kind, w.period); !slices.Equal(cells, w.was) {
			o.change(w.id, w.period, w.was).reason[kind] += n(w)
		}
	}
}

func once(watched) uint32 { return 1 }

// enterLate enters an event that is about to be applied as a change of the
// closed periods in which it lies.
func (o *Organization) enterLate(ev *Event) (late []periodID) {
	at := Floor(ev.Time)
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
		o.closedKinds(func(t *track) {
			period := t.index(at)
			if period <= 0 {
				return
			}
			id := periodID{e.Meter, t.kind, t.starts[period]}
			_, end := t.bounds(period)
			if end > o.closings.to || slices.Contains(late, id) || !o.stated(e.Meter, t.kind, period) {
				return
			}
			late = append(late, id)
			if r := o.closings.revised[id]; r != nil && r.changed {
				r.reason[LateEvents]++
			} else {
				o.change(id, period, o.cells(e.Meter, t.kind, period)).reason[LateEvents]++
			}
		})
	}
	return late
}

// change returns the record of a closed period for entering a change; was is
// what it has in its last version, if this is the first change since.
func (o *Organization) change(id periodID, period int, was []Cell) *revision {
	c := &o.closings
	r := c.revised[id]
	if r == nil {
		r = &revision{}
		if _, end := o.clock.tracks[id.kind].bounds(period); end > c.from {
			r.version, r.made = 1, end+o.defs.Grace
		}
		c.revised[id] = r
	}
	if !r.changed {
		r.changed, r.since, r.was = true, o.clock.asOf, was
		c.due = min(c.due, r.due())
	}
	return r
}

// lateSamples settles the samples of a concurrent_users meter that are due so
// late that their periods are closed.
func (o *Organization) lateSamples(meter uint16, settle func()) {
	x := o.meters[meter].concurrent
	first := x.next
	all := o.watchMeter(nil, meter, func(_ periodID, end Minute) bool { return end.Ns() > first })
	settle()
	o.compare(LateSamples, all, func(w watched) (n uint32) {
		start, end := o.clock.tracks[w.id.kind].bounds(w.period)
		for at := first; at < x.next; at += x.sessions.interval {
			if at >= start.Ns() && at < end.Ns() {
				n++
			}
		}
		return n
	})
}
