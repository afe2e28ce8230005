// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// figures returns the organization's figures at clock.asOf; before are those that were
// set aside last.
func (o *Organization) figures(before []usage.Figure) []usage.Figure {
	s := &series.Sheet{Book: o.defs.book, Figures: make([]usage.Figure, 0, len(before)), Person: o.Person}
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
			o.meters[i].last.same = false
			continue
		}
		o.meterFigures(s, i, before)
		o.pace.Figures(s, i, o.defs.pace[i], func(w usage.Window, passes func(limit float64) (m period.Minute, ok bool)) {
			o.quotas.Expect(i, w, passes)
		})
	}
	o.periodFigures(s)
	o.streamFigures(s)
	return s.Figures
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
