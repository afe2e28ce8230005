// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ClassUsers are the users that count in a class, by its number.
type ClassUsers struct {
	Class uint8
	Users int64
}

// rolling returns the place of a rolling window among those of the meter.
func (a *active) rolling(w usage.Window) (n int) {
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

func (a *active) part(c *period.Clock, root uint32, s Span) (part Part, any bool) {
	var room [16]uint64
	person := a.people.of(root)
	r := a.users.current(c, root, room[:])
	part.Class = a.classOf(c, r, person, s)
	for class := range uint8(r.classes) {
		acted, stood := a.inSpan(c, r, person, class, s)
		any, part.Standing = any || acted || stood, part.Standing || stood
		if acted && part.Class < 0 {
			part.Last = max(part.Last, r.last(class))
		}
	}
	if part.Class >= 0 {
		part.Last = r.last(uint8(part.Class))
	}
	return part, any
}

// classOf returns the class in which a user counts in a span, -1 for none.
func (a *active) classOf(c *period.Clock, r record, p *person, s Span) int {
	if s.Window.Kind != usage.Rolling {
		back, _ := s.back(c)
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
func (a *active) inSpan(c *period.Clock, r record, p *person, class uint8, s Span) (acted, stood bool) {
	if s.Window.Kind == usage.Rolling {
		far := c.AsOf - period.LengthOf(s.Window)
		return r.last(class) > far, p.lastStanding(a.number, class) > far
	}
	back, _ := s.back(c)
	return r.bits(class)>>(bitOf[s.Window.Kind]+back)&1 != 0, p.standsIn(a.number, class, s.Start, s.End)
}

func (a *active) last(root uint32) (last period.Minute) {
	if r := a.users.peek(root); r.exists() {
		for class := range uint8(r.classes) {
			last = max(last, r.last(class))
		}
	}
	return last
}

// classesIn returns the users of a span by class, in the order in which classes
// are judged.
func (a *active) classesIn(c *period.Clock, s Span) (classes []ClassUsers) {
	if s.Window.Kind == usage.Rolling {
		before, rolling := int64(0), a.rolling(s.Window)
		for n, class := range a.rules[a.version].order {
			count := a.total.prefix[n][rolling].count
			classes = append(classes, ClassUsers{class, count - before})
			before = count
		}
		return classes
	}
	back, _ := s.back(c)
	counts := a.total.periods[s.Window.Kind][back*a.total.width:]
	for _, class := range a.rulesOf(c, s.Window.Kind, back).order {
		classes = append(classes, ClassUsers{class, counts[class]})
	}
	return classes
}

// actedIn returns what each class of a meter of active users has of a user in a
// span, in the order in which classes are judged. Classes of which there is
// nothing are left out.
func (a *active) actedIn(c *period.Clock, root uint32, s Span, version int, keys *values) (all []Acted) {
	p, rs := a.people.of(root), &a.rules[version]
	r := a.users.current(c, root, nil)
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
func (a *active) standsSince(p *person, class uint8, s Span, keys *values) (since int64, key string) {
	since = math.MaxInt64
	for i, on := range p.switches {
		only := person{switches: p.switches[i:min(i+2, len(p.switches))]}
		if on.meter == a.number && on.class == class && !on.off && on.at < since && only.standsIn(a.number, class, s.Start, s.End+1) {
			since, key = on.at, keys.names[on.key]
		}
	}
	return since, key
}
