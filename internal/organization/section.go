// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// In most minutes nothing happens to most meters of an organization. So what a meter
// showed last is copied where it is still the same. Whatever changes a kind goes through
// its state, which notes it here.

// section is where the figures of a meter are among those that are set aside, but for
// those that follow from the time alone.
type section struct {
	from, to int
	same     bool // they would be the same again
}

// meterFigures writes the figures of a meter that do not follow from the time alone; before are those
// that were set aside last.
func (o *Organization) meterFigures(s *series.Sheet, i int, before []usage.Figure) {
	m, from := &o.meters[i], len(s.Figures)
	if m.last.same {
		s.Figures = append(s.Figures, before[m.last.from:m.last.to]...)
	} else {
		s.Passing = false
		m.Figures(&o.clock, s, func(w usage.Window, back int) bool { return o.defs.Exists(&o.clock, i, w, back) })
		o.pace.PastFigures(s, i)
		m.last.same = !s.Passing
	}
	m.last.from, m.last.to = from, len(s.Figures)
}

// Start follows the clock's calendar.
func (s *state) Start(c *period.Clock) {
	s.last.same = false
	s.Kind.Start(c)
}

// turn follows the clock through a step.
func (s *state) turn(c *period.Clock, t *period.Turn) {
	if changed := s.Kind.Turn(c, t); changed || t.Days > 0 || t.Ended != [usage.NumKinds]int{} {
		s.last.same = false
	}
}

// settle makes final what is due of the kind, a sampler.
func (s *state) settle(x meter.Sampler, c *period.Clock, now int64, collecting bool) {
	if x.Settle(c, now, collecting) {
		s.last.same = false
	}
}

// Apply counts an effect.
func (s *state) Apply(c *period.Clock, ev *meter.Event, e *meter.Effect) (first bool) {
	s.last.same = false
	return s.Kind.Apply(c, ev, e)
}

// Lift takes out what a root counts for.
func (s *state) Lift(c *period.Clock, root uint32, of meter.Revision) {
	s.last.same = false
	s.Kind.Lift(c, root, of)
}

// Put counts a root as the person is now known.
func (s *state) Put(c *period.Clock, root uint32, of meter.Revision) {
	s.last.same = false
	s.Kind.Put(c, root, of)
}

// Meet takes out what two roots count for.
func (s *state) Meet(c *period.Clock, from, to uint32) {
	s.last.same = false
	s.Kind.Meet(c, from, to)
}

// Merge makes one person of two roots.
func (s *state) Merge(c *period.Clock, from, to uint32) {
	s.last.same = false
	s.Kind.Merge(c, from, to)
}

// ForgetNames drops the series that name values and users.
func (s *state) ForgetNames() {
	s.last.same = false
	s.Kind.ForgetNames()
}
