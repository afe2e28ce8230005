// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

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
	if o.users.Merged(from) || o.users.Root(from) == o.users.Root(to) {
		return
	}
	source, root := o.users.Root(from), o.users.Root(to)
	o.lift(source)
	o.lift(root)
	if p := o.users.Persons.Of(source); p != nil {
		into := o.users.Persons.Make(root)
		o.closings.Enumerate(p, -1)
		o.closings.Enumerate(into, -1)
		into.Take(p)
		o.closings.Enumerate(into, 1)
		o.users.Persons.Drop(source)
	}
	for i := range o.meters {
		o.meters[i].Merge(&o.clock, source, root)
	}
	o.users.Join(from, to)
	o.put(root)
}
