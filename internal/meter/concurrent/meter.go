// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package concurrent counts who is connected at the same time (SEMANTICS 4): at
// samples, and by clock hour.
//
//	effect --> sessions: marks of recent users --settle--> sample, hand-over --> peaks
//	       '-> hours: who was there in which hour -------------------------> peaks
package concurrent

import (
	"math"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Meter is the state of a concurrent_users meter of one organization:
// two figures that are never mixed.
//
//	connected users   sessions -> a sample at each instant of the UTC grid,
//	                  final `settle` later, and its hand-over, final the idle
//	                  timeout after that; peaks of the samples, with and
//	                  without their hand-over
//	users in the hour hours, with their peaks
//
// Late events count in samples and hand-overs that are not final and in hours
// within the acceptance span.
type Meter struct {
	meter.Steady

	// What every event needs comes first, see Prefetch.

	sessions sessions
	next     int64 // instant of the next sample to become final, ns; 0 before start
	// pending are the connected users of the samples whose hand-over is not
	// final: those just before next, oldest first.
	pending []uint32
	hours   hours

	*Shared
	samples  peaks
	nets     peaks  // of samples less their hand-over
	latest   sample // the last final one
	handover uint32 // of the latest sample that has one
	net      uint32 // its connected users less that
	// netFrom is the first instant whose sample has a hand-over, ns: a program
	// of before format 5 did not find it. 0: all have.
	netFrom int64
	// started is when the ledger began; a sample of before is given the settle
	// time from then on.
	started int64
	// outages are the spans in which the ledger was down and which can still
	// postpone a sample.
	outages []meter.Outage

	busy   pace.DayPeaks
	busyOf busyOf // what busy was found of
}

// hotBytes is how much of a Meter every event needs.
const hotBytes = 192

// Claims are what a meter, by its number, keeps of every user.
func Claims(number int) []people.Claim {
	return []people.Claim{{ID: placeID(number), Kind: people.Place, Group: uint32(number) << 1}}
}

func placeID(number int) uint32 { return uint32(number) << 16 }

// Shared is what organizations share of a meter.
type Shared struct {
	number uint16
	def    *usage.Meter
	series sharedSeries
}

// Share returns what organizations share of a meter, which needs the book of their series.
func Share(number int, def *usage.Meter, book *series.Book) *Shared {
	return &Shared{number: uint16(number), def: def, series: newSharedSeries(book, def)}
}

// New returns an empty state, whose sampling begins with began: when the
// ledger did, whenever the organization is first seen, so that its samples become
// final when those of the others do. The first sample is the latest whose time had
// come by then, or, where the ledger was down later on, at the end of what it took
// in before.
func New(shared *Shared, users *people.Users, began int64, outages []meter.Outage) *Meter {
	def := shared.def
	x := &Meter{
		Shared:   shared,
		sessions: newSessions(shared.number, def, users),
		samples:  newPeaks(def.Windows),
		nets:     newPeaks(def.Windows),
		hours:    newHours(def.Windows),
		started:  began, outages: slices.Clone(outages),
	}
	settle := int64(def.Settle)
	if len(outages) > 0 && outages[0].Down >= began+settle {
		began = outages[0].Down // all from before was final then
	}
	x.next = began - settle
	x.next -= x.next % int64(def.SampleInterval)
	return x
}

// Counted returns all periods of a user of whom anything is known.
func (x *Meter) Counted(_ *period.Clock, root uint32) (periods uint64) {
	if x.Last(root) == 0 {
		return 0
	}
	return math.MaxUint64
}

// Revises reports whether two users have become one: they may have been counted in
// one sample.
func (x *Meter) Revises(by meter.Change) bool { return by == meter.Aliases }

// Recover says that the ledger was down: samples whose time passed then, or
// that would have been final then, are taken `settle` after it. It reports
// whether there may be any.
func (x *Meter) Recover(o meter.Outage) bool {
	x.outages = append(x.outages, o)
	x.forgetOutages()
	return len(x.outages) > 0
}

func (x *Meter) forgetOutages() {
	wanted := min(x.next, x.oldest()+x.sessions.idle)
	x.outages = slices.DeleteFunc(x.outages, func(o meter.Outage) bool { return o.Up < wanted })
}

// oldest returns the instant of the oldest sample that is not final or whose
// hand-over is not.
func (x *Meter) oldest() int64 { return x.next - int64(len(x.pending))*x.sessions.interval }

// due returns when a sample becomes final: at a collection, or before an
// arrival. One from before the ledger began is due at the first collection, but
// only `settle` from the start for arrivals, so that all batches of a moment
// count in it. After an outage that took any time it is so for collections, too,
// since what is resent may come after them.
func (x *Meter) due(at int64, collecting bool) int64 {
	settle := int64(x.def.Settle)
	usual := at + settle
	first := usual <= x.started
	due := usual
	if first {
		due = x.started + settle
	}
	for _, o := range x.outages {
		if o.Down < due && at <= o.Up {
			due, first = o.Up+settle, first && o.Down == o.Up
		}
	}
	if first && collecting {
		return usual
	}
	return due
}

// Settle makes samples and hand-overs final, each in the order of time: before
// a batch that arrives at now those due earlier, at a collection (collecting)
// those due at now as well. The clock has reached them: c.AsOf is the last
// minute before now, or now's own.
func (x *Meter) Settle(c *period.Clock, now int64, collecting bool) (changed bool) {
	if x.next == 0 {
		return false
	}
	isDue := func(at int64) bool {
		due := x.due(at, collecting)
		return due < now || due == now && collecting
	}
	for {
		oldest := x.oldest()
		switch {
		case len(x.pending) > 0 && isDue(oldest+x.sessions.idle):
			// Events that came after the sample was final may show more who
			// left and came than it has users.
			x.handover = min(x.sessions.handover(oldest), x.pending[0])
			x.net = x.pending[0] - x.handover
			x.nets.add(c, period.Floor(oldest), x.net)
			x.pending = slices.Delete(x.pending, 0, 1)
			x.sessions.forget(x.horizon())
		case isDue(x.next):
			x.latest = x.sessions.count(x.next)
			x.samples.add(c, period.Floor(x.next), x.latest.connected())
			x.pending = append(x.pending, x.latest.connected())
			x.next += x.sessions.interval
		default:
			x.forgetOutages()
			return changed
		}
		changed = true
	}
}

// Rest returns the first instant at which a sample or a hand-over is due for
// arrivals, ns.
func (x *Meter) Rest() int64 {
	rest := x.due(x.next, false)
	if len(x.pending) > 0 {
		rest = min(rest, x.due(x.oldest()+x.sessions.idle, false))
	}
	return rest
}

// horizon is the instant up to which events do not matter to any sample or
// hand-over that is not final.
func (x *Meter) horizon() int64 { return x.oldest() - 2*x.sessions.idle }

// Apply enters an action by its roles.
func (x *Meter) Apply(c *period.Clock, ev *meter.Event, e *meter.Effect) (noted bool) {
	if ev.User == meter.NoUser {
		return false
	}
	var p *presence
	if e.Roles&(onRoles|usage.RoleLogoff) != 0 && ev.Time > x.horizon() {
		p = x.sessions.of(ev.User)
		x.sessions.note(p, ev.Time, e.Roles)
	}
	if e.Roles&usage.RoleHourly == 0 {
		return false
	}
	m := period.Floor(ev.Time)
	if p == nil {
		x.hours.note(c, ev.User, m)
	} else if running := x.hours.running(); m < running || p.counted != running {
		p.counted = max(p.counted, x.hours.note(c, ev.User, m))
	}
	return false
}

// Turn lets hours and periods end, and reports whether a peak may have left a rolling
// window.
func (x *Meter) Turn(c *period.Clock, t *period.Turn) (changed bool) {
	changed = x.netFrom != 0 // a window may come to have all its hand-overs
	changed = x.samples.turn(c, t) || changed
	changed = x.nets.turn(c, t) || changed
	return x.hours.turn(c, t) || changed
}

// Unsettled implements meter.Sampler.
func (x *Meter) Unsettled() (oldest, next int64) { return x.oldest(), x.next }

// Interval implements meter.Sampler.
func (x *Meter) Interval() int64 { return x.sessions.interval }

// Merge makes two users one, in samples that are not final and in hours within
// the acceptance span.
func (x *Meter) Merge(c *period.Clock, from, to uint32) {
	x.sessions.merge(from, to)
	x.hours.merge(c, from, to)
}

// Prefetch asks for what every event reads of the meter.
func (x *Meter) Prefetch() { prefetch.Head(x, hotBytes) }

// PrefetchUser asks for where the user's sessions are found.
func (x *Meter) PrefetchUser(user uint32) {
	x.sessions.users.PrefetchLines(user, people.Lines(0).With32(x.sessions.place))
}

// PrefetchEvent asks for what is known of the user's sessions.
func (x *Meter) PrefetchEvent(user uint32, _ []uint32, _ uint32) { x.sessions.prefetch(user) }
