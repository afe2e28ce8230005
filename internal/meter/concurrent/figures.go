// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Cells appends the peaks of samples, of hours, and of samples less their hand-over,
// with how often each was reached.
func (x *Meter) Cells(to []meter.Cell, c *period.Clock, k usage.Kind, back int) []meter.Cell {
	w := slices.IndexFunc(x.def.Windows, func(w usage.Window) bool { return w.Kind == k })
	samples, hours := x.samples.peak(c, w, back), x.hours.peak(c, w, back)
	var nets peak
	if x.netsKnown(c, x.def.Windows[w], back) {
		nets = x.nets.peak(c, w, back)
	}
	return meter.AddCells(to, 0, 0, []int64{
		meter.SamplePeak: int64(samples.max), meter.SampleHits: int64(samples.hits),
		meter.HourPeak: int64(hours.max), meter.HourHits: int64(hours.hits),
		meter.NetPeak: int64(nets.max), meter.NetHits: int64(nets.hits),
	})
}

// sharedSeries are the series of a meter.
type sharedSeries struct {
	active, idle, handover, net *usage.Series
	hours                       [2]*usage.Series
	peaks                       [][]peakSeries // by window and period
}

type peakSeries struct{ samples, sampleHits, nets, netHits, hours, hourHits *usage.Series }

func newSharedSeries(book *series.Book, def *usage.Meter) sharedSeries {
	meter := usage.Label{Name: "meter", Value: def.Name}
	s := sharedSeries{
		active:   book.Gauge("usage_concurrent_users", meter, usage.Label{Name: "state", Value: "active"}),
		idle:     book.Gauge("usage_concurrent_users", meter, usage.Label{Name: "state", Value: "idle"}),
		handover: book.Gauge("usage_concurrent_users_handover", meter),
		net:      book.Gauge("usage_concurrent_users_net", meter),
	}
	for i := range s.hours {
		s.hours[i] = book.Gauge("usage_hour_users", meter, usage.Label{Name: "period", Value: usage.PeriodName(i)})
	}
	for _, w := range def.Windows {
		periods := make([]peakSeries, period.PeriodsOf(w))
		for i := range periods {
			labels := series.WindowLabels(def.Name, w, i)
			periods[i] = peakSeries{
				samples:    book.Gauge("usage_concurrent_users_peak", labels...),
				sampleHits: book.Gauge("usage_concurrent_users_peak_hits", labels...),
				nets:       book.Gauge("usage_concurrent_users_net_peak", labels...),
				netHits:    book.Gauge("usage_concurrent_users_net_peak_hits", labels...),
				hours:      book.Gauge("usage_hour_users_peak", labels...),
				hourHits:   book.Gauge("usage_hour_users_peak_hits", labels...),
			}
		}
		s.peaks = append(s.peaks, periods)
	}
	return s
}

// Figures appends the meter's figures at c.AsOf.
func (x *Meter) Figures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool) {
	s.Add(x.series.active, float64(x.latest.active))
	s.Add(x.series.idle, float64(x.latest.idle))
	s.Add(x.series.handover, float64(x.handover))
	s.Add(x.series.net, float64(x.net))
	for i, series := range x.series.hours {
		s.Add(series, float64(x.hours.users(i)))
	}
	for w, window := range x.def.Windows {
		for i, series := range x.series.peaks[w] {
			if window.Kind != usage.Rolling && !exists(window, i) {
				continue
			}
			samples, hours := x.samples.peak(c, w, i), x.hours.peak(c, w, i)
			s.Add(series.samples, float64(samples.max))
			s.Add(series.sampleHits, float64(samples.hits))
			if x.netsKnown(c, window, i) {
				nets := x.nets.peak(c, w, i)
				s.Add(series.nets, float64(nets.max))
				s.Add(series.netHits, float64(nets.hits))
			}
			s.Add(series.hours, float64(hours.max))
			s.Add(series.hourHits, float64(hours.hits))
		}
	}
}

// netsKnown reports whether all samples of a period have a hand-over: of others
// there is no net peak.
func (x *Meter) netsKnown(c *period.Clock, w usage.Window, back int) bool {
	if w.Kind == usage.Rolling {
		return x.netFrom <= (c.AsOf - period.LengthOf(w) + 1).Ns()
	}
	start, _ := c.Tracks[w.Kind].Bounds(back)
	return x.netFrom <= start.Ns()
}

// Scale returns 1: users are counted one by one.
func (x *Meter) Scale() uint64 { return 1 }

// Use returns the peak of users in the hour.
func (x *Meter) Use(c *period.Clock, window, back int) wide.Int {
	return wide.Of(int64(x.hours.peak(c, window, back).max))
}

// Headline returns the peak of users in the hour.
func (x *Meter) Headline(c *period.Clock) wide.Int {
	return wide.Product(int64(x.hours.peak(c, 0, 0).max), usage.Micro)
}

// Outlook projects the peak by those of the weekdays to come.
func (x *Meter) Outlook(c *period.Clock, window int, _ *pace.Curves) pace.Outlook {
	used := x.Use(c, window, 0)
	return x.dayPeaks(c).Peaking(&c.Days, pace.SpanOf(c, x.def.Windows[window].Kind), used.Over(1))
}

// Until returns what the curve of an ended period had.
func (x *Meter) Until(c *period.Clock, window int, rise *pace.Curves, start, at period.Minute) (value float64, ok bool) {
	return rise.ValueIn(&c.Days, x.def.Windows[window].Kind, start, at)
}

// ForgetNames has nothing to drop: no series names anybody.
func (x *Meter) ForgetNames() {}

// busyOf is what the largest hours of past days depend on.
type busyOf struct {
	today   period.Minute
	first   int32
	revised int
}

// dayPeaks returns them as they are at the clock's minute, but for today's.
func (x *Meter) dayPeaks(c *period.Clock) *pace.DayPeaks {
	if of := (busyOf{c.Days.Starts[c.Days.Today()], x.hours.first, x.hours.revised}); x.busyOf != of {
		x.busy, x.busyOf = x.hours.dayPeaks(&c.Days), of
	}
	return &x.busy
}
