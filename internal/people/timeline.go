// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

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

// Timeline is what is timed about the few users that have a lifecycle or a
// standing activity. Transitions are kept for good: a late one may take effect
// between any two.
type Timeline struct {
	Statuses []StatusChange // by time, then by status
	Switches []StandingSwitch
}

// StatusChange gives a person a status from an instant (ns) on.
type StatusChange struct {
	At     int64
	Status usage.Status
}

// StandingSwitch turns one key of a meter on or off. Sorted by meter, key,
// time; at one instant off comes after on.
type StandingSwitch struct {
	Meter uint16
	Key   uint32
	At    int64
	Off   bool
	Class uint8 // of an on
}

// CompareStatus orders changes by time, then by status.
func CompareStatus(a, b StatusChange) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Status, b.Status))
}

// CompareSwitch orders switches as a Timeline has them.
func CompareSwitch(a, b StandingSwitch) int {
	return cmp.Or(cmp.Compare(a.Meter, b.Meter), cmp.Compare(a.Key, b.Key), cmp.Compare(a.At, b.At),
		cmp.Compare(offLast(a), offLast(b)), cmp.Compare(a.Class, b.Class))
}

func offLast(s StandingSwitch) int {
	if s.Off {
		return 1
	}
	return 0
}

// Insert puts v into a sorted slice, unless it is there already.
func Insert[T any](s []T, v T, compare func(a, b T) int) ([]T, bool) {
	i, found := slices.BinarySearchFunc(s, v, compare)
	if found {
		return s, false
	}
	return slices.Insert(s, i, v), true
}

// Full reports whether a timeline takes no more transitions.
func (p *Timeline) Full() bool { return len(p.Statuses)+len(p.Switches) >= maxTransitions }

// Status returns the latest status.
func (p *Timeline) Status() usage.Status {
	if p == nil || len(p.Statuses) == 0 {
		return usage.NoStatus
	}
	return p.Statuses[len(p.Statuses)-1].Status
}

// StatusBefore returns the status immediately before m.
func (p *Timeline) StatusBefore(m period.Minute) usage.Status {
	if p == nil {
		return usage.NoStatus
	}
	for _, v := range slices.Backward(p.Statuses) {
		if v.At < m.Ns() {
			return v.Status
		}
	}
	return usage.NoStatus
}

// StoodBefore reports whether any key was ever switched on before an instant.
func (p *Timeline) StoodBefore(ns int64) bool {
	return p != nil && slices.ContainsFunc(p.Switches, func(s StandingSwitch) bool { return !s.Off && s.At < ns })
}

// Segments calls f for each stretch [from, to) in which a key of the meter is
// on; to is MaxInt64 while it still is.
func (p *Timeline) Segments(meter uint16, f func(class uint8, from, to int64)) {
	if p == nil {
		return
	}
	for i, s := range p.Switches {
		if s.Meter != meter || s.Off {
			continue
		}
		to := int64(math.MaxInt64)
		if i+1 < len(p.Switches) && p.Switches[i+1].Meter == meter && p.Switches[i+1].Key == s.Key {
			to = p.Switches[i+1].At
		}
		f(s.Class, s.At, to)
	}
}

// StandsIn reports whether a class of the meter is on at some instant of
// [start, end).
func (p *Timeline) StandsIn(meter uint16, class uint8, start, end period.Minute) bool {
	found := false
	p.Segments(meter, func(c uint8, from, to int64) {
		found = found || c == class && from < to && from < end.Ns() && to > start.Ns()
	})
	return found
}

// LastStanding returns the minute from which on the class's standing activity
// is past, as a latest action would be: forever while it is on, 0 for none.
func (p *Timeline) LastStanding(meter uint16, class uint8) period.Minute {
	last := period.Minute(0)
	p.Segments(meter, func(c uint8, from, to int64) {
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

// Standing reports whether any key of the meter is on.
func (p *Timeline) Standing(meter uint16) bool {
	on := false
	p.Segments(meter, func(_ uint8, _, to int64) { on = on || to == math.MaxInt64 })
	return on
}

// Take adds another person's timeline to this one.
func (p *Timeline) Take(other *Timeline) {
	if other == nil {
		return
	}
	for _, s := range other.Statuses {
		p.Statuses, _ = Insert(p.Statuses, s, CompareStatus)
	}
	for _, s := range other.Switches {
		p.Switches, _ = Insert(p.Switches, s, CompareSwitch)
	}
}

// Encode appends the timeline.
func (p *Timeline) Encode(e *wire.Encoder) {
	e.Uint(uint64(len(p.Statuses)))
	for _, s := range p.Statuses {
		e.Int(s.At)
		e.Uint(uint64(s.Status))
	}
	e.Uint(uint64(len(p.Switches)))
	for _, s := range p.Switches {
		e.Uint(uint64(s.Meter))
		e.Uint(uint64(s.Key))
		e.Int(s.At)
		e.Bool(s.Off)
		e.Uint(uint64(s.Class))
	}
}

// DecodeTimeline reads what Encode wrote.
func DecodeTimeline(d *wire.Decoder) *Timeline {
	p := &Timeline{}
	for range d.Count(2) {
		p.Statuses = append(p.Statuses, StatusChange{At: d.Int(), Status: usage.Status(d.Uint() % uint64(usage.NumStatuses))})
	}
	for range d.Count(5) {
		p.Switches = append(p.Switches, StandingSwitch{
			Meter: uint16(d.Uint()), Key: uint32(d.Uint()), At: d.Int(), Off: d.Bool(), Class: uint8(d.Uint()),
		})
	}
	return p
}

// Prefetch reads the first line of the timeline's statuses.
func (p *Timeline) Prefetch() uint64 {
	if p == nil || len(p.Statuses) == 0 {
		return 0
	}
	return uint64(p.Statuses[0].At)
}
