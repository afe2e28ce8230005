// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// periodSeries are the bounds of the periods of a calendar kind.
type periodSeries struct {
	start, end [period.Published]*usage.Series
}

func newPeriodSeries(book *series.Book, k usage.Kind) *periodSeries {
	s := &periodSeries{}
	for i := range period.Published {
		of := []usage.Label{{Name: "window", Value: k.String()}, {Name: "period", Value: usage.PeriodName(i)}}
		s.start[i] = book.Gauge("usage_period_start_timestamp_seconds", of...)
		s.end[i] = book.Gauge("usage_period_end_timestamp_seconds", of...)
	}
	return s
}

// periodInfo tells the dates of a running period.
type periodInfo struct {
	start, end period.Minute
	zone       *time.Location
	series     *usage.Series
}

// periodFigures appends the bounds of the periods that some meter has.
func (o *Organization) periodFigures(s *series.Sheet) {
	var has [usage.NumKinds]int // how many periods have figures
	for i := range o.meters {
		if !o.Has(i) {
			continue
		}
		for _, w := range o.meters[i].def.Windows {
			if w.Kind == usage.Rolling {
				continue
			}
			for has[w.Kind] < period.Published && o.defs.Exists(&o.clock, i, w, has[w.Kind]) {
				has[w.Kind]++
			}
		}
	}
	for k, n := range has {
		for i := range n {
			start, end := o.clock.Tracks[k].Bounds(i)
			s.Add(o.defs.periods[k].start[i], float64(start)*60)
			s.Add(o.defs.periods[k].end[i], float64(end)*60)
		}
		if n > 0 && usage.Kind(k) != usage.Hour {
			s.Add(o.periodInfo(usage.Kind(k)), 1)
		}
	}
}

func (o *Organization) periodInfo(k usage.Kind) *usage.Series {
	info, zone := &o.periods[k], o.clock.Calendar.Zone()
	start, end := o.clock.Tracks[k].Bounds(0)
	if info.start != start || info.end != end || info.zone != zone {
		date := func(m period.Minute) string { return m.Time().In(zone).Format(time.DateOnly) }
		*info = periodInfo{start, end, zone, o.defs.Series.Gauge("usage_period_info",
			usage.Label{Name: "window", Value: k.String()}, usage.Label{Name: "period", Value: usage.PeriodName(0)},
			usage.Label{Name: "start", Value: date(start)}, usage.Label{Name: "end", Value: date(end)},
			usage.Label{Name: "timezone", Value: zone.String()})}
	}
	return info.series
}
