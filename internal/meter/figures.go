// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// figures appends the organization's figures at clock.asOf.
func (o *Organization) figures(figures []usage.Figure) []usage.Figure {
	s := &series.Sheet{Book: o.defs.book, Figures: figures, Person: o.Person}
	if o.ID == usage.NoOrganization {
		o.stream.itemFigures(o.defs, s)
		return s.Figures
	}
	for _, info := range o.Info {
		s.Add(info, 1)
	}
	for status, users := range o.statuses {
		s.Add(o.defs.common.registered[status], float64(users))
	}
	o.titleFigures(s)
	for i := range o.meters {
		if !o.Has(i) {
			continue
		}
		exists := func(w usage.Window, back int) bool { return o.exists(i, w, back) }
		o.meters[i].figures(&o.clock, s, exists)
		o.paceFigures(s, i)
		o.pastFigures(s, i)
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

// exists reports whether a calendar period has a figure: the running one always,
// an earlier one if every event of it could have been accepted since the ledger
// began, or since the meter kept that window.
func (o *Organization) exists(meter int, w usage.Window, back int) bool {
	if back == 0 {
		return true
	}
	start, _ := o.clock.Tracks[w.Kind].Bounds(back)
	return o.lived(meter, slices.Index(o.defs.Meters[meter].Windows, w), start)
}

// lived reports whether every event of a period that begins at start could have
// been counted in a window of a meter.
func (o *Organization) lived(meter, window int, start period.Minute) bool {
	if start < o.defs.Birth-o.defs.Past {
		return false
	}
	since := o.defs.since(meter)
	return window >= len(since) || start >= since[window]
}
