// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// DaySums are a sum by the local day of its events. The last one is that of
// the last of the organization's days; days before the first had nothing.
type DaySums struct{ Sums wide.Ints }

// Add counts a value in the day of a minute.
func (s *DaySums) Add(d *period.Days, m period.Minute, value int64) {
	if i := d.Index(m); i >= 0 {
		s.add(d.Today()-i, value)
	}
}

// AddToday counts a value in the last day.
func (s *DaySums) AddToday(value int64) { s.add(0, value) }

// add counts a value in the day that lies some days before the last.
func (s *DaySums) add(back int, value int64) {
	if missing := back + 1 - s.Sums.Len(); missing > 0 {
		s.Sums.Insert(0, missing)
	}
	s.Sums.Add(s.Sums.Len()-1-back, []int64{value})
}

// Turn follows the days, which have gone on by n.
func (s *DaySums) Turn(d *period.Days, n int) {
	if s.Sums.Len() == 0 {
		return
	}
	s.Sums.Insert(s.Sums.Len(), n)
	if extra := s.Sums.Len() - len(d.Starts); extra > 0 {
		s.Sums.Delete(0, extra)
	}
}

// back returns the sum of the day that lies n days before the running one.
func (s *DaySums) back(n int) wide.Int {
	if n >= s.Sums.Len() {
		return wide.Int{}
	}
	return s.Sums.At(s.Sums.Len() - 1 - n)
}

// Between returns the sum from a day's start to a minute, of whose day it takes
// the part that had passed.
func (s *DaySums) Between(d *period.Days, start, until period.Minute) float64 {
	first, last := d.Index(start), d.Index(until)
	var sum wide.Int
	for i := first; i < last; i++ {
		sum = sum.Add(s.back(d.Today() - i))
	}
	part := d.Share(last, until) * s.back(d.Today()-last).Over(1)
	return sum.Over(1) + part
}

// Encode appends the sums, oldest first.
func (s *DaySums) Encode(e *wire.Encoder) {
	e.Uint(uint64(s.Sums.Len()))
	for i := range s.Sums.Len() {
		e.Wide(s.Sums.At(i))
	}
}

// Decode reads what Encode wrote.
func (s *DaySums) Decode(d *wire.Decoder) {
	for range d.Count(1) {
		s.Sums.Append(d.Wide())
	}
}
