// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// act applies a qualifying action. It reports whether this may be the
// user's first one in some period of a day or longer.
//
// Most actions are one more of somebody who counts already: then no count is looked
// at, and the minute of the latest one is all that changes.
func (a *Meter) act(c *period.Clock, root uint32, at int64, class uint8, dims []uint32) (first bool) {
	floor, ceil := period.Floor(at), period.Ceil(at)
	block, f := a.users.Current(c, root), a.fields[class]
	last := period.Minute(block.Get32(f.last))
	first = ceil < last
	if a.countsAlready(c, floor, last, block.Get64(f.periods)) {
		if ceil > last {
			block.Change()
			block.Set32(f.last, uint32(ceil))
		}
	} else {
		added := a.mark(c, a.own(c, root), a.timeline(root), &a.total, floor, ceil, class)
		first = first || added>>period.Depth[usage.Hour] != 0
	}
	for i, value := range dims {
		a.actUnder(c, block, &a.breakdowns[i], value, floor, ceil, class)
	}
	return first
}

// actUnder applies a qualifying action of a user under a value of a breakdown.
func (a *Meter) actUnder(c *period.Clock, block people.Block, s *breakdown, value uint32, floor, ceil period.Minute, class uint8) {
	ids := s.pair(a, value, class)
	e, known := block.Find(ids[class])
	if !known {
		e = block.Insert(ids[class], 0)
	}
	last := period.Minute(e.At())
	if !a.countsAlready(c, floor, last, e.Word()) {
		a.mark(c, record{block: block, pairs: ids}, a.timeline(block.Slot()), s.counts(a, c, value), floor, ceil, class)
	} else if ceil > last {
		block.Change()
		e.SetAt(uint32(ceil))
	}
}

// countsAlready reports whether somebody counts wherever an action of a minute could make
// them count, by the periods of their actions of its class and the latest one: in the
// running period of each kind, and in all rolling windows, of none in the edge.
func (a *Meter) countsAlready(c *period.Clock, floor, last period.Minute, periods uint64) bool {
	return floor >= c.Latest && periods&a.running == a.running &&
		(a.shortest == 0 || last > c.AsOf-a.shortest+EdgeLength)
}

// timeline returns what is timed of a user, nil where it does not matter here.
func (a *Meter) timeline(root uint32) *person.Timeline {
	if !a.timed {
		return nil
	}
	return a.users.Persons.Of(root)
}

// mark enters an action into a record and moves its user between counts. It
// returns the bits of periods that were new.
func (a *Meter) mark(c *period.Clock, r record, p *person.Timeline, t *headcount, floor, ceil period.Minute, class uint8) (added uint64) {
	have := r.bits(class)
	if floor < c.Latest || have&a.running != a.running {
		for _, k := range a.kinds {
			i := c.Tracks[k].Index(floor)
			if i < 0 || have>>(people.BitOf[k]+i)&1 != 0 {
				continue
			}
			bit := uint64(1) << (people.BitOf[k] + i)
			before := a.classIn(c, r, p, t, k, i)
			r.setBits(class, bit)
			t.shiftClass(k, i, before, a.classIn(c, r, p, t, k, i))
			added |= bit
		}
	}
	if ceil > r.last(class) {
		a.raise(c, r, p, t, class, ceil)
	}
	return added
}

// raise sets the minute of a class's latest action.
func (a *Meter) raise(c *period.Clock, r record, p *person.Timeline, t *headcount, class uint8, m period.Minute) {
	if len(a.lengths) == 0 {
		r.setLast(class, m)
		return
	}
	rs := &a.rules[a.version]
	if t.width == 1 && len(rs.order) == 1 && rs.plain && p == nil {
		t.prefix[0].move(c.AsOf, r.last(class), m)
		a.reaches(c.AsOf, m)
		r.setLast(class, m)
		return
	}
	a.prefixes(c, rs, r, p, t, -1)
	r.setLast(class, m)
	a.prefixes(c, rs, r, p, t, 1)
}
