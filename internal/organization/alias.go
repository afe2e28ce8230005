// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// rejoin makes one person of a user and of who that was by an earlier spelling
// of ids. What an alias has made of either stays.
func (o *Organization) rejoin(was, now uint32) {
	if o.users.Merged(was) {
		was, now = now, was
	}
	o.alias(was, now)
}

// alias makes one person of two ids.
func (o *Organization) alias(from, to uint32) {
	root := o.users.Root(to)
	if o.users.Merged(from) || from == root {
		return
	}
	o.promised.join(&o.users, from, root)
	if o.known(from) {
		for i := range o.meters {
			o.meters[i].Meet(&o.clock, from, root)
		}
		o.unite(from, root)
		for i := range o.meters {
			o.meters[i].Merge(&o.clock, from, root)
		}
	}
	o.users.Join(from, to)
}

// known reports whether there is anything of a root that an alias would take to
// another one.
func (o *Organization) known(root uint32) bool {
	return o.users.At(root).Stamp() != 0 || o.users.Persons.Of(root) != nil || o.LastOf(root) != 0
}

// revises returns in which periods an event may change the counts of a meter by what
// becomes known of a person, as bits: 0 where nothing does, which is so of resends
// and of aliases of ids that did nothing.
func (o *Organization) revises(ev *meter.Event) func(m uint16) (periods uint64) {
	var from []uint32 // roots that are taken to another one
	for i := range ev.Effects {
		e, all := &ev.Effects[i], false
		switch e.Kind {
		case usage.Alias, usage.Respelled:
			if o.joins(e.Key, ev.User) {
				from = append(from, e.Key)
			}
			if e.Kind == usage.Respelled && o.joins(ev.User, e.Key) {
				from = append(from, ev.User)
			}
		case usage.Lifecycle:
			all = !o.timeline(ev.User).HasChange(person.StatusChange{At: ev.Time, Status: e.Status})
		case usage.StandingOn, usage.StandingOff:
			all = !o.timeline(ev.User).HasSwitch(switchOf(ev.Time, e))
		default:
		}
		if all || len(from) > 0 && o.users.Persons.Of(from[len(from)-1]) != nil {
			return func(uint16) uint64 { return math.MaxUint64 }
		}
	}
	if len(from) == 0 {
		return nil
	}
	return func(m uint16) (periods uint64) {
		for _, root := range from {
			periods |= o.meters[m].Counted(&o.clock, root)
		}
		return periods
	}
}

// joins reports whether an alias takes anything to another person.
func (o *Organization) joins(from, to uint32) bool {
	return !o.users.Merged(from) && o.users.Root(from) != o.users.Root(to) && o.known(from)
}

// timeline returns that of a user's person, nil where there is none.
func (o *Organization) timeline(user uint32) *person.Timeline {
	return o.users.Persons.Of(o.users.Root(user))
}

// unite makes one timeline of those of two roots.
func (o *Organization) unite(from, root uint32) {
	p, into := o.users.Persons.Of(from), o.users.Persons.Of(root)
	if p == nil {
		return
	}
	o.closings.Enumerate(p, -1)
	o.closings.Enumerate(into, -1)
	into = person.Unite(into, p)
	o.closings.Enumerate(into, 1)
	o.users.Persons.Set(root, into)
	o.users.Persons.Set(from, nil)
}
