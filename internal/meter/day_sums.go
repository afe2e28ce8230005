// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// daySums are a sum by the local day of its events. The last one is that of
// the last of the organization's days; days before the first had nothing.
type daySums struct{ sums wide.Ints }

// add counts a value in the day of a minute.
func (s *daySums) add(d *period.Days, m period.Minute, value int64) {
	i := d.Index(m)
	if i < 0 {
		return
	}
	back := d.Today() - i
	if missing := back + 1 - s.sums.Len(); missing > 0 {
		s.sums.Insert(0, missing)
	}
	s.sums.Add(s.sums.Len()-1-back, []int64{value})
}

// turn follows the days, which have gone on by n.
func (s *daySums) turn(d *period.Days, n int) {
	if s.sums.Len() == 0 {
		return
	}
	s.sums.Insert(s.sums.Len(), n)
	if extra := s.sums.Len() - len(d.Starts); extra > 0 {
		s.sums.Delete(0, extra)
	}
}

// back returns the sum of the day that lies n days before the running one.
func (s *daySums) back(n int) wide.Int {
	if n >= s.sums.Len() {
		return wide.Int{}
	}
	return s.sums.At(s.sums.Len() - 1 - n)
}

// between returns the sum from a day's start to a minute, of whose day it takes
// the part that had passed.
func (s *daySums) between(d *period.Days, start, until period.Minute) float64 {
	first, last := d.Index(start), d.Index(until)
	var sum wide.Int
	for i := first; i < last; i++ {
		sum = sum.Add(s.back(d.Today() - i))
	}
	part := d.Share(last, until) * s.back(d.Today()-last).Over(1)
	return sum.Over(1) + part
}

func (s *daySums) encode(e *wire.Encoder) {
	e.Uint(uint64(s.sums.Len()))
	for i := range s.sums.Len() {
		e.Wide(s.sums.At(i))
	}
}

func (s *daySums) decode(d *wire.Decoder) {
	for range d.Count(1) {
		s.sums.Append(d.Wide())
	}
}
