// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"math"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// This file is what the ledger asks while it turns an item into an Event:
// names become numbers, and what cannot be applied is found before it is
// written down.

// Users returns how many user ids the organization has.
func (o *Organization) Users() int { return max(o.users.Len(), len(o.hashes)) }

// SamePerson reports whether two users are one person.
func (o *Organization) SamePerson(a, b uint32) bool { return o.users.Root(a) == o.users.Root(b) }

// Value returns the number of a breakdown's value; isNew tells that it has
// just been given one, which must be repeated (in order) after a restart.
func (o *Organization) Value(number uint16, breakdown int, name string) (n uint32, isNew bool) {
	return o.made(number).values[breakdown].Number(name, o.defs.ValuesPerDimension, o.clock.AsOf)
}

// PlaceValue gives a breakdown's value a place again, as Value did.
func (o *Organization) PlaceValue(number uint16, breakdown int, name string) {
	v := &o.made(number).values[breakdown]
	if _, known := v.Find(name); !known {
		v.Place(name, o.clock.AsOf)
	}
}

// ValueName returns the name of a breakdown's value.
func (o *Organization) ValueName(number uint16, breakdown int, n uint32) string {
	if values := o.meters[number].values; values != nil && int(n) < values[breakdown].Len() {
		return values[breakdown].Of(n).Name
	}
	return usage.OtherValue
}

// NoKey is the number of a standing key that has none yet.
const NoKey = math.MaxUint32

// maxKeys bounds the standing keys of an organization, which keep their numbers
// for good.
const maxKeys = 1 << 20

// FindKey returns the number of a standing key, NoKey where it has none.
func (o *Organization) FindKey(name string) uint32 {
	if n, known := o.keys.Find(name); known {
		return n
	}
	return NoKey
}

// Key returns the number of a standing key, and gives it one where it has none; they
// are given in order.
func (o *Organization) Key(name string) (n uint32) {
	if n = o.FindKey(name); n == NoKey {
		n = o.keys.Place(name, 0)
	}
	return n
}

// InForce reports whether an effect's version of its meter is the one in force
// at t (ns) in the organization's zone.
func (o *Organization) InForce(m *usage.Meter, e *usage.Effect, t int64) bool {
	return meter.VersionAt(m, o.clock.Calendar, time.Unix(0, t)) == int(e.Version)
}

// Refusal says why an effect of an event at t (ns) cannot be applied, or
// ReasonNone. What is known already can be: a resend adds nothing.
func (o *Organization) Refusal(user uint32, t int64, e *meter.Effect) usage.Reason {
	var known func(*person.Timeline) bool
	switch e.Kind {
	case usage.Alias:
		switch target, merged := o.users.Target(e.Key); {
		case merged && target != user:
			return usage.ReasonSecondAlias
		case !o.fitTogether(e.Key, user):
			return usage.ReasonTransitions
		}
		return usage.ReasonNone
	case usage.Respelled:
		if !o.fitTogether(e.Key, user) {
			return usage.ReasonTransitions
		}
		return usage.ReasonNone
	case usage.Lifecycle:
		known = func(p *person.Timeline) bool { return p.HasChange(person.StatusChange{At: t, Status: e.Status}) }
	case usage.StandingOn, usage.StandingOff:
		if e.Key == NoKey && o.keys.Len() >= maxKeys {
			return usage.ReasonStandingKeys
		}
		known = func(p *person.Timeline) bool { return p.HasSwitch(switchOf(t, e)) }
	default:
		return usage.ReasonNone
	}
	if o.full(user) && !known(o.users.Persons.Of(o.users.Root(user))) {
		return usage.ReasonTransitions
	}
	return usage.ReasonNone
}

// PeriodStart returns when the period of a calendar kind that contains t (ns)
// began.
func (o *Organization) PeriodStart(k usage.Kind, t int64) period.Minute {
	m := period.Floor(t)
	if track := o.clock.Tracks[k]; track != nil && m < track.End {
		if i := track.Index(m); i >= 0 {
			return track.Starts[i]
		}
	}
	return period.MinuteOf(o.clock.Calendar.Period(k, time.Unix(0, t)).Start)
}
