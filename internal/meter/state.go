// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// An organization's state on disk is one head and the pages of its users'
// records. The ids of users are stored by the ledger; Restore gives their
// hashes back before anything else is read.

// Encode appends the head: everything but users and pages.
func (o *Organization) Encode(e *wire.Encoder) {
	o.clock.Encode(e)
	e.Strings(o.keys.names[2:])
	e.Uint(uint64(len(o.users.target)))
	for _, from := range slices.Sorted(maps.Keys(o.users.target)) {
		e.Uint(uint64(from))
		e.Uint(uint64(o.users.target[from]))
	}
	e.Uint(uint64(o.users.persons.n))
	o.users.persons.each(func(root uint32, p *person) {
		e.Uint(uint64(root))
		p.encode(e)
	})
	e.Uint(uint64(len(o.held)))
	held := slices.Clone(o.held)
	slices.SortStableFunc(held, func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
	for i := range held {
		held[i].Encode(e)
	}
	o.stream.encode(e)
	e.Uint(uint64(len(o.meters)))
	for i := range o.meters {
		o.meters[i].encode(e)
	}
	o.encodePace(e)
	o.pace.encodePast(e)
	o.encodeCounted(e)
	o.encodeNets(e)
}

// RestoreOrganization reads a head back. hashes are those of the user slots in
// order; pages follow with RestorePage, then Restored. The meters of the head
// are the first ones of d.
func RestoreOrganization(id string, d *Shared, hashes []uint64, head []byte, now int64) (*Organization, error) {
	return restore(id, d, d, hashes, head, now)
}

// restore reads a head that was written by the definitions written, whose
// breakdowns are the first ones of those of d.
func restore(id string, d, written *Shared, hashes []uint64, head []byte, now int64) (*Organization, error) {
	dec := &wire.Decoder{Bytes: head}
	c, err := period.DecodeClock(dec)
	if err != nil {
		return nil, err
	}
	o := NewOrganization(id, d, c.Calendar, now)
	c.Past, c.Phase = o.clock.Past, o.clock.Phase
	o.clock = c
	o.closings = o.newClosings()
	o.pace = newPaces(&o.clock, &d.Definitions, func(meter int) *state { return &o.meters[meter] })
	for _, h := range hashes {
		o.users.ids.add(h)
	}
	for _, name := range dec.Strings() {
		o.keys.place(name, 0)
	}
	o.decodeUsers(dec)
	for range dec.Count(3) {
		var ev Event
		if err := ev.Decode(dec); err != nil {
			return nil, err
		}
		o.held = append(o.held, ev)
	}
	o.stream.decode(dec)
	n := dec.Count(1)
	if n > len(o.meters) {
		return nil, wire.ErrCorrupt
	}
	for i := range o.meters {
		o.meters[i] = o.newState(uint16(i))
		if i < n {
			o.meters[i].decode(dec, len(written.Meters[i].Breakdowns), o.Users(), o.clock.AsOf)
		}
	}
	if len(dec.Bytes) > 0 {
		o.decodePace(dec)
		if len(dec.Bytes) > 0 {
			o.pace.decodePast(dec)
		}
		if o.traces = len(dec.Bytes) == 0; !o.traces {
			o.decodeCounted(dec)
		}
	} else {
		o.beginPace()
		o.traces = true
	}
	if len(dec.Bytes) > 0 {
		o.decodeNets(dec)
	} else {
		o.beginNets(n)
	}
	if dec.Err() != nil {
		return nil, dec.Err()
	}
	o.pace.next()
	return o, nil
}

func (o *Organization) decodeUsers(d *wire.Decoder) {
	for range d.Count(2) {
		from := uint32(d.Uint())
		o.users.target[from] = uint32(d.Uint())
		o.users.merged.set(min(from, uint32(o.Users())))
	}
	for range d.Count(3) {
		root := uint32(d.Uint())
		p := decodePerson(d)
		if int(root) >= o.Users() || o.users.persons.of(root) != nil {
			d.Fail()
			return
		}
		o.users.persons.set(root, p)
		o.closings.now.count(p.status(), p.stoodBefore(math.MaxInt64), 1)
	}
}

// Restored ends the reading: what is derived from pages is built.
func (o *Organization) Restored() {
	for i := range o.meters {
		o.meters[i].restored(&o.clock)
		if o.traces {
			o.meters[i].counted = o.meters[i].hasTraces()
		}
	}
	o.traces = false
}

func (s *state) encode(e *wire.Encoder) {
	for _, v := range s.values {
		e.Strings(v.names[2:])
	}
	s.kind.encode(e)
}

func (s *state) decode(d *wire.Decoder, breakdowns, users int, now period.Minute) {
	for _, v := range s.values[:breakdowns] {
		v.restore(d.Strings(), now)
	}
	s.kind.decode(d, users)
}

// encode says which kinds and how many classes there are, so that a changed
// definition can read it.
func (a *active) encode(e *wire.Encoder) {
	e.Uint(uint64(len(a.kinds)))
	for _, k := range a.kinds {
		e.Uint(uint64(k))
	}
	e.Uint(uint64(a.total.width))
	a.total.encode(e, a.kinds)
	e.Uint(uint64(len(a.standing)))
	for _, root := range slices.Sorted(maps.Keys(a.standing)) {
		e.Uint(uint64(root))
	}
	e.Uint(uint64(len(a.splits)))
	for _, s := range a.splits {
		s.encode(e, a.kinds)
	}
}

func (s *split) encode(e *wire.Encoder, kinds []usage.Kind) {
	e.Uint(0) // the pairs of format 2; they are in the pages now
	e.Uint(uint64(len(s.totals)))
	for _, t := range s.totals {
		e.Bool(t != nil)
		if t != nil {
			t.encode(e, kinds)
		}
	}
}

func (a *active) decode(d *wire.Decoder, _ int) {
	var kinds []usage.Kind
	for range d.Count(1) {
		kinds = append(kinds, usage.Kind(d.Uint()))
	}
	width := d.Uint()
	if slices.ContainsFunc(kinds, func(k usage.Kind) bool { return k >= usage.Rolling }) || width > uint64(a.total.width) {
		d.Fail()
		return
	}
	a.total.decode(d, kinds, int(width))
	for range d.Count(1) {
		a.standing[uint32(d.Uint())] = struct{}{}
	}
	for i := range d.Count(2) {
		s := &split{}
		if i < len(a.splits) {
			s = a.splits[i]
		}
		s.decode(d, a, kinds)
	}
}

func (s *split) decode(d *wire.Decoder, a *active, kinds []usage.Kind) {
	for n := range uint32(d.Count(1)) {
		s.pairs.add(d.Uint())
		s.users.changed(n) // all are written with the next head, which has no pairs
	}
	for range d.Count(1) {
		var t *headcount
		if d.Bool() {
			fresh := a.newHeadcount(1, true)
			t = &fresh
			t.decode(d, kinds, 1)
		}
		s.totals = append(s.totals, t)
	}
}

// restored builds what is not stored: rolling windows.
func (a *active) restored(c *period.Clock) {
	a.start(c)
	a.rebuildRollings(c)
}

func (x *concurrent) restored(*period.Clock) {}

func (x *consumption) restored(*period.Clock) {}

func (t *headcount) encode(e *wire.Encoder, kinds []usage.Kind) {
	for _, k := range kinds {
		for _, n := range t.periods[k] {
			e.Int(n)
		}
	}
}

func (t *headcount) decode(d *wire.Decoder, kinds []usage.Kind, width int) {
	for _, k := range kinds {
		for i := range period.Depth[k] {
			for class := range width {
				if n := d.Int(); t.periods[k] != nil {
					t.periods[k][i*t.width+class] = n
				}
			}
		}
	}
}

// userSumsPopulation is the population under which a consumption meter's sums
// by user are stored; an active_users meter has 0 for its users and 1.. for
// its breakdowns.
const userSumsPopulation = 255

// DirtyPages calls f with every page of users that changed since it was last
// called; the data are good until f returns.
func (o *Organization) DirtyPages(f func(meter uint16, population uint8, page uint32, data []byte)) {
	for i := range o.meters {
		o.meters[i].dirtyPages(func(population uint8, page uint32, data []byte) { f(uint16(i), population, page, data) })
	}
}

func (a *active) dirtyPages(f func(population uint8, page uint32, data []byte)) {
	a.users.flush(func(page uint32, data []byte) { f(0, page, data) }, func(uint32, *wire.Encoder) {})
	for n, s := range a.splits {
		s.users.flush(func(page uint32, data []byte) { f(uint8(n+1), page, data) }, s.encodePairs)
	}
}

func (x *concurrent) dirtyPages(func(uint8, uint32, []byte)) {}

func (x *consumption) dirtyPages(f func(population uint8, page uint32, data []byte)) {
	x.users.dirty.each(func(page uint32) {
		var e wire.Encoder
		x.users.encodePage(int(page), &e)
		f(userSumsPopulation, page, e.Bytes)
	})
	clear(x.users.dirty)
}

// RestorePage gives a page back.
func (o *Organization) RestorePage(meter uint16, population uint8, page uint32, data []byte) error {
	if int(meter) >= len(o.meters) || page > uint32(o.Users())*maxPagesPerUser {
		return wire.ErrCorrupt
	}
	return o.meters[meter].restorePage(population, page, data)
}

func (a *active) restorePage(population uint8, page uint32, data []byte) error {
	switch {
	case population == 0:
		return a.users.restorePage(page, data, func(*wire.Decoder) {})
	case int(population) <= len(a.splits):
		pairs := a.splits[population-1]
		return pairs.users.restorePage(page, data, func(d *wire.Decoder) { pairs.decodePairs(page, d) })
	}
	return wire.ErrCorrupt
}

func (x *concurrent) restorePage(uint8, uint32, []byte) error { return wire.ErrCorrupt }

func (x *consumption) restorePage(population uint8, page uint32, data []byte) error {
	if population != userSumsPopulation {
		return wire.ErrCorrupt
	}
	d := &wire.Decoder{Bytes: data}
	x.users.decodePage(int(page), d)
	return d.Err()
}

// maxPagesPerUser bounds the number of a page by the number of users, so that
// a damaged key cannot ask for endless memory.
const maxPagesPerUser = 1 << 8

// Now returns the minute (in ns) of the latest arrival or collection that the
// state knows.
func (o *Organization) Now() int64 { return o.clock.Now.Ns() }

// Meters returns how many meters the organization has.
func (o *Organization) Meters() int { return len(o.meters) }

// Redefined returns the organization under changed definitions, whose meters
// begin with those that it has. Its pages are all to be written again.
func (o *Organization) Redefined(d *Shared) (*Organization, error) {
	var e wire.Encoder
	o.Encode(&e)
	n, err := restore(o.ID, d, o.defs, o.users.ids.keys, e.Bytes, o.Now())
	if err != nil {
		return nil, err
	}
	n.users.nameless = o.users.nameless
	for i := range o.meters {
		n.meters[i].adopt(o.meters[i].kind)
	}
	for i := range n.held {
		for j := range n.held[i].Effects {
			n.held[i].Effects[j].redefine(o.defs, d)
		}
	}
	var c wire.Encoder
	o.EncodeClosings(&c)
	if err := n.RestoreClosings(c.Bytes); err != nil {
		return nil, err
	}
	n.closings.made = o.closings.made
	n.stream.rejects, n.aside, n.asideAt = o.stream.rejects, o.aside, o.asideAt
	n.Restored()
	return n, nil
}

// redefine makes an effect that is still held one of changed definitions: new
// breakdowns have no value in it, averages have other numbers.
func (x *Effect) redefine(old, d *Shared) {
	if x.Kind != usage.Active && x.Kind != usage.Consume {
		return
	}
	was, is := &old.Meters[x.Meter], &d.Meters[x.Meter]
	x.Dims = append(x.Dims, make([]uint32, max(0, len(is.Breakdowns)-len(x.Dims)))...) // noValue
	averages := make([]usage.Average, 0, len(is.Averages))
	for i := range is.Averages {
		a := usage.Average{}
		if n := slices.IndexFunc(was.Averages, func(of usage.AverageOf) bool { return of.Name == is.Averages[i].Name }); n >= 0 && n < len(x.Averages) {
			a = x.Averages[n]
		}
		averages = append(averages, a)
	}
	x.Averages = averages
}

func (a *active) adopt(old kind) {
	of := old.(*active)
	a.users.adopt(&of.users)
	for i, from := range of.splits { // breakdowns keep their places: the ledger sees to that
		a.splits[i].adopt(from)
	}
}

func (x *concurrent) adopt(kind) {}

func (x *consumption) adopt(old kind) { x.users.adopt(&old.(*consumption).users) }

func (s *split) adopt(old *split) {
	for n, key := range old.pairs.keys {
		s.pairs.add(key)
		s.users.changed(uint32(n))
	}
	s.users.adopt(&old.users)
}
