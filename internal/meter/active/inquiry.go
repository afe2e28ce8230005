// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ClassUsers are the users that count in a class, by its number.
type ClassUsers struct {
	Class uint8
	Users int64
}

// rolling returns the place of a rolling window among those of the meter.
func (a *Meter) rolling(w usage.Window) (n int) {
	for _, other := range a.def.Windows {
		switch {
		case other == w:
			return n
		case other.Kind == usage.Rolling:
			n++
		}
	}
	return n
}

// Acted is what a class has of a user in a span.
type Acted struct {
	Class    uint8
	Action   bool  // a qualifying action
	Standing int64 // since when a standing activity was on that touches the span, ns; 0: none
	Key      string
	Requires usage.Status // NoStatus: nothing
}

// Part returns in which class a user counts, when they were last active, and
// whether a standing activity touches the span.
func (a *Meter) Part(c *period.Clock, root uint32, s meter.Span) (part meter.Part, has bool) {
	var room [usage.NumKinds]people.Turn
	person := a.users.Persons.Of(root)
	r := a.seen(c, root, room[:])
	part.Class = a.classOf(c, r, person, s)
	for class := range r.classes() {
		acted, stood := a.inSpan(c, r, person, class, s)
		has, part.Standing = has || acted || stood, part.Standing || stood
		if acted && part.Class < 0 {
			part.Last = max(part.Last, r.last(class))
		}
	}
	if part.Class >= 0 {
		part.Last = r.last(uint8(part.Class))
	}
	return part, has
}

// classOf returns the class in which a user counts in a span, -1 for none.
func (a *Meter) classOf(c *period.Clock, r record, p *person.Timeline, s meter.Span) int {
	if s.Window.Kind != usage.Rolling {
		back, _ := s.Back(c)
		return a.classIn(c, r, p, &a.total, s.Window.Kind, back)
	}
	rs := &a.rules[a.version]
	for _, class := range rs.order {
		if a.lastIn(rs, r, p, &a.total, class) > c.AsOf-period.LengthOf(s.Window) {
			return int(class)
		}
	}
	return -1
}

// inSpan reports whether a class has an action of a user in a span, and whether
// a standing activity of theirs touches it.
func (a *Meter) inSpan(c *period.Clock, r record, p *person.Timeline, class uint8, s meter.Span) (acted, stood bool) {
	if s.Window.Kind == usage.Rolling {
		far := c.AsOf - period.LengthOf(s.Window)
		return r.last(class) > far, p.LastStanding(a.number, class) > far
	}
	back, _ := s.Back(c)
	return r.bits(class)>>(people.BitOf[s.Window.Kind]+back)&1 != 0, p.StandsIn(a.number, class, s.Start, s.End)
}

// Last returns the minute at or after the latest action of any class.
func (a *Meter) Last(root uint32) (last period.Minute) {
	r := a.stored(root)
	for class := range r.classes() {
		last = max(last, r.last(class))
	}
	return last
}

// ClassesIn returns the users of a span by class, in the order in which classes
// are judged.
func (a *Meter) ClassesIn(c *period.Clock, s meter.Span) (classes []ClassUsers) {
	if s.Window.Kind == usage.Rolling {
		before, rolling := int64(0), a.rolling(s.Window)
		for n, class := range a.rules[a.version].order {
			count := a.total.prefix[n][rolling].count
			classes = append(classes, ClassUsers{class, count - before})
			before = count
		}
		return classes
	}
	back, _ := s.Back(c)
	counts := a.total.periods[s.Window.Kind][back*a.total.width:]
	for _, class := range a.rulesOf(c, s.Window.Kind, back).order {
		classes = append(classes, ClassUsers{class, counts[class]})
	}
	return classes
}

// ActedIn returns what each class of a meter of active users has of a user in a
// span, in the order in which classes are judged. Classes of which there is
// nothing are left out.
func (a *Meter) ActedIn(c *period.Clock, root uint32, s meter.Span, version int, keys *meter.Values) (all []Acted) {
	p, rs := a.users.Persons.Of(root), &a.rules[version]
	var room [usage.NumKinds]people.Turn
	r := a.seen(c, root, room[:])
	for _, class := range rs.order {
		acted, stood := a.inSpan(c, r, p, class, s)
		if !acted && !stood {
			continue
		}
		of := Acted{Class: class, Action: acted, Requires: rs.requires[class]}
		if stood {
			of.Standing, of.Key = a.standsSince(p, class, s, keys)
		}
		all = append(all, of)
	}
	return all
}

// standsSince returns when the earliest standing activity of a class was
// switched on that touches a span, and its key.
func (a *Meter) standsSince(p *person.Timeline, class uint8, s meter.Span, keys *meter.Values) (since int64, key string) {
	since = math.MaxInt64
	p.Stretches(a.number, func(on person.StandingSwitch, to int64) {
		touches := on.At < to && on.At < (s.End+1).Ns() && to > s.Start.Ns()
		if on.Class == class && touches && on.At < since {
			since, key = on.At, keys.Of(on.Key).Name
		}
	})
	return since, key
}
