// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// link is an accepted alias: from and to are one person, known as to.
type link struct {
	from, to string
	time     time.Time
}

// transition is a change of a user's lifecycle status.
type transition struct {
	user   string
	time   time.Time
	status string
}

// aliasPart judges an alias. A repeated one is fine, a second target is not;
// one that closes a cycle is taken and changes nothing.
func (o *organization) aliasPart(e Event, attribute string) *entry {
	sent := e.attribute(attribute)
	p := &entry{aliasFrom: id(sent), needsUser: true, withoutLimits: true}
	target, known := o.targets[p.aliasFrom]
	switch {
	case isPlaceholder(sent):
		p.reason = usage.ReasonPlaceholder
	case p.aliasFrom == "":
		p.reason = usage.ReasonNoAliasSource
	case known && target != e.User:
		p.reason = usage.ReasonSecondAlias
	}
	return p
}

// link keeps an alias. One that closes a cycle gives the id no target, so that
// it may get one later.
func (o *organization) link(from, to string, t time.Time) {
	all := o.people(time.Unix(1<<40, 0))
	if all.of(from) != all.of(to) {
		o.targets[from] = to
	}
	o.links = append(o.links, link{from, to, t})
}

// people says who is who.
type people struct{ known map[string]string } // an id's next one; absent: itself

// people returns who is who by the aliases up to t.
func (o *organization) people(t time.Time) people {
	p := people{known: map[string]string{}}
	for _, l := range o.links {
		if !l.time.After(t) && p.of(l.from) != p.of(l.to) {
			p.known[p.of(l.from)] = p.of(l.to)
		}
	}
	return p
}

// of returns the id by which the person is known that has this one.
func (p people) of(id string) string {
	for {
		next, known := p.known[id]
		if !known {
			return id
		}
		id = next
	}
}

// statuses returns each person's status by the transitions that a window of
// figures takes into account.
func (o *organization) statuses(who people, takes func(time.Time) bool) map[string]string {
	order := slices.Clone(o.transitions)
	slices.SortStableFunc(order, func(a, b transition) int {
		if c := a.time.Compare(b.time); c != 0 {
			return c
		}
		return rank(a.status) - rank(b.status)
	})
	last := map[string]string{}
	for _, tr := range order {
		if takes(tr.time) {
			last[who.of(tr.user)] = tr.status
		}
	}
	return last
}

// rank is the order in which transitions at one instant take effect.
func rank(status string) int {
	return slices.Index([]string{usage.Registered.String(), usage.Suspended.String(), usage.Removed.String()}, status)
}

// standingSpan is a span [on, off) of standing activity; a zero off is still
// to come.
type standingSpan struct {
	person, class string
	on, off       time.Time
}

// standingSpans returns the standing activity by the entries up to t. Each
// on-action begins a span that lasts to the next off-action of the same key.
func standingSpans(entries []*entry, who people, t time.Time) []standingSpan {
	type personKey struct{ person, key string }
	var ons []*entry
	offs := map[personKey][]time.Time{}
	for _, e := range entries {
		switch key := (personKey{who.of(e.user), e.key}); {
		case e.time.After(t):
		case e.on:
			ons = append(ons, e)
		case e.off:
			offs[key] = append(offs[key], e.time)
		}
	}
	var spans []standingSpan
	for _, on := range ons {
		span := standingSpan{person: who.of(on.user), class: on.class, on: on.time}
		for _, off := range offs[personKey{span.person, on.key}] {
			if !off.Before(on.time) && (span.off.IsZero() || off.Before(span.off)) {
				span.off = off
			}
		}
		if !span.off.Equal(span.on) {
			spans = append(spans, span)
		}
	}
	return spans
}
