// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"math"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// What an organization has used, what is expected of it, and what earlier
// periods had at the same share.

// paced reports whether a window has periods that are projected and compared.
func paced(w usage.Window) bool { return w.Kind != usage.Hour && w.Kind != usage.Rolling }

// curved reports whether the use of a window has to be recorded as it rises:
// sums of a week and longer are found from those of their days.
func curved(def *usage.Meter, w usage.Window) bool {
	return paced(w) && (def.Type != usage.Consumption || w.Kind == usage.Day)
}

// mark notes the values of curves at the marks that are passed on the way to a
// minute, and ends the curves of periods that end on it. Nothing has been
// applied that lies after the organization's minute, so the value of now is
// the one at each of those marks.
func (o *Organization) mark(to period.Minute) {
	for i := range o.meters {
		s := &o.meters[i]
		for w := range s.curves {
			window := s.def.Windows[w]
			if !curved(s.def, window) {
				continue
			}
			c, t, value := &s.curves[w], o.clock.Tracks[window.Kind], s.use(&o.clock, w, 0)
			if last := min(to, t.End-1); last >= c.from {
				n, _ := marksOf(&o.clock.Days, window.Kind, c.from, last)
				c.fill(n, value)
			}
			if to >= t.End {
				c.finish(window.Kind, t.Starts[0], t.End, value)
			}
		}
	}
}

// marks are when curves have something to note.
type marks struct {
	next period.Minute // the first minute that is a mark
	end  period.Minute // the first minute on which a period ends
}

// nextMarks returns the marks after the organization's minute: the first one
// of a curve that has none yet, each hour of a day, each midnight, and where
// periods end, which after a change of the zone need not be midnight.
func (o *Organization) nextMarks() marks {
	next := marks{o.clock.Days.End, math.MaxInt32}
	for i := range o.meters {
		def := o.meters[i].def
		for w, window := range def.Windows {
			if !curved(def, window) {
				continue
			}
			next.end = min(next.end, o.clock.Tracks[window.Kind].End)
			if o.meters[i].curves[w].points.Len() == 0 {
				next.next = o.clock.AsOf + 1
			}
			if window.Kind == usage.Day {
				start := o.clock.Tracks[usage.Day].Starts[0]
				next.next = min(next.next, o.clock.AsOf+period.MinutesPerHour-(o.clock.AsOf-start)%period.MinutesPerHour)
			}
		}
	}
	next.next = min(next.next, next.end)
	return next
}

// spanOf returns the running period of a calendar kind.
func spanOf(c *period.Clock, k usage.Kind) span {
	start, end := c.Tracks[k].Bounds(0)
	return span{start, c.AsOf, end}
}

// then returns what an earlier period of a window, which begins at start, had
// when as much of it had passed as of the running one by now; ok is false
// where that is not known.
func (o *Organization) then(meter, window int, start, end period.Minute) (value float64, ok bool) {
	s := &o.meters[meter]
	if start < o.clock.Days.Starts[0] || !o.lived(meter, window, start) {
		return 0, false
	}
	at := spanOf(&o.clock, s.def.Windows[window].Kind).within(start, end)
	return s.until(&o.clock, window, &s.curves[window], start, at)
}

// yearAgo is the period of a kind a year before the one that begins at of.
type yearAgo struct{ of, start, end period.Minute }

// yearAgo returns the period of a kind that lies a year before the running one:
// of the same name, of weeks 52 weeks before.
func (o *Organization) yearAgo(k usage.Kind) (start, end period.Minute) {
	y, of := &o.yearsAgo[k], o.clock.Tracks[k].Starts[0]
	if y.of != of {
		first := of.Time().In(o.clock.Calendar.Zone())
		inside := first.AddDate(-1, 0, 3) // an anchor that clamps may lie up to three days later
		if k == usage.Week {
			inside = first.AddDate(0, 0, -52*daysPerWeek+3)
		}
		p := o.clock.Calendar.Period(k, inside)
		*y = yearAgo{of, period.MinuteOf(p.Start), period.MinuteOf(p.End)}
	}
	return y.start, y.end
}

// paceSeries are the series of a paced window.
type paceSeries struct{ projected, previous, yearAgo *usage.Series }

func newPaceSeries(book *series.Book, m *usage.Meter) (all []paceSeries) {
	for _, w := range m.Windows {
		if !paced(w) {
			all = append(all, paceSeries{})
			continue
		}
		of := []usage.Label{{Name: "meter", Value: m.Name}, {Name: "window", Value: w.String()}}
		back := func(name string) []usage.Label {
			return append(slices.Clip(of), usage.Label{Name: "period", Value: name})
		}
		all = append(all, paceSeries{
			projected: book.Gauge("usage_projected", of...),
			previous:  book.Gauge("usage_at_same_share", back(usage.PeriodName(1))...),
			yearAgo:   book.Gauge("usage_at_same_share", back("year_ago")...),
		})
	}
	return all
}

// paceFigures appends what is expected of a meter and what it had before.
func (o *Organization) paceFigures(s *series.Sheet, meter int) {
	m := &o.meters[meter]
	for w, window := range m.def.Windows {
		if !paced(window) {
			continue
		}
		series := &o.defs.pace[meter][w]
		q := o.quotaOn(meter, window)
		if q != nil {
			q.falls = 0
		}
		if spanOf(&o.clock, window.Kind).begun() {
			out := m.outlook(&o.clock, w, &m.curves[w])
			s.Add(series.projected, out.projected)
			if q != nil {
				q.falls, _ = out.passes(amount(q.Limit))
			}
		}
		start, end := o.clock.Tracks[window.Kind].Bounds(1)
		if value, ok := o.then(meter, w, start, end); ok {
			s.Add(series.previous, value)
		}
		if window.Kind == usage.Day {
			continue
		}
		start, end = o.yearAgo(window.Kind)
		if value, ok := o.then(meter, w, start, end); ok {
			s.Add(series.yearAgo, value)
		}
	}
}

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
			for has[w.Kind] < period.Published && o.exists(i, w, has[w.Kind]) {
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
		*info = periodInfo{start, end, zone, o.defs.book.Gauge("usage_period_info",
			usage.Label{Name: "window", Value: k.String()}, usage.Label{Name: "period", Value: usage.PeriodName(0)},
			usage.Label{Name: "start", Value: date(start)}, usage.Label{Name: "end", Value: date(end)},
			usage.Label{Name: "timezone", Value: zone.String()})}
	}
	return info.series
}
