// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import "github.com/otelcol-usage/otelcol-usage/internal/people"

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
	for i := range o.meters {
		o.meters[i].Meet(&o.clock, from, root)
	}
	o.promised.join(&o.users, from, root)
	o.unite(from, root)
	for i := range o.meters {
		o.meters[i].Merge(&o.clock, from, root)
	}
	o.users.Join(from, to)
}

// unite makes one timeline of those of two roots.
func (o *Organization) unite(from, root uint32) {
	p, into := o.users.Persons.Of(from), o.users.Persons.Of(root)
	if p == nil {
		return
	}
	o.closings.Enumerate(p, -1)
	o.closings.Enumerate(into, -1)
	into = people.Unite(into, p)
	o.closings.Enumerate(into, 1)
	o.users.Persons.Set(root, into)
	o.users.Persons.Set(from, nil)
}
