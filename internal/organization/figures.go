// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// figures returns the organization's figures at clock.asOf; before are those that were
// set aside last.
func (o *Organization) figures(before []usage.Figure) []usage.Figure {
	s := &series.Sheet{Book: o.defs.Series, Figures: make([]usage.Figure, 0, len(before)), Person: o.Person}
	if o.ID == usage.NoOrganization {
		o.stream.itemFigures(o.defs, s)
		return s.Figures
	}
	for _, info := range o.Info {
		s.Add(info, 1)
	}
	for status, users := range o.closings.Now {
		s.Add(o.defs.common.registered[status], float64(users))
	}
	o.titleFigures(s)
	for i := range o.meters {
		if !o.Has(i) {
			o.meters[i].Same = false
			continue
		}
		o.meterFigures(s, i, before)
		o.pace.Figures(s, i, o.defs.pace[i], func(w usage.Window) (limit float64, falls *period.Minute) { return o.quotas.Limited(i, w) })
	}
	o.periodFigures(s)
	o.streamFigures(s)
	return s.Figures
}

// Rehearse writes the figures for nobody, so that those of the first minute find their
// series made and the names of users read, which takes many times as long as writing
// them. No minute begins here, and so those that are written next are copies of none.
func (o *Organization) Rehearse() {
	o.figures(o.aside)
	o.showAnew()
}

// showAnew says that the figures of no meter are to be copied from those of before.
func (o *Organization) showAnew() {
	for i := range o.meters {
		o.meters[i].Same = false
	}
}

// titleFigures appends what the organization's meters and their windows are
// called.
func (o *Organization) titleFigures(s *series.Sheet) {
	var named []*usage.Series // of windows
	for i := range o.meters {
		if !o.Has(i) {
			continue
		}
		s.Add(o.defs.common.titles[i].meter, 1)
		for _, w := range o.defs.common.titles[i].windows {
			if !slices.Contains(named, w) {
				named = append(named, w)
				s.Add(w, 1)
			}
		}
	}
}

// section is where the figures of a meter are among those that are set aside, but for
// those that follow from the time alone.
type section struct{ from, to int }

// meterFigures writes the figures of a meter that do not follow from the time alone. In
// most minutes nothing happens to most meters, and they are copied from before, which
// were set aside last.
func (o *Organization) meterFigures(s *series.Sheet, i int, before []usage.Figure) {
	m, from := &o.meters[i], len(s.Figures)
	if m.Same {
		s.Figures = append(s.Figures, before[o.sections[i].from:o.sections[i].to]...)
	} else {
		s.Passing = false
		m.Figures(&o.clock, s, func(w usage.Window, back int) bool { return o.defs.Exists(&o.clock, i, w, back) })
		o.pace.PastFigures(s, i)
		m.Same = !s.Passing
	}
	o.sections[i] = section{from, len(s.Figures)}
}

// Headline returns the one number that stands for a meter where there is room
// for one: active users of all classes, peak of users in the hour, or the sum,
// of its first window's current period, in millionths.
func (o *Organization) Headline(meter int) wide.Int { return o.meters[meter].Headline(&o.clock) }

// Today returns the civil date at the organization's time.
func (o *Organization) Today() usage.Date {
	y, m, d := o.clock.AsOf.Time().In(o.clock.Calendar.Zone()).Date()
	return usage.Date{Year: y, Month: m, Day: d}
}
