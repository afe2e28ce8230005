// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"cmp"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// breakdown counts users by value: one record a (user, value), of an entry for each
// class.
type breakdown struct {
	number uint8
	values *meter.Values // the owner's
	pairs  []uint32      // by value and class: the id of entries; 0: nobody has one
	totals []*headcount  // by value; nil until it has a user
	legacy []uint64      // of a state of before format 7: user<<32 | value of each record
}

func (s *breakdown) encode(e *wire.Encoder, kinds []usage.Kind) {
	e.Uint(0) // the pairs of format 2; they are entries of users now
	e.Uint(uint64(len(s.totals)))
	for _, t := range s.totals {
		e.Bool(t != nil)
		if t != nil {
			t.encode(e, kinds)
		}
	}
}

func (s *breakdown) decode(d *wire.Decoder, a *Meter, kinds []usage.Kind) {
	for range d.Count(1) {
		s.legacy = append(s.legacy, d.Uint())
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

// figures appends the counts of every value that has users in a window.
func (s *breakdown) figures(a *Meter, sheet *series.Sheet, exists func(w usage.Window, back int) bool) {
	for value, t := range s.totals {
		if t == nil {
			continue
		}
		v := s.values.Of(uint32(value))
		rolling, n := 0, 0
		for _, window := range a.def.Windows {
			if window.Kind == usage.Rolling {
				if count := t.prefix[0][rolling].count; count != 0 {
					sheet.Add(s.seriesOf(a.def, sheet.Book, v, n, window, 0), float64(count))
				}
				rolling++
				n++
				continue
			}
			for i := range period.Published {
				if count := t.periods[window.Kind][i]; count != 0 && exists(window, i) {
					sheet.Add(s.seriesOf(a.def, sheet.Book, v, n, window, i), float64(count))
				}
				n++
			}
		}
	}
}

// seriesOf returns the series that shows a value in a period of a window, which is the
// one of a number.
func (s *breakdown) seriesOf(def *usage.Meter, book *series.Book, v *meter.Value, number int, w usage.Window, back int) *usage.Series {
	if known := v.Series(number); known != nil {
		return known
	}
	return v.Show(number, book.Gauge("usage_active_users_breakdown", series.WindowLabels(def.Name, w, back,
		usage.Label{Name: "dimension", Value: def.Breakdowns[s.number].Dimension},
		usage.Label{Name: "dimension_value", Value: v.Name})...))
}

// seriesOfValue returns how many series show a value of a breakdown of a meter.
func seriesOfValue(def *usage.Meter) (n int) {
	for _, w := range def.Windows {
		n += period.PeriodsOf(w)
	}
	return n
}

func (s *breakdown) counts(a *Meter, c *period.Clock, value uint32) *headcount {
	if int(value) >= len(s.totals) {
		s.totals = append(s.totals, make([]*headcount, int(value)+1-len(s.totals))...)
	}
	if s.totals[value] == nil {
		t := a.newHeadcount(1, true)
		t.prefix[0].reset(c.AsOf, c.Phase)
		s.totals[value] = &t
	}
	return s.totals[value]
}

// pair returns the ids of a value's entries by class, of which one class has one.
func (s *breakdown) pair(a *Meter, value uint32, class uint8) []uint32 {
	ids := s.ids(a, value)
	if ids[class] == 0 {
		ids[class] = a.users.Pairs.Add(people.Pair{Meter: a.number, Breakdown: s.number, Class: class, Value: value})
	}
	return ids
}

// ids returns the ids of a value's entries by class, for which it makes room.
func (s *breakdown) ids(a *Meter, value uint32) []uint32 {
	classes := len(a.def.Classes)
	from := int(value) * classes
	if missing := from + classes - len(s.pairs); missing > 0 {
		s.pairs = append(s.pairs, make([]uint32, missing)...)
	}
	return s.pairs[from : from+classes : from+classes]
}

// Numbered gives the meter the ids that pairs of its breakdowns have; ok is false
// where it has no such breakdown or class.
func (a *Meter) Numbered(id uint32, of people.Pair) (ok bool) {
	if int(of.Breakdown) >= len(a.breakdowns) || int(of.Class) >= len(a.def.Classes) {
		return false
	}
	s := &a.breakdowns[of.Breakdown]
	if int(of.Value) >= s.values.Len() {
		return false
	}
	s.ids(a, of.Value)[of.Class] = id
	return true
}

// fetch reads what a user did under values, in order, in one pass: under those of
// some that are in order, under all where that is nil. It is good until the next call.
func (a *Meter) fetch(r record, some []acted) []acted {
	all := a.scratch[:0]
	for c := r.block.Entries(); c.Next(); {
		e := c.Entry()
		of, periodic := a.users.Pairs.Of(e.ID())
		if !periodic || of.Meter != a.number {
			continue
		}
		if some != nil {
			if _, is := slices.BinarySearchFunc(some, acted{of: of}, compareValues); !is {
				continue
			}
		}
		bits := e.Word()
		if len(r.turns) > 0 {
			bits = people.Shift(bits, r.turns)
		}
		all = append(all, acted{of, period.Minute(e.At()), bits})
	}
	slices.SortFunc(all, func(x, y acted) int { return cmp.Or(compareValues(x, y), cmp.Compare(x.of.Class, y.of.Class)) })
	a.scratch = all
	return all
}

func compareValues(x, y acted) int {
	return cmp.Or(cmp.Compare(x.of.Breakdown, y.of.Breakdown), cmp.Compare(x.of.Value, y.of.Value))
}

// eachPair calls f for what a user did under each value, of some or of all.
func (a *Meter) eachPair(r record, some []acted, f func(of record, t *headcount)) {
	for all := a.fetch(r, some); len(all) > 0; {
		n := 1
		for n < len(all) && compareValues(all[n], all[0]) == 0 {
			n++
		}
		s := &a.breakdowns[all[0].of.Breakdown]
		under := r.under(s.ids(a, all[0].of.Value))
		under.acted = all[:n:n]
		f(under, s.totals[all[0].of.Value])
		all = all[n:]
	}
}

// eachRecord calls f for every record of the meter, with the bits of now.
func (a *Meter) eachRecord(c *period.Clock, f func(root uint32, r record, t *headcount)) {
	var room [usage.NumKinds]people.Turn
	for root := range uint32(a.users.Len()) {
		if a.users.At(root).Stamp() == 0 {
			continue // nothing is known of them
		}
		r := a.seen(c, root, room[:])
		f(root, r, &a.total)
		if len(a.breakdowns) > 0 {
			a.eachPair(r, nil, func(of record, t *headcount) { f(root, of, t) })
		}
	}
}

// takePairs moves what a user did under values to another user. Where no status matters
// to the counts of values, only those change under which both did something: else the
// users are lifted.
func (a *Meter) takePairs(c *period.Clock, from, to record, lifted bool) {
	p := a.users.Persons.Of(to.block.Slot())
	var both []acted // of either user
	if moved := slices.Clone(a.fetch(from, nil)); !lifted && len(moved) > 0 {
		both = slices.Clone(a.fetch(to, moved))
	}
	count := func(r record, sign int64) {
		if len(both) > 0 {
			a.eachPair(r, both, func(of record, t *headcount) { a.contributeTo(c, p, of, t, everything, sign) })
		}
	}
	count(from, -1)
	count(to, -1)
	to.block.Take(from.block, func(id uint32) bool {
		of, periodic := a.users.Pairs.Of(id)
		return periodic && of.Meter == a.number
	}, func(e people.Entry, at uint32, word uint64) {
		e.SetAt(max(e.At(), at))
		e.SetWord(e.Word() | word)
	})
	count(to, 1)
}
