// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"cmp"
	"math"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// forever is the last activity of a user whose standing activity is on.
const forever = period.Minute(math.MaxInt32)

// maxTransitions bounds a person's timeline.
const maxTransitions = 4096

// person is what is timed about the few users that have a lifecycle or a
// standing activity. Transitions are kept for good: a late one may take effect
// between any two.
type person struct {
	statuses []statusChange // by time, then by status
	switches []standingSwitch
}

type statusChange struct {
	at     int64
	status usage.Status
}

// standingSwitch turns one key of a meter on or off. Sorted by meter, key,
// time; at one instant off comes after on.
type standingSwitch struct {
	meter uint16
	key   uint32
	at    int64
	off   bool
	class uint8 // of an on
}

func compareStatus(a, b statusChange) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.status, b.status))
}

func compareSwitch(a, b standingSwitch) int {
	return cmp.Or(cmp.Compare(a.meter, b.meter), cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at),
		cmp.Compare(offLast(a), offLast(b)), cmp.Compare(a.class, b.class))
}

func offLast(s standingSwitch) int {
	if s.off {
		return 1
	}
	return 0
}

// insert puts v into a sorted slice, unless it is there already.
func insert[T any](s []T, v T, compare func(a, b T) int) ([]T, bool) {
	i, found := slices.BinarySearchFunc(s, v, compare)
	if found {
		return s, false
	}
	return slices.Insert(s, i, v), true
}

func (p *person) full() bool { return len(p.statuses)+len(p.switches) >= maxTransitions }

// status returns the latest status.
func (p *person) status() usage.Status {
	if p == nil || len(p.statuses) == 0 {
		return usage.NoStatus
	}
	return p.statuses[len(p.statuses)-1].status
}

// statusBefore returns the status immediately before m.
func (p *person) statusBefore(m period.Minute) usage.Status {
	if p == nil {
		return usage.NoStatus
	}
	for _, v := range slices.Backward(p.statuses) {
		if v.at < m.Ns() {
			return v.status
		}
	}
	return usage.NoStatus
}

// stoodBefore reports whether any key was ever switched on before an instant.
func (p *person) stoodBefore(ns int64) bool {
	return p != nil && slices.ContainsFunc(p.switches, func(s standingSwitch) bool { return !s.off && s.at < ns })
}

// segments calls f for each stretch [from, to) in which a key of the meter is
// on; to is MaxInt64 while it still is.
func (p *person) segments(meter uint16, f func(class uint8, from, to int64)) {
	if p == nil {
		return
	}
	for i, s := range p.switches {
		if s.meter != meter || s.off {
			continue
		}
		to := int64(math.MaxInt64)
		if i+1 < len(p.switches) && p.switches[i+1].meter == meter && p.switches[i+1].key == s.key {
			to = p.switches[i+1].at
		}
		f(s.class, s.at, to)
	}
}

// standsIn reports whether a class of the meter is on at some instant of
// [start, end).
func (p *person) standsIn(meter uint16, class uint8, start, end period.Minute) bool {
	found := false
	p.segments(meter, func(c uint8, from, to int64) {
		found = found || c == class && from < to && from < end.Ns() && to > start.Ns()
	})
	return found
}

// lastStanding returns the minute from which on the class's standing activity
// is past, as a latest action would be: forever while it is on, 0 for none.
func (p *person) lastStanding(meter uint16, class uint8) period.Minute {
	last := period.Minute(0)
	p.segments(meter, func(c uint8, from, to int64) {
		switch {
		case c != class || from == to:
		case to == math.MaxInt64:
			last = forever
		default:
			last = max(last, period.Ceil(to))
		}
	})
	return last
}

// standing reports whether any key of the meter is on.
func (p *person) standing(meter uint16) bool {
	on := false
	p.segments(meter, func(_ uint8, _, to int64) { on = on || to == math.MaxInt64 })
	return on
}

// take adds another person's timeline to this one.
func (p *person) take(other *person) {
	if other == nil {
		return
	}
	for _, s := range other.statuses {
		p.statuses, _ = insert(p.statuses, s, compareStatus)
	}
	for _, s := range other.switches {
		p.switches, _ = insert(p.switches, s, compareSwitch)
	}
}

func (p *person) encode(e *wire.Encoder) {
	e.Uint(uint64(len(p.statuses)))
	for _, s := range p.statuses {
		e.Int(s.at)
		e.Uint(uint64(s.status))
	}
	e.Uint(uint64(len(p.switches)))
	for _, s := range p.switches {
		e.Uint(uint64(s.meter))
		e.Uint(uint64(s.key))
		e.Int(s.at)
		e.Bool(s.off)
		e.Uint(uint64(s.class))
	}
}

func decodePerson(d *wire.Decoder) *person {
	p := &person{}
	for range d.Count(2) {
		p.statuses = append(p.statuses, statusChange{at: d.Int(), status: usage.Status(d.Uint() % uint64(usage.NumStatuses))})
	}
	for range d.Count(5) {
		p.switches = append(p.switches, standingSwitch{
			meter: uint16(d.Uint()), key: uint32(d.Uint()), at: d.Int(), off: d.Bool(), class: uint8(d.Uint()),
		})
	}
	return p
}

func (p *person) touch() uint64 {
	if p == nil || len(p.statuses) == 0 {
		return 0
	}
	return uint64(p.statuses[0].at)
}
