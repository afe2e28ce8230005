// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Part returns a user's sum, where the meter has a breakdown by user.
func (x *Meter) Part(c *period.Clock, root uint32, s meter.Span) (p meter.Part, has bool) {
	p.Class = -1
	p.Sum, p.Summed = x.sumOf(c, root, s)
	return p, p.Summed
}

// sumOf returns a user's sum in a span of a calendar window.
func (x *Meter) sumOf(c *period.Clock, user uint32, s meter.Span) (sum wide.Int, has bool) {
	k := x.users.indexOf(uint64(s.Window.Kind))
	if s.Window.Kind == usage.Rolling || k < 0 {
		return wide.Int{}, false
	}
	back, ok := s.Back(c)
	if !ok {
		return wide.Int{}, false
	}
	sums := x.users.seen(c, user)
	of := sums.at(k*period.Published + back)
	return of.sum(), !of.none()
}

// Last returns the minute of a user's latest event that is known.
func (x *Meter) Last(root uint32) period.Minute {
	if len(x.users.kinds) == 0 {
		return 0
	}
	return x.users.lastOf(root)
}

// SumIn returns the sum and the number of events of a span.
func (x *Meter) SumIn(c *period.Clock, s meter.Span) (sum, events wide.Int) {
	back, _ := s.Back(c)
	w := &x.layout.windows[slices.Index(x.def.Windows, s.Window)]
	total := x.read().total()
	return total.sum(&x.layout, w, back), total.cells.At(x.layout.place(w, back) + eventsColumn)
}
