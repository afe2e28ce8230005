// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// field is where a block has what a user did of one class: the minute at or after
// the latest qualifying action, and a bit for each period in which there was one.
// In-order and late actions alike only set bits and raise minutes, so their order
// does not matter.
type field struct {
	last    people.Field32
	periods people.Field64
}

// Claims are what a meter, by its number, keeps of every user.
func Claims(number int, def *usage.Meter) (claims []people.Claim) {
	for class := range def.Classes {
		last, periods := claimIDs(number, class)
		claims = append(claims,
			people.Claim{ID: last, Kind: people.Minute, Group: uint32(number) << 1},
			people.Claim{ID: periods, Kind: people.Periods, Group: uint32(number) << 1})
	}
	if len(def.Breakdowns) > 0 {
		claims = append(claims, people.Claim{Kind: people.Places, Count: min(inlinePairs, 2*len(def.Breakdowns))})
	}
	return claims
}

// inlinePairs is how many pairs of a meter's breakdowns have a place in every
// user's block, at the most.
const inlinePairs = 2

// claimIDs name the fields of a class for good.
func claimIDs(number, class int) (last, periods uint32) {
	id := uint32(number)<<16 | uint32(class)<<4
	return id, id | 1
}

// record is what a user did, in all or under one value of a breakdown.
type record struct {
	block  people.Block
	fields []field       // of the user in all
	pairs  []uint32      // else: the ids of the value's entries by class; 0: nobody has one
	turns  []people.Turn // what has become of periods since, where bits are to be those of now
	acted  []acted       // what was fetched of a value's entries, for reading it often
}

// acted is what a user did of one class under a value.
type acted struct {
	of   people.Pair
	last period.Minute
	bits uint64
}

// fetched returns what was fetched of a class.
func (r record) fetched(class uint8) (of acted) {
	for i := range r.acted {
		if r.acted[i].of.Class == class {
			return r.acted[i]
		}
	}
	return acted{}
}

// own returns a user's record, brought up to date for changing it.
func (a *Meter) own(c *period.Clock, root uint32) record {
	return record{block: a.users.Current(c, root), fields: a.fields}
}

// stored returns a user's record as it is.
func (a *Meter) stored(root uint32) record {
	return record{block: a.users.At(root), fields: a.fields}
}

// seen returns a user's record as it is now, without changing anything.
func (a *Meter) seen(c *period.Clock, root uint32, room []people.Turn) record {
	r := a.stored(root)
	if stamp := period.Minute(r.block.Stamp()); stamp < c.Latest {
		r.turns = people.TurnsSince(c, stamp, room[:0])
	}
	return r
}

// under returns what the user of a record did under a value of a breakdown.
func (r record) under(pairs []uint32) record {
	return record{block: r.block, pairs: pairs, turns: r.turns}
}

func (r record) entry(class uint8) (people.Entry, bool) {
	if id := r.pairs[class]; id != 0 {
		return r.block.Find(id)
	}
	return people.Entry{}, false
}

// last returns the minute of the latest action of a class, 0 for none.
func (r record) last(class uint8) period.Minute {
	switch {
	case r.acted != nil:
		return r.fetched(class).last
	case r.pairs == nil:
		return period.Minute(r.block.Get32(r.fields[class].last))
	}
	if e, known := r.entry(class); known {
		return period.Minute(e.At())
	}
	return 0
}

// bits returns the periods in which there was an action of a class.
func (r record) bits(class uint8) (bits uint64) {
	if r.acted != nil {
		return r.fetched(class).bits
	}
	if r.pairs == nil {
		bits = r.block.Get64(r.fields[class].periods)
	} else if e, known := r.entry(class); known {
		bits = e.Word()
	}
	if len(r.turns) > 0 {
		return people.Shift(bits, r.turns)
	}
	return bits
}

// setLast sets the minute of the latest action of a class, of which there is an
// entry where it is under a value.
func (r record) setLast(class uint8, m period.Minute) {
	r.block.Change()
	if r.pairs == nil {
		r.block.Set32(r.fields[class].last, uint32(m))
		return
	}
	e, _ := r.entry(class)
	e.SetAt(uint32(m))
}

// setBits adds periods to those of a class, likewise.
func (r record) setBits(class uint8, bits uint64) {
	r.block.Change()
	if r.pairs == nil {
		f := r.fields[class].periods
		r.block.Set64(f, r.block.Get64(f)|bits)
		return
	}
	e, _ := r.entry(class)
	e.SetWord(e.Word() | bits)
}

// all returns the periods in which there was an action of any class.
func (r record) all() (bits uint64) {
	for class := range r.classes() {
		bits |= r.bits(class)
	}
	return bits
}

// classes returns the number of classes.
func (r record) classes() uint8 { return uint8(max(len(r.fields), len(r.pairs))) }

// begin makes the entry of a class under a value, if there is none yet.
func (r record) begin(class uint8) {
	if _, known := r.entry(class); !known {
		r.block.Insert(r.pairs[class], 0)
	}
}

// take unites what another user did with this record and leaves nothing of it
// there. Both are up to date.
func (r record) take(from record) {
	from.block.Change()
	for class, f := range from.fields {
		of := uint8(class)
		r.setLast(of, max(r.last(of), from.last(of)))
		r.setBits(of, from.bits(of))
		from.block.Set32(f.last, 0)
		from.block.Set64(f.periods, 0)
	}
}
