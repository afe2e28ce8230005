// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"slices"
	"sort"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// peak is the largest of some counts and how many of them equal it. A count of
// 0 is no peak: the zero peak has no hits.
type peak struct{ max, hits uint32 }

// add takes one more count into the peak. A count that has just grown by one
// is taken in the same way: if it was a hit before, it is now the only one.
func (p *peak) add(n uint32) {
	switch {
	case n == 0 || n < p.max:
	case n > p.max:
		*p = peak{n, 1}
	default:
		p.hits++
	}
}

// with returns the peak of the counts of both.
func (p peak) with(o peak) peak {
	switch {
	case p.max > o.max:
		return p
	case p.max < o.max:
		return o
	}
	return peak{p.max, p.hits + o.hits}
}

// step is the count of an hour or a sample that started at some minute.
type step struct {
	at period.Minute
	n  uint32
}

// stairs are those counts of the past that can still be the largest of a
// window that ends now: each is at least as large as all that came after it.
//
//	n  8 |#
//	   7 |#     # #
//	   3 |# ... # # .. #        a new 5 removes the 3 and stands behind the 7s
//	     +-----------------> at
type stairs []step

// add puts a count behind all others.
func (s *stairs) add(at period.Minute, n uint32) {
	kept := len(*s)
	for kept > 0 && (*s)[kept-1].n < n {
		kept--
	}
	*s = append((*s)[:kept], step{at, n})
}

// forget drops what started at or before a minute.
func (s *stairs) forget(until period.Minute) { *s = (*s)[s.after(until):] }

func (s stairs) after(m period.Minute) int {
	return sort.Search(len(s), func(i int) bool { return s[i].at > m })
}

// peak returns the peak of the counts that started after a minute.
func (s stairs) peak(after period.Minute) peak {
	first := s.after(after)
	if first == len(s) {
		return peak{}
	}
	n := s[first].n
	hits := sort.Search(len(s)-first, func(i int) bool { return s[first+i].n < n })
	return peak{n, uint32(hits)}
}

// peaks are the peaks of counts that do not change any more, for every window
// of a meter: of samples, and of hours before the acceptance span.
type peaks struct {
	windows []usage.Window
	byDate  [][]peak      // of each calendar window, by period; nil: none, as of rolling ones
	stairs  stairs        // for all rolling windows
	longest period.Minute // rolling window
}

func newPeaks(windows []usage.Window) peaks {
	p := peaks{windows: windows, byDate: make([][]peak, len(windows))}
	for _, window := range windows {
		if window.Kind == usage.Rolling {
			p.longest = max(p.longest, period.LengthOf(window))
		}
	}
	return p
}

// depthOf returns how many periods a window has in byDate.
func depthOf(w usage.Window) int {
	if w.Kind == usage.Rolling {
		return 0
	}
	return period.Depth[w.Kind]
}

// at returns the peak of a period, for changing it.
func (p *peaks) at(w, i int) *peak {
	if p.byDate[w] == nil {
		p.byDate[w] = make([]peak, depthOf(p.windows[w]))
	}
	return &p.byDate[w][i]
}

// add takes in the count of an hour or sample that started at a minute. It is
// called in the order of time.
func (p *peaks) add(c *period.Clock, at period.Minute, n uint32) {
	if n == 0 {
		return
	}
	for w, window := range p.windows {
		if window.Kind == usage.Rolling {
			continue
		}
		if i := c.Tracks[window.Kind].Index(at); i >= 0 {
			p.at(w, i).add(n)
		}
	}
	if p.longest > 0 {
		p.stairs.add(at, n)
	}
}

// turn lets periods end, and reports whether a count has left a rolling window.
func (p *peaks) turn(c *period.Clock, t *period.Turn) (left bool) {
	for w, window := range p.windows {
		if window.Kind != usage.Rolling {
			period.Shift(p.byDate[w], 1, t.Ended[window.Kind])
			continue
		}
		length := period.LengthOf(window)
		left = left || p.stairs.after(t.From-length) != p.stairs.after(c.AsOf-length)
	}
	p.stairs.forget(c.AsOf - p.longest)
	return left
}

// peak returns the peak of the period that lies i periods before the current
// one; a rolling window has only period 0.
func (p *peaks) peak(c *period.Clock, window, i int) peak {
	if w := p.windows[window]; w.Kind == usage.Rolling {
		return p.stairs.peak(c.AsOf - period.LengthOf(w))
	}
	if p.byDate[window] == nil {
		return peak{}
	}
	return p.byDate[window][i]
}

// encode writes the peaks with the names of their windows, so that they can be
// read back by a meter that has been given other windows.
func (p *peaks) encode(e *wire.Encoder) {
	e.Uint(uint64(len(p.windows)))
	for w, window := range p.windows {
		e.Uint(uint64(window.Kind))
		e.Uint(uint64(window.Hours))
		e.Uint(uint64(depthOf(window)))
		for i := range depthOf(window) {
			t := peak{}
			if p.byDate[w] != nil {
				t = p.byDate[w][i]
			}
			e.Uint(uint64(t.max))
			e.Uint(uint64(t.hits))
		}
	}
	e.Uint(uint64(len(p.stairs)))
	before := period.Minute(0)
	for _, s := range p.stairs {
		e.Int(int64(s.at - before))
		e.Uint(uint64(s.n))
		before = s.at
	}
}

func (p *peaks) decode(d *wire.Decoder) {
	for range d.Count(3) {
		kind, length := usage.Kind(d.Uint()), int32(d.Uint())
		w := slices.IndexFunc(p.windows, func(w usage.Window) bool { return w.Kind == kind && w.Hours == length })
		for i := range d.Count(2) {
			t := peak{uint32(d.Uint()), uint32(d.Uint())}
			if t != (peak{}) && w >= 0 && i < depthOf(p.windows[w]) {
				*p.at(w, i) = t
			}
		}
	}
	n := d.Count(2)
	p.stairs = make(stairs, 0, n)
	at := period.Minute(0)
	for range n {
		at += period.Minute(d.Int())
		p.stairs = append(p.stairs, step{at, uint32(d.Uint())})
	}
}

// any reports whether there is any peak.
func (p *peaks) any() bool {
	for _, periods := range p.byDate {
		for _, of := range periods {
			if of.max > 0 {
				return true
			}
		}
	}
	return len(p.stairs) > 0
}
