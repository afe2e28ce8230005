// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"math/bits"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Peak is the largest of some counts, and how many of them equal it.
type Peak struct{ Max, Hits uint32 }

// Peaks are those of a span.
type Peaks struct {
	Samples, Net, Hours Peak
	// NetKnown reports whether all samples have a hand-over.
	NetKnown bool
	// Busiest are the starts of the hours that equal the peak of hours and may
	// still be revised; of others it is not known when they were.
	Busiest []period.Minute
}

// Part returns in how many hours of the span that may still be revised a user was
// there.
func (x *Meter) Part(_ *period.Clock, root uint32, s meter.Span) (p meter.Part, has bool) {
	p.Class, p.Hours = -1, x.hours.countOf(root, s)
	return p, p.Hours > 0 || x.sessions.within(root, s)
}

// among returns the first and the last open hour that start in a span, as
// numbers; first > last where there is none.
func (h *hours) among(s meter.Span) (first, last int32) {
	from, to := s.Start-1, s.End-1 // the last minutes before the first and the last start
	if s.Window.Kind == usage.Rolling {
		from, to = s.Start, s.End
	}
	return h.first + int32(h.startingAfter(from)), h.first + int32(h.startingAfter(to)) - 1
}

// countOf returns in how many open hours of a span a user was there.
func (h *hours) countOf(user uint32, s meter.Span) (n int) {
	first, last := h.among(s)
	for key := first >> 6; key <= last>>6 && first <= last; key++ {
		n += bits.OnesCount64(h.there(key, user) & between(first-key<<6, last-key<<6))
	}
	return n
}

// there returns the hours of a roster in which a user was there.
func (h *hours) there(key int32, user uint32) uint64 {
	if r := h.members[key]; r != nil && r.Has(user) {
		return *r.Of(user)
	}
	return 0
}

// between returns the bits from first to last, of which there are 64.
func between(first, last int32) uint64 {
	first, last = max(first, 0), min(last, 63)
	if first > last {
		return 0
	}
	return ^uint64(0) >> (63 - last + first) << first
}

// lastOf returns the start of the latest open hour in which a user was there, 0
// for none.
func (h *hours) lastOf(user uint32) (last period.Minute) {
	for key := range h.members {
		if there := h.there(key, user); there != 0 {
			i := int(key<<6-h.first) + 63 - bits.LeadingZeros64(there)
			if i >= 0 && i < len(h.open) {
				last = max(last, h.open[i].start)
			}
		}
	}
	return last
}

// Session is what is known of a user's latest sessions, ns since 1970. It is
// kept for as long as a sample that it plays a part in is not final.
type Session struct {
	LastOn, LastOff int64 // 0: none is known
	// Connected reports whether they were connected at Sample, the last one.
	Connected bool
	Sample    int64
}

// Session returns what is known of a user's latest sessions.
func (x *Meter) Session(root uint32) (s Session) {
	s.Sample = x.next - x.sessions.interval
	place, known := x.sessions.find(root)
	if !known {
		return s
	}
	p := &x.sessions.recent[place]
	for i := range p.marks() {
		m := p.at(i)
		s.LastOn, s.LastOff = max(s.LastOn, m.lastOn), max(s.LastOff, m.lastOff)
	}
	s.Connected = x.sessions.look(p, s.Sample).lastOn != 0
	return s
}

// Last returns when a user was last there, maybe only to the hour.
func (x *Meter) Last(root uint32) period.Minute {
	on := x.Session(root)
	return max(x.hours.lastOf(root), period.Floor(on.LastOn), period.Floor(on.LastOff))
}

// PeaksIn returns the peaks of a span.
func (x *Meter) PeaksIn(c *period.Clock, s meter.Span) (p Peaks) {
	w := slices.Index(x.def.Windows, s.Window)
	back, _ := s.Back(c)
	samples, nets, hours := x.samples.peak(c, w, back), x.nets.peak(c, w, back), x.hours.peak(c, w, back)
	p.Samples, p.Net, p.Hours = Peak{samples.max, samples.hits}, Peak{nets.max, nets.hits}, Peak{hours.max, hours.hits}
	p.NetKnown = x.netsKnown(c, s.Window, back)
	first, last := x.hours.among(s)
	for i := first - x.hours.first; i <= last-x.hours.first; i++ {
		if of := x.hours.open[i]; of.users > 0 && of.users == hours.max {
			p.Busiest = append(p.Busiest, of.start)
		}
	}
	return p
}
