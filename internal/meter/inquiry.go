// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"math/bits"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// What is asked about one user in one period. Asking changes nothing.

// Span is a period of a window: of a calendar window [Start, End), of a rolling
// one (Start, End].
type Span struct {
	Window     usage.Window
	Start, End period.Minute
}

// SpanOf returns the period of a window that lies so many periods before the
// current one; ok is false where it is not kept.
func (o *Organization) SpanOf(w usage.Window, back int) (s Span, ok bool) {
	if w.Kind == usage.Rolling {
		return Span{w, o.clock.AsOf - period.LengthOf(w), o.clock.AsOf}, back == 0
	}
	t := o.clock.Tracks[w.Kind]
	if t == nil || back < 0 || back >= period.Published {
		return Span{}, false
	}
	start, end := t.Bounds(back)
	return Span{w, start, end}, true
}

// PeriodOf returns how many periods before the current one a span lies now; ok
// is false where it is not kept any more.
func (o *Organization) PeriodOf(s Span) (back int, ok bool) {
	return s.back(&o.clock)
}

// back returns how many periods before the current one a span lies now; ok is
// false where it is not kept any more.
func (s *Span) back(c *period.Clock) (n int, ok bool) {
	if s.Window.Kind == usage.Rolling {
		return 0, true
	}
	for i := range period.Published {
		if start, _ := c.Tracks[s.Window.Kind].Bounds(i); start == s.Start {
			return i, true
		}
	}
	return 0, false
}

// Lived reports whether a meter has a figure of a span: it keeps the window, and
// every event of the period could have been counted.
func (o *Organization) Lived(meter int, s Span) bool {
	back, ok := o.PeriodOf(s)
	return ok && o.windowAt(meter, s.Window) >= 0 && (s.Window.Kind == usage.Rolling || o.defs.Exists(&o.clock, meter, s.Window, back))
}

// windowAt returns the place of a window among those of a meter, -1 where it
// does not keep it.
func (o *Organization) windowAt(meter int, w usage.Window) int {
	for i, other := range o.defs.Meters[meter].Windows {
		if other == w {
			return i
		}
	}
	return -1
}

// Frozen reports whether nothing revises a span's figures any more.
func (o *Organization) Frozen(s Span) bool { return s.End <= o.clock.Now-o.clock.Past }

// Root returns the slot under which a user is counted: the user's own, or that
// of the id that an alias has made of them.
func (o *Organization) Root(slot uint32) uint32 { return o.users.root(slot) }

// MergedInto returns the other slots that are counted under a root.
func (o *Organization) MergedInto(root uint32) (slots []uint32) {
	for from := range o.users.target {
		if o.users.root(from) == root {
			slots = append(slots, from)
		}
	}
	slices.Sort(slots)
	return slots
}

// Status returns a user's lifecycle status now, and whether any standing
// activity of theirs is on.
func (o *Organization) Status(root uint32) (status usage.Status, standing bool) {
	p := o.users.persons.of(root)
	for i := range o.meters {
		standing = standing || p.standing(uint16(i))
	}
	return p.status(), standing
}

// StatusIn returns the status that decides what a user counts as in a span: that
// of now while it runs, else that of immediately before its end.
func (o *Organization) StatusIn(root uint32, s Span) usage.Status {
	p := o.users.persons.of(root)
	if back, ok := o.PeriodOf(s); ok && back == 0 {
		return p.status()
	}
	return p.statusBefore(s.End)
}

// Part is what one meter has of a user in a span.
type Part struct {
	Class    int           // of active users: in which they count; -1: in none
	Last     period.Minute // of active users: the first minute at or after the latest action in that class, else in any; 0: none
	Standing bool          // of active users: a standing activity touches the span
	Sum      wide.Int
	Summed   bool // of sums: there are events in Sum
	Hours    int  // of concurrent users: in how many hours that may still be revised they were there
}

// PartOf returns what a meter that keeps the span's window has of a user in it;
// any is false where that is nothing.
func (o *Organization) PartOf(meter int, root uint32, s Span) (p Part, any bool) {
	return o.meters[meter].part(&o.clock, root, s)
}

func (x *concurrent) part(_ *period.Clock, root uint32, s Span) (p Part, any bool) {
	p.Class, p.Hours = -1, x.hours.countOf(root, s)
	return p, p.Hours > 0 || x.sessions.within(root, s)
}

func (x *consumption) part(c *period.Clock, root uint32, s Span) (p Part, any bool) {
	p.Class = -1
	p.Sum, p.Summed = x.sumOf(c, root, s)
	return p, p.Summed
}

// current returns a copy of a user's record that is up to date; one without
// bits where they have none.
func (p *population) current(c *period.Clock, slot uint32, words []uint64) record {
	words = append(words[:0], make([]uint64, p.stride)...)
	r := record{words: words, classes: p.classes}
	if stored := p.peek(slot); stored.exists() {
		copy(words, stored.words)
		if r.stamp() < c.Latest {
			r.renew(c)
		}
	}
	return r
}

func (a *active) part(c *period.Clock, root uint32, s Span) (part Part, any bool) {
	var room [16]uint64
	person := a.people.of(root)
	r := a.users.current(c, root, room[:])
	part.Class = a.classOf(c, r, person, s)
	for class := range uint8(r.classes) {
		acted, stood := a.inSpan(c, r, person, class, s)
		any, part.Standing = any || acted || stood, part.Standing || stood
		if acted && part.Class < 0 {
			part.Last = max(part.Last, r.last(class))
		}
	}
	if part.Class >= 0 {
		part.Last = r.last(uint8(part.Class))
	}
	return part, any
}

// classOf returns the class in which a user counts in a span, -1 for none.
func (a *active) classOf(c *period.Clock, r record, p *person, s Span) int {
	if s.Window.Kind != usage.Rolling {
		back, _ := s.back(c)
		return a.classIn(c, r, p, &a.total, s.Window.Kind, back)
	}
	rs := &a.rules[a.version]
	for _, class := range rs.order {
		if a.lastIn(rs, r, p, &a.total, class) > c.AsOf-period.LengthOf(s.Window) {
			return int(class)
		}
	}
	return -1
}

// inSpan reports whether a class has an action of a user in a span, and whether
// a standing activity of theirs touches it.
func (a *active) inSpan(c *period.Clock, r record, p *person, class uint8, s Span) (acted, stood bool) {
	if s.Window.Kind == usage.Rolling {
		far := c.AsOf - period.LengthOf(s.Window)
		return r.last(class) > far, p.lastStanding(a.number, class) > far
	}
	back, _ := s.back(c)
	return r.bits(class)>>(bitOf[s.Window.Kind]+back)&1 != 0, p.standsIn(a.number, class, s.Start, s.End)
}

// sumOf returns a user's sum in a span of a calendar window.
func (x *consumption) sumOf(c *period.Clock, user uint32, s Span) (sum wide.Int, any bool) {
	if s.Window.Kind == usage.Rolling || !x.users.has(user) {
		return wide.Int{}, false
	}
	k := x.users.indexOf(uint64(s.Window.Kind))
	page := x.users.page(c, int(user/pageUsers))
	if k < 0 {
		return wide.Int{}, false
	}
	for back := range period.Published {
		if start, _ := c.Tracks[s.Window.Kind].Bounds(back); start == s.Start {
			of := x.users.user(page, user%pageUsers).at(k*period.Published + back)
			return of.sum(), !of.none()
		}
	}
	return wide.Int{}, false
}

// among returns the first and the last open hour that start in a span, as
// numbers; first > last where there is none.
func (h *hours) among(s Span) (first, last int32) {
	from, to := s.Start-1, s.End-1 // the last minutes before the first and the last start
	if s.Window.Kind == usage.Rolling {
		from, to = s.Start, s.End
	}
	return h.first + int32(h.startingAfter(from)), h.first + int32(h.startingAfter(to)) - 1
}

// countOf returns in how many open hours of a span a user was there.
func (h *hours) countOf(user uint32, s Span) (n int) {
	first, last := h.among(s)
	for key := first >> 6; key <= last>>6 && first <= last; key++ {
		n += bits.OnesCount64(h.there(key, user) & between(first-key<<6, last-key<<6))
	}
	return n
}

// there returns the hours of a roster in which a user was there.
func (h *hours) there(key int32, user uint32) uint64 {
	if r := h.members[key]; r != nil && r.has(user) {
		return *r.of(user)
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

// within reports whether anything that is still known of a user's sessions lies
// in a span.
func (s *sessions) within(user uint32, of Span) bool {
	place, known := s.find(user)
	if !known {
		return false
	}
	for _, m := range s.recent[place].marks {
		for _, at := range [...]int64{m.firstOn, m.lastOn, m.lastOff} {
			in := period.Floor(at) >= of.Start && period.Floor(at) < of.End
			if of.Window.Kind == usage.Rolling {
				in = period.Ceil(at) > of.Start && period.Ceil(at) <= of.End
			}
			if at != 0 && in {
				return true
			}
		}
	}
	return false
}

// Session is what is known of a user's latest sessions, ns since 1970. It is
// kept for as long as a sample that it plays a part in is not final.
type Session struct {
	LastOn, LastOff int64 // 0: none is known
	// Connected tells whether they were connected at Sample, the last one.
	Connected bool
	Sample    int64
}

// SessionOf returns what a meter of concurrent users knows of a user's sessions.
func (o *Organization) SessionOf(meter int, root uint32) (s Session) {
	return o.meters[meter].kind.(*concurrent).session(root)
}

func (x *concurrent) session(root uint32) (s Session) {
	s.Sample = x.next - x.sessions.interval
	place, known := x.sessions.find(root)
	if !known {
		return s
	}
	p := &x.sessions.recent[place]
	for _, m := range p.marks {
		s.LastOn, s.LastOff = max(s.LastOn, m.lastOn), max(s.LastOff, m.lastOff)
	}
	s.Connected = x.sessions.look(p, s.Sample).lastOn != 0
	return s
}

// LastOf returns the latest activity of a user that is known, of all meters, to
// the minute; of concurrent users it may be the start of an hour. 0: none.
func (o *Organization) LastOf(root uint32) (last period.Minute) {
	for i := range o.meters {
		last = max(last, o.meters[i].last(root))
	}
	return last
}

func (a *active) last(root uint32) (last period.Minute) {
	if r := a.users.peek(root); r.exists() {
		for class := range uint8(r.classes) {
			last = max(last, r.last(class))
		}
	}
	return last
}

func (x *concurrent) last(root uint32) period.Minute {
	on := x.session(root)
	return max(x.hours.lastOf(root), period.Floor(on.LastOn), period.Floor(on.LastOff))
}

func (x *consumption) last(root uint32) period.Minute {
	if !x.users.has(root) {
		return 0
	}
	return x.users.lastOf(root)
}
