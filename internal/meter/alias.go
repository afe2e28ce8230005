// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

// rejoin makes one person of a user and of who that was by an earlier spelling
// of ids. What an alias has made of either stays.
func (o *Organization) rejoin(was, now uint32) {
	if o.users.merged.has(was) {
		was, now = now, was
	}
	o.alias(was, now)
}

// alias makes one person of two ids.
func (o *Organization) alias(from, to uint32) {
	if _, merged := o.users.target[from]; merged || o.users.root(from) == o.users.root(to) {
		return
	}
	source, root := o.users.root(from), o.users.root(to)
	o.lift(source)
	o.lift(root)
	if p := o.users.persons.of(source); p != nil {
		into := o.users.persons.make(root)
		o.closings.enumerate(p, -1)
		o.closings.enumerate(into, -1)
		into.take(p)
		o.closings.enumerate(into, 1)
		o.users.persons.drop(source)
	}
	for i := range o.meters {
		o.meters[i].merge(&o.clock, source, root)
	}
	o.users.target[from] = to
	o.users.merged.set(from)
	o.put(root)
}
