// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/concurrent"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// What is asked about one user in one period. Asking changes nothing.

// SpanOf returns the period of a window that lies so many periods before the
// current one; ok is false where it is not kept.
func (o *Organization) SpanOf(w usage.Window, back int) (s meter.Span, ok bool) {
	if w.Kind == usage.Rolling {
		return meter.Span{Window: w, Start: o.clock.AsOf - period.LengthOf(w), End: o.clock.AsOf}, back == 0
	}
	t := o.clock.Tracks[w.Kind]
	if t == nil || back < 0 || back >= period.Published {
		return meter.Span{}, false
	}
	start, end := t.Bounds(back)
	return meter.Span{Window: w, Start: start, End: end}, true
}

// PeriodOf returns how many periods before the current one a span lies now; ok
// is false where it is not kept any more.
func (o *Organization) PeriodOf(s meter.Span) (back int, ok bool) {
	return s.Back(&o.clock)
}

// Lived reports whether a meter has a figure of a span: it keeps the window, and
// every event of the period could have been counted.
func (o *Organization) Lived(meter int, s meter.Span) bool {
	back, ok := o.PeriodOf(s)
	return ok && slices.Contains(o.defs.Meters[meter].Windows, s.Window) && (s.Window.Kind == usage.Rolling || o.defs.Exists(&o.clock, meter, s.Window, back))
}

// Frozen reports whether nothing revises a span's figures any more.
func (o *Organization) Frozen(s meter.Span) bool { return s.End <= o.clock.Now-o.clock.Past }

// Root returns the slot under which a user is counted: the user's own, or that
// of the id that an alias has made of them.
func (o *Organization) Root(slot uint32) uint32 { return o.users.Root(slot) }

// MergedInto returns the other slots that are counted under a root.
func (o *Organization) MergedInto(root uint32) (slots []uint32) { return o.users.Others(root) }

// Status returns a user's lifecycle status now, and whether any standing
// activity of theirs is on.
func (o *Organization) Status(root uint32) (status usage.Status, standing bool) {
	p := o.users.Persons.Of(root)
	for i := range o.meters {
		standing = standing || p.Standing(uint16(i))
	}
	return p.Status(), standing
}

// StatusIn returns the status that decides what a user counts as in a span: that
// of now while it runs, else that of immediately before its end.
func (o *Organization) StatusIn(root uint32, s meter.Span) usage.Status {
	p := o.users.Persons.Of(root)
	if back, ok := o.PeriodOf(s); ok && back == 0 {
		return p.Status()
	}
	return p.StatusBefore(s.End)
}

// PartOf returns what a meter that keeps the span's window has of a user in it;
// has is false where that is nothing.
func (o *Organization) PartOf(meter int, root uint32, s meter.Span) (p meter.Part, has bool) {
	return o.meters[meter].Part(&o.clock, root, s)
}

// SessionOf returns what a meter of concurrent users knows of a user's sessions.
func (o *Organization) SessionOf(meter int, root uint32) (s concurrent.Session) {
	return o.meters[meter].Kind.(*concurrent.Meter).Session(root)
}

// LastOf returns the latest activity of a user that is known, of all meters, to
// the minute; of concurrent users it may be the start of an hour. 0: none.
func (o *Organization) LastOf(root uint32) (last period.Minute) {
	for i := range o.meters {
		last = max(last, o.meters[i].Last(root))
	}
	return last
}
