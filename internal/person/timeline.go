// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package person

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

// MaxTransitions bounds a person's timeline. What is to be refused is found before
// it is written down, so that a timeline that was read back may have more.
const MaxTransitions = 4096

// Timeline is what is timed about the few users that have a lifecycle or a
// standing activity. Transitions are kept for good: a late one may take effect
// between any two.
type Timeline struct {
	Statuses []StatusChange // by time, then by status
	standing *standing      // nil: of most there is none
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

// Change enters a change of status and reports whether it is new.
func (p *Timeline) Change(of StatusChange) bool {
	i, known := slices.BinarySearchFunc(p.Statuses, of, CompareStatus)
	if !known {
		p.Statuses = slices.Insert(p.Statuses, i, of)
	}
	return !known
}

// UntilChange returns when the next change of status is after one, MaxInt64 for never.
func (p *Timeline) UntilChange(of StatusChange) int64 {
	i, _ := slices.BinarySearchFunc(p.Statuses, of, CompareStatus)
	if i == len(p.Statuses) {
		return math.MaxInt64
	}
	return p.Statuses[i].At
}

// HasChange reports whether a change of status is there.
func (p *Timeline) HasChange(of StatusChange) (known bool) {
	if p != nil {
		_, known = slices.BinarySearchFunc(p.Statuses, of, CompareStatus)
	}
	return known
}

// HasSwitch reports whether a switch is there.
func (p *Timeline) HasSwitch(of StandingSwitch) (known bool) {
	_, known = slices.BinarySearchFunc(p.stands().switches, of, CompareSwitch)
	return known
}

// Len returns how many transitions there are.
func (p *Timeline) Len() int {
	if p == nil {
		return 0
	}
	return len(p.Statuses) + len(p.stands().switches)
}

// Status returns the latest status.
func (p *Timeline) Status() usage.Status {
	if p == nil || len(p.Statuses) == 0 {
		return usage.NoStatus
	}
	return p.Statuses[len(p.Statuses)-1].Status
}

// HasStatus reports whether there ever was one.
func (p *Timeline) HasStatus() bool { return p != nil && len(p.Statuses) > 0 }

// StatusBefore returns the status immediately before m.
func (p *Timeline) StatusBefore(m period.Minute) usage.Status {
	if p == nil {
		return usage.NoStatus
	}
	n, _ := slices.BinarySearchFunc(p.Statuses, m.Ns(), func(s StatusChange, ns int64) int { return cmp.Compare(s.At, ns) })
	if n == 0 {
		return usage.NoStatus
	}
	return p.Statuses[n-1].Status
}

// Unite returns the timeline of a person who was two: the one with more transitions,
// with those of the other.
func Unite(a, b *Timeline) *Timeline {
	if a.Len() < b.Len() {
		a, b = b, a
	}
	if b != nil {
		for _, s := range b.Statuses {
			a.Change(s)
		}
		for _, s := range b.stands().switches {
			a.Switch(s)
		}
	}
	return a
}

// Encode appends the timeline.
func (p *Timeline) Encode(e *wire.Encoder) {
	e.Uint(uint64(len(p.Statuses)))
	for _, s := range p.Statuses {
		e.Int(s.At)
		e.Uint(uint64(s.Status))
	}
	switches := p.stands().switches
	e.Uint(uint64(len(switches)))
	for _, s := range switches {
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
	if switches := d.Count(5); switches > 0 {
		p.standing = decodeStanding(d, switches)
	}
	if !slices.IsSortedFunc(p.Statuses, CompareStatus) {
		d.Fail()
	}
	return p
}

func decodeStanding(d *wire.Decoder, switches int) *standing {
	k := &standing{switches: make([]StandingSwitch, 0, switches)}
	for range switches {
		s := StandingSwitch{Meter: uint16(d.Uint()), Key: uint32(d.Uint()), At: d.Int(), Off: d.Bool(), Class: uint8(d.Uint())}
		k.switches = append(k.switches, s)
		if !s.Off && (k.stood == 0 || s.At < k.stood) {
			k.stood = s.At
		}
	}
	if !slices.IsSortedFunc(k.switches, CompareSwitch) {
		d.Fail()
	} else if len(k.switches) > fewSwitches {
		k.index()
	}
	return k
}
