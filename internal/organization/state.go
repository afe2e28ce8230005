// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"cmp"
	"math"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/active"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/concurrent"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/consumption"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// An organization's state on disk is one head and the pages of its users'
// records. The ids of users are stored by the ledger; Restore gives their
// hashes back before anything else is read.

// Encode appends the head: everything but users and pages.
func (o *Organization) Encode(e *wire.Encoder) {
	o.clock.Encode(e)
	e.Strings(o.keys.Names[2:])
	e.Uint(uint64(o.users.Aliases.N))
	o.users.Aliases.Each(func(from, target uint32) {
		e.Uint(uint64(from))
		e.Uint(uint64(target))
	})
	e.Uint(uint64(o.users.Persons.N))
	o.users.Persons.Each(func(root uint32, p *person.Timeline) {
		e.Uint(uint64(root))
		p.Encode(e)
	})
	e.Uint(uint64(len(o.held)))
	held := slices.Clone(o.held)
	slices.SortStableFunc(held, func(a, b meter.Event) int { return cmp.Compare(a.Time, b.Time) })
	for i := range held {
		held[i].Encode(e)
	}
	o.stream.encode(e)
	e.Uint(uint64(len(o.meters)))
	for i := range o.meters {
		o.meters[i].Encode(e)
	}
	o.encodePace(e)
	o.pace.EncodePast(e)
	o.encodeCounted(e)
	o.encodeNets(e)
	o.users.Pairs.Encode(e)
}

// Restore reads a head back. hashes are those of the user slots in
// order; pages follow with RestorePage, then Restored. The meters of the head
// are the first ones of d.
func Restore(id string, d *Shared, hashes []uint64, head []byte) (*Organization, error) {
	return restore(id, d, d, hashes, head)
}

// restore reads a head that was written by the definitions written, whose
// breakdowns are the first ones of those of d.
func restore(id string, d, written *Shared, hashes []uint64, head []byte) (*Organization, error) {
	dec := &wire.Decoder{Bytes: head}
	c, err := period.DecodeClock(dec)
	if err != nil {
		return nil, err
	}
	o := empty(id, d, c)
	o.hashes = hashes
	o.users.Reserve(len(hashes))
	for _, name := range dec.Strings() {
		o.keys.Place(name, 0)
	}
	o.decodeUsers(dec)
	for range dec.Count(3) {
		var ev meter.Event
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
	for i := range n {
		o.meters[i].Decode(dec, len(written.Meters[i].Breakdowns), o.Users(), o.clock.AsOf)
	}
	if len(dec.Bytes) > 0 {
		o.decodePace(dec)
		if len(dec.Bytes) > 0 {
			o.pace.DecodePast(dec)
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
	if len(dec.Bytes) > 0 {
		o.decodePairs(dec)
	}
	if dec.Err() != nil {
		return nil, dec.Err()
	}
	o.pace.Next()
	return o, nil
}

// decodePairs reads what periodic entries are about. Heads of before format 7 end
// before it.
func (o *Organization) decodePairs(d *wire.Decoder) {
	o.users.Pairs.Decode(d)
	o.users.Pairs.Each(func(id uint32, of people.Pair) {
		if int(of.Meter) >= len(o.meters) {
			d.Fail()
		} else if a, ok := o.meters[of.Meter].Kind.(*active.Meter); !ok || !a.Numbered(id, of) {
			d.Fail()
		}
	})
}

func (o *Organization) decodeUsers(d *wire.Decoder) {
	for range d.Count(2) {
		from, target := d.Uint(), d.Uint()
		if max(from, target) >= uint64(o.Users()) || !o.users.Join(uint32(from), uint32(target)) {
			d.Fail()
			return
		}
	}
	for range d.Count(3) {
		root := uint32(d.Uint())
		p := person.DecodeTimeline(d)
		if int(root) >= o.Users() || o.users.Persons.Of(root) != nil {
			d.Fail()
			return
		}
		o.users.Persons.Set(root, p)
		o.closings.Now.Count(p.Status(), p.StoodBefore(math.MaxInt64), 1)
	}
}

func (s *state) Encode(e *wire.Encoder) {
	for _, v := range s.values {
		e.Strings(v.Names[2:])
	}
	s.Kind.Encode(e)
}

func (s *state) Decode(d *wire.Decoder, breakdowns, users int, now period.Minute) {
	for _, v := range s.values[:breakdowns] {
		v.Restore(d.Strings(), now)
	}
	s.Kind.Decode(d, users)
}

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
	n, err := restore(o.ID, d, o.defs, o.users.Hashes(), e.Bytes)
	if err != nil {
		return nil, err
	}
	n.users.Unnamed = o.users.Unnamed
	if err := n.users.Adopt(o.users.Blocks); err != nil {
		return nil, err
	}
	for i := range n.held {
		for j := range n.held[i].Effects {
			n.held[i].Effects[j].Redefine(&o.defs.Definitions, &d.Definitions)
		}
	}
	var c wire.Encoder
	o.EncodeClosings(&c)
	if err := n.RestoreClosings(c.Bytes); err != nil {
		return nil, err
	}
	n.closings.Made = o.closings.Made
	n.stream.rejects, n.aside, n.asideAt = o.stream.rejects, o.aside, o.asideAt
	return n, n.Restored()
}

// encodeNets appends what the hand-overs of concurrent meters are made of. Heads
// of before format 5 end before it.
func (o *Organization) encodeNets(e *wire.Encoder) {
	e.Uint(uint64(len(o.meters)))
	for i := range o.meters {
		if x, ok := o.meters[i].Kind.(*concurrent.Meter); ok {
			x.EncodeNets(e)
		}
	}
}

func (o *Organization) decodeNets(d *wire.Decoder) {
	n := int(d.Uint())
	if n > len(o.meters) {
		d.Fail()
		return
	}
	for i := range n {
		if x, ok := o.meters[i].Kind.(*concurrent.Meter); ok {
			x.DecodeNets(d)
		}
	}
}

// beginNets begins to find hand-overs where the first n meters of a head have
// none.
func (o *Organization) beginNets(n int) {
	for i := range n {
		if x, ok := o.meters[i].Kind.(*concurrent.Meter); ok {
			x.BeginNets()
		}
	}
}

// state is one meter of an organization.
type state struct {
	meter.Kind
	def     *usage.Meter
	number  int
	defs    *meter.Definitions
	counted bool            // an event, ever
	values  []*meter.Values // by breakdown
}

func (o *Organization) newState(number uint16) state {
	def := &o.defs.Meters[number]
	s := state{def: def, number: int(number), defs: &o.defs.Definitions}
	for i := range def.Breakdowns {
		s.values = append(s.values, meter.NewValues(&def.Breakdowns[i], o.clock.AsOf))
	}
	for _, w := range def.Windows {
		if w.Kind != usage.Rolling {
			o.clock.Follow(w.Kind)
		}
	}
	switch def.Type {
	case usage.ActiveUsers:
		s.Kind = active.New(number, def, s.values, &o.users, o.defs.series[number], &o.clock)
	case usage.ConcurrentUsers:
		o.clock.Follow(usage.Hour)
		s.Kind = concurrent.New(number, def, &o.users, o.defs.Began, o.defs.Outages)
	case usage.Consumption:
		s.Kind = consumption.New(number, def, s.values, &o.users)
	}
	return s
}

// Used returns what a quota is held against, in millionths.
func (s *state) Used(c *period.Clock, window, back int) wide.Int {
	n := s.Use(c, window, back)
	if s.Scale() == usage.Micro {
		return n
	}
	users, _ := n.Int64() // there are 2^32 at the most
	return wide.Product(users, usage.Micro)
}

func (s *state) Definition() *usage.Meter { return s.def }

func (s *state) Lived(window int, start period.Minute) bool {
	return s.defs.Lived(s.number, window, start)
}

func (s *state) Exists(c *period.Clock, w usage.Window, back int) bool {
	return s.defs.Exists(c, s.number, w, back)
}

// sampler returns the kind as a sampler, nil where it is none.
func (s *state) sampler() meter.Sampler {
	x, _ := s.Kind.(meter.Sampler)
	return x
}

func (o *Organization) encodePace(e *wire.Encoder) {
	o.clock.Days.Encode(e)
	o.quotas.Encode(e)
	e.Uint(uint64(len(o.meters)))
	for i := range o.meters {
		s := &o.meters[i]
		if x, ok := s.Kind.(*consumption.Meter); ok {
			x.EncodeDays(e)
		}
		o.pace.EncodeCurves(e, i)
	}
}

func (o *Organization) decodePace(d *wire.Decoder) {
	o.clock.Days = period.Days{}
	o.clock.Days.Decode(d)
	if n := &o.clock.Days; d.Err() != nil || o.clock.AsOf >= n.End || o.clock.AsOf < n.Starts[n.Today()] {
		d.Fail()
		return
	}
	o.quotas.Decode(d)
	for i := range d.Count(1) {
		if i >= len(o.meters) {
			d.Fail()
			return
		}
		s := &o.meters[i]
		if x, ok := s.Kind.(*consumption.Meter); ok {
			x.DecodeDays(d, len(o.clock.Days.Starts))
		}
		o.pace.DecodeCurves(d, i)
	}
}

// beginPace begins to record where a head of format 1 has nothing of it.
func (o *Organization) beginPace() {
	o.clock.Days = period.NewDays(o.clock.Calendar, o.clock.AsOf)
	for i := range o.meters {
		if x, ok := o.meters[i].Kind.(*consumption.Meter); ok {
			x.BeginDays(o.clock.AsOf + 1)
		}
	}
}
