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
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
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

// used returns what a quota is held against (SEMANTICS 6), in millionths:
// users of billable classes, the peak of users in the hour, or the sum.
func (s *state) used(c *period.Clock, window int) wide.Int {
	if x := s.consumption; x != nil {
		return x.total.sum(&x.layout, &x.layout.windows[window], 0)
	}
	return wide.Product(s.users(c, window), usage.Micro)
}

// users returns the same of a meter of users, in users.
func (s *state) users(c *period.Clock, window int) int64 {
	if s.active != nil {
		return s.active.billable(window)
	}
	return int64(s.concurrent.hours.peak(c, window, 0).max)
}

// level returns the same as curves have it: users, or millionths of a sum.
func (s *state) level(c *period.Clock, window int) wide.Int {
	if s.consumption != nil {
		return s.used(c, window)
	}
	return wide.Of(s.users(c, window))
}

// billable returns the users of billable classes in the running period.
func (a *active) billable(window int) (n int64) {
	rs, w := &a.rules[a.version], a.def.Windows[window]
	if w.Kind != usage.Rolling {
		for _, class := range rs.order {
			if rs.billable[class] {
				n += a.total.periods[w.Kind][class]
			}
		}
		return n
	}
	rolling := 0
	for _, before := range a.def.Windows[:window] {
		if before.Kind == usage.Rolling {
			rolling++
		}
	}
	before := int64(0)
	for p, class := range rs.order {
		count := a.total.prefix[p][rolling].count
		if rs.billable[class] {
			n += count - before
		}
		before = count
	}
	return n
}

// mark notes the values of curves at the marks that are passed on the way to a
// minute, and ends the curves of periods that end on it. Nothing has been
// applied that lies after the organization's minute, so the value of now is
// the one at each of those marks.
func (o *Organization) mark(to period.Minute) {
	for i := range o.meters {
		s := &o.meters[i]
		for w := range s.curves {
			window := s.definition().Windows[w]
			if !curved(s.definition(), window) {
				continue
			}
			c, t, value := &s.curves[w], o.clock.Tracks[window.Kind], s.level(&o.clock, w)
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
		def := o.meters[i].definition()
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

func (s *state) definition() *usage.Meter {
	switch {
	case s.active != nil:
		return s.active.def
	case s.concurrent != nil:
		return s.concurrent.def
	}
	return s.consumption.def
}

// span returns the running period of a calendar kind.
func (o *Organization) span(k usage.Kind) span {
	start, end := o.clock.Tracks[k].Bounds(0)
	return span{start, o.clock.AsOf, end}
}

// outlook returns what is expected of a use, in the unit of the meter.
func (o *Organization) outlook(meter, window int, used float64) outlook {
	s, d := &o.meters[meter], &o.clock.Days
	kind := s.definition().Windows[window].Kind
	p := o.span(kind)
	switch {
	case s.concurrent != nil:
		return s.concurrent.dayPeaks(&o.clock).peaking(d, p, used)
	case s.active != nil:
		return s.curves[window].shaped(d, kind, p, used)
	case kind == usage.Day:
		return s.curves[window].shaped(d, kind, p, used*usage.Micro).scaled()
	}
	return s.consumption.daily.runRate(d, p, used*usage.Micro).scaled()
}

// scaled returns an outlook of millionths in units.
func (o outlook) scaled() outlook {
	o.used /= usage.Micro
	o.projected /= usage.Micro
	return o
}

// exhausts returns when a use is expected to pass a limit within the period;
// ok is false where it is not.
func (o *Organization) exhausts(meter, window int, out *outlook, limit float64) (m period.Minute, ok bool) {
	p := o.span(o.meters[meter].definition().Windows[window].Kind)
	if x := o.meters[meter].concurrent; x != nil {
		return x.dayPeaks(&o.clock).passes(&o.clock.Days, p, out.used, limit)
	}
	return out.passes(p, limit)
}

// then returns what an earlier period of a window, which begins at start, had
// when as much of it had passed as of the running one by now; ok is false
// where that is not known.
func (o *Organization) then(meter, window int, start, end period.Minute) (value float64, ok bool) {
	s, d := &o.meters[meter], &o.clock.Days
	kind := s.definition().Windows[window].Kind
	if start < d.Starts[0] || !o.lived(meter, window, start) {
		return 0, false
	}
	at := o.span(kind).within(start, end)
	if s.consumption != nil && kind != usage.Day {
		if start < s.consumption.dailyFrom {
			return 0, false
		}
		return s.consumption.daily.between(d, start, at) / usage.Micro, true
	}
	c := s.curves[window].of(start)
	if c == nil {
		return 0, false
	}
	value = c.until(d, kind, at)
	if s.consumption != nil {
		value /= usage.Micro
	}
	return value, true
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
	for w, window := range m.definition().Windows {
		if !paced(window) {
			continue
		}
		series := &o.defs.pace[meter][w]
		q := o.quotaOn(meter, window)
		if q != nil {
			q.falls = 0
		}
		if o.span(window.Kind).begun() {
			out := o.outlook(meter, w, amount(m.used(&o.clock, w)))
			s.Add(series.projected, out.projected)
			if q != nil {
				q.falls, _ = o.exhausts(meter, w, &out, amount(q.Limit))
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
		for _, w := range o.meters[i].definition().Windows {
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
