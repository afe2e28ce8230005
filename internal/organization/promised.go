// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// promises are what held events will make of persons: an event that is held is
// acknowledged, so that the bound on a person's transitions is to be kept before.
// They are few, and follow from what is held.
type promises struct {
	persons people.Aliases // who will be one, by roots
	// transitions is how many a person will have, at the most, by root of persons.
	transitions map[uint32]int
}

// promise finds what all held events will make of persons.
func (o *Organization) promise() {
	o.promised = promises{}
	for i := range o.held {
		o.promised.hold(&o.users, &o.held[i])
	}
}

// hold promises what an event will make of a person.
func (p *promises) hold(users *people.Users, ev *meter.Event) {
	for i := range ev.Effects {
		switch e := &ev.Effects[i]; e.Kind {
		case usage.Lifecycle, usage.StandingOn, usage.StandingOff:
			root := p.person(users, users.Root(ev.User))
			p.transitions[root]++
		case usage.Alias, usage.Respelled:
			p.unite(p.person(users, users.Root(e.Key)), p.person(users, users.Root(ev.User)))
		default:
		}
	}
}

// person returns the root of the person that a root will be, whom it begins to follow.
func (p *promises) person(users *people.Users, root uint32) uint32 {
	person := p.persons.Root(root)
	if _, known := p.transitions[person]; !known {
		if p.transitions == nil {
			p.transitions = map[uint32]int{}
		}
		p.transitions[person] = users.Persons.Of(root).Len()
	}
	return person
}

func (p *promises) unite(a, b uint32) {
	if p.persons.Join(a, b) {
		p.transitions[b] += p.transitions[a]
		delete(p.transitions, a)
	}
}

// note notes that a root has one transition more.
func (p *promises) note(root uint32) {
	if person := p.persons.Root(root); p.follows(person) {
		p.transitions[person]++
	}
}

// join notes that two roots are about to be one person.
func (p *promises) join(users *people.Users, from, to uint32) {
	if p.follows(p.persons.Root(from)) || p.follows(p.persons.Root(to)) {
		p.unite(p.person(users, from), p.person(users, to))
	}
}

func (p *promises) follows(person uint32) bool {
	_, known := p.transitions[person]
	return known
}

// transitions returns how many a user's person has, and will have by what is held.
func (o *Organization) transitions(user uint32) int {
	root := o.users.Root(user)
	if n, promised := o.promised.transitions[o.promised.persons.Root(root)]; promised {
		return n
	}
	return o.users.Persons.Of(root).Len()
}

// full reports whether a user's person takes no more transitions.
func (o *Organization) full(user uint32) bool { return o.transitions(user) >= person.MaxTransitions }

// fitTogether reports whether two users may become one person.
func (o *Organization) fitTogether(a, b uint32) bool {
	a, b = o.users.Root(a), o.users.Root(b)
	if a == b || o.promised.persons.Root(a) == o.promised.persons.Root(b) {
		return true
	}
	return o.transitions(a)+o.transitions(b) <= person.MaxTransitions
}
