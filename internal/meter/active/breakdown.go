// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// encodePairs appends the pairs of a page of a breakdown: a list of (user
// uint, value uint).
func (s *breakdown) encodePairs(page uint32, e *wire.Encoder) {
	pairs := s.pairs.Keys[min(page*people.PageSize, uint32(len(s.pairs.Keys))):]
	pairs = pairs[:min(people.PageSize, len(pairs))]
	e.Uint(uint64(len(pairs)))
	for _, key := range pairs {
		e.Uint(key >> 32)
		e.Uint(uint64(uint32(key)))
	}
}

// decodePairs reads the pairs of the next page.
func (s *breakdown) decodePairs(page uint32, d *wire.Decoder) {
	n := d.Count(2)
	if n > people.PageSize || int(page)*people.PageSize != len(s.pairs.Keys) {
		d.Fail()
		return
	}
	for range n {
		root, value := d.Uint(), d.Uint()
		if root != uint64(uint32(root)) || value >= uint64(len(s.totals)) {
			d.Fail()
			return
		}
		s.pairs.Add(pairKey(uint32(root), uint32(value)))
	}
}

func (s *breakdown) encode(e *wire.Encoder, kinds []usage.Kind) {
	e.Uint(0) // the pairs of format 2; they are in the pages now
	e.Uint(uint64(len(s.totals)))
	for _, t := range s.totals {
		e.Bool(t != nil)
		if t != nil {
			t.encode(e, kinds)
		}
	}
}

func (s *breakdown) decode(d *wire.Decoder, a *Meter, kinds []usage.Kind) {
	for n := range uint32(d.Count(1)) {
		s.pairs.Add(d.Uint())
		s.users.Changed(n) // all are written with the next head, which has no pairs
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

func (s *breakdown) adopt(old *breakdown) {
	for n, key := range old.pairs.Keys {
		s.pairs.Add(key)
		s.users.Changed(uint32(n))
	}
	s.users.Adopt(&old.users)
}

// figures appends the counts of every value that has users in a window.
func (sp *breakdown) figures(a *Meter, s *series.Sheet, dimension string, exists func(w usage.Window, back int) bool) {
	for value, t := range sp.totals {
		if t == nil {
			continue
		}
		series := sp.seriesOf(a.def, s.Book, dimension, value)
		rolling, n := 0, 0
		for _, window := range a.def.Windows {
			if window.Kind == usage.Rolling {
				if count := t.prefix[0][rolling].count; count != 0 {
					s.Add(series[n], float64(count))
				}
				rolling++
				n++
				continue
			}
			for i := range period.Published {
				if count := t.periods[window.Kind][i]; count != 0 && exists(window, i) {
					s.Add(series[n], float64(count))
				}
				n++
			}
		}
	}
}

// seriesOf returns a value's series in the order of windows and periods.
func (sp *breakdown) seriesOf(def *usage.Meter, book *series.Book, dimension string, value int) []*usage.Series {
	for len(sp.series) <= value {
		sp.series = append(sp.series, nil)
	}
	if sp.series[value] == nil {
		for _, w := range def.Windows {
			for i := range period.PeriodsOf(w) {
				sp.series[value] = append(sp.series[value], book.Gauge("usage_active_users_breakdown", series.WindowLabels(def.Name, w, i,
					usage.Label{Name: "dimension", Value: dimension},
					usage.Label{Name: "dimension_value", Value: sp.values.Names[value]})...))
			}
		}
	}
	return sp.series[value]
}

// breakdown is a breakdown: users by value, one record a (user, value).
type breakdown struct {
	values *meter.Values
	pairs  people.Positions // user<<32 | value -> position in users
	users  people.Population
	totals []*headcount // by value; nil until it has a user
	series [][]*usage.Series
}

// eachRecord calls f for every record of the meter.
func (a *Meter) eachRecord(f func(root uint32, pop *people.Population, n uint32, t *headcount)) {
	a.users.Each(func(n uint32) { f(n, &a.users, n, &a.total) })
	for _, s := range a.breakdowns {
		s.users.Each(func(n uint32) {
			key := s.pairs.Keys[n]
			f(uint32(key>>32), &s.users, n, s.totals[uint32(key)])
		})
	}
}

func pairKey(root, value uint32) uint64 { return uint64(root)<<32 | uint64(value) }

// pair returns the position of a (user, value), a new one where it has none.
func (s *breakdown) pair(root, value uint32) uint32 {
	key := pairKey(root, value)
	if n, known := s.pairs.Find(key); known {
		return n
	}
	return s.pairs.Add(key)
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

// merge moves a user's pairs to another user's.
func (s *breakdown) merge(c *period.Clock, from, to uint32) {
	for value := range s.totals {
		n, known := s.pairs.Find(pairKey(from, uint32(value)))
		if !known || !s.users.Peek(n).Exists() {
			continue
		}
		into := s.pair(to, uint32(value))
		s.users.Touch(c, into).Take(s.users.Touch(c, n))
		s.users.Changed(n)
		s.users.Changed(into)
	}
}
