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
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// An organization's state on disk is one head and the pages of its users'
// records. The ids of users are stored by the ledger; Restore gives their
// hashes back before anything else is read.

// Encode appends the head: everything but users and pages.
func (o *Organization) Encode(e *wire.Encoder) {
	o.clock.Encode(e)
	e.Strings(o.keys.Names())
	merged := &o.users.Aliases
	e.Uint(uint64(merged.N))
	merged.Each(func(from, target uint32) {
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
		meter.Encode(e, o.meters[i].Kind, o.meters[i].values)
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
		o.decodeMeter(dec, uint16(i), len(written.Meters[i].Breakdowns))
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
		} else if a, ok := o.made(of.Meter).Kind.(*active.Meter); !ok || !a.Numbered(id, of) {
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

// decodeMeter reads what meter.Encode wrote of a meter, which had so many
// breakdowns then.
func (o *Organization) decodeMeter(d *wire.Decoder, number uint16, breakdowns int) {
	if idle := o.defs.idle[number]; idle != nil && breakdowns == len(o.defs.Meters[number].Breakdowns) && idle.Skip(d) {
		return
	}
	s := o.made(number)
	for b := range s.values[:breakdowns] {
		s.values[b].Restore(d.Strings(), o.clock.AsOf)
	}
	s.Decode(d, o.Users())
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
	if err := n.users.Adopt(&o.users.Blocks); err != nil {
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

// state is one meter of an organization. Until it has counted an event its kind is
// a meter.Idle, where that suits the kind, and it has no values.
type state struct {
	meter.Watched
	values []meter.Values // by breakdown; the kind knows them too
	def    *usage.Meter
	defs   *meter.Definitions
}

func (o *Organization) newState(number uint16) state {
	def := &o.defs.Meters[number]
	for _, w := range def.Windows {
		if w.Kind != usage.Rolling {
			o.clock.Follow(w.Kind)
		}
	}
	s := state{Watched: meter.Watched{Number: number}, def: def, defs: &o.defs.Definitions}
	if def.Type == usage.ConcurrentUsers {
		o.clock.Follow(usage.Hour)
	}
	if idle := o.defs.idle[number]; idle != nil {
		s.Kind = idle
	} else {
		s.Kind, s.values = o.defs.newKind(number, &o.users, &o.clock)
	}
	return s
}

// made returns a meter with a kind and values of its own.
func (o *Organization) made(number uint16) *state {
	s := &o.meters[number]
	if s.isIdle() {
		s.Kind, s.values = o.defs.newKind(number, &o.users, &o.clock)
	}
	return s
}

// isIdle reports whether a meter has no kind of its own.
func (s *state) isIdle() bool {
	_, idle := s.Kind.(*meter.Idle)
	return idle
}

// kind returns a meter's kind, one that is not kept where it is idle.
func (o *Organization) kind(meter int) meter.Kind {
	s := &o.meters[meter]
	if !s.isIdle() {
		return s.Kind
	}
	kind, _ := o.defs.newKind(uint16(meter), &o.users, &o.clock)
	return kind
}

// unmake takes the kind of a meter that has counted nothing away again.
func (o *Organization) unmake(s *state) {
	if idle := o.defs.idle[s.Number]; idle != nil && !s.Ever && !slices.ContainsFunc(s.values, meter.Values.Came) {
		s.Kind, s.values = idle, nil
	}
}

func (s *state) Definition() *usage.Meter { return s.def }

func (s *state) Lived(window int, start period.Minute) bool {
	return s.defs.Lived(int(s.Number), window, start)
}

func (s *state) Exists(c *period.Clock, w usage.Window, back int) bool {
	return s.defs.Exists(c, int(s.Number), w, back)
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
		switch x, ok := s.Kind.(*consumption.Meter); {
		case ok:
			x.EncodeDays(e)
		case s.def.Type == usage.Consumption:
			consumption.EncodeNoDays(e)
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
		if s := &o.meters[i]; s.def.Type == usage.Consumption && (!s.isIdle() || !consumption.SkipNoDays(d)) {
			o.made(uint16(i)).Kind.(*consumption.Meter).DecodeDays(d, len(o.clock.Days.Starts))
		}
		o.pace.DecodeCurves(d, i)
	}
	o.pace.Share()
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
