// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// consumptionSeries are the series that no row or user has, made when first
// shown; nobody and rest by kind of userSums.kinds and period.
type consumptionSeries struct {
	ever         *usage.Series
	nobody, rest []*usage.Series
	last, before map[uint32]*usage.Series // by user: of these figures, and of those before them
	names        map[uint32]string        // of users who were listed: most are in several lists
}

// nameOf returns the name of a user, "" where there is none yet.
func (x *Meter) nameOf(s *series.Sheet, user uint32) string {
	if name := x.series.names[user]; name != "" {
		return name
	}
	name := s.Person(user, x.def.ByUser.Reveal)
	if name == "" {
		s.Passing = true
		return ""
	}
	if most := 2 * len(x.users.kinds) * x.def.ByUser.Top; x.series.names == nil || len(x.series.names) >= most {
		x.series.names = map[uint32]string{}
	}
	x.series.names[user] = name
	return name
}

// Figures appends the figures at c.AsOf. exists tells which periods of
// calendar windows have figures.
func (x *Meter) Figures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool) {
	if !x.def.Corrections {
		if x.series.ever == nil {
			x.series.ever = s.Book.Counter("usage_consumption_total", usage.Label{Name: "meter", Value: x.def.Name}, usage.Label{Name: "unit", Value: x.def.Unit})
		}
		s.Add(x.series.ever, series.Amount(x.read().ever))
	}
	x.refill(c)
	kind := 0
	for i := range x.layout.windows {
		w := &x.layout.windows[i]
		for back := range w.shown() {
			if w.Kind < usage.Rolling && !exists(w.Window, back) {
				continue
			}
			x.periodFigures(s, w, back)
			if w.Kind < usage.Rolling && x.def.ByUser != nil {
				x.userFigures(s, w, kind, back)
			}
		}
		if w.Kind < usage.Rolling {
			kind++
		}
	}
	x.busiestFigures(c, s, exists)
	x.lastFigures(s)
}

// periodFigures appends the total and the breakdowns by attribute. The total
// is a figure when it is zero too.
func (x *Meter) periodFigures(s *series.Sheet, w *sumWindow, back int) {
	have := x.read()
	x.show(s, have.total(), w, back, consumptionSum, nil)
	for b := range x.vals {
		for number, r := range x.met(have, b) {
			if !r.any(&x.layout, w, back) {
				continue
			}
			name := [2]usage.Label{
				{Name: "dimension", Value: x.def.Breakdowns[b].Dimension},
				{Name: "dimension_value", Value: x.vals[b].Names[number]},
			}
			x.show(s, r, w, back, consumptionBreakdown, name[:])
		}
	}
}

// The series of a cell's columns; how many events a breakdown value has is
// not one.
var (
	consumptionSum       = [...]string{"usage_consumption", "usage_consumption_events"}
	consumptionBreakdown = [...]string{"usage_consumption_breakdown", ""}
)

// show appends one figure for each column of a cell.
func (x *Meter) show(s *series.Sheet, r *sumRow, w *sumWindow, back int, names [firstAverage]string, more []usage.Label) {
	if r.series == nil {
		r.series = make([]*usage.Series, x.layout.shown*x.layout.width)
	}
	shown := r.series[(w.figures+back)*x.layout.width:][:x.layout.width]
	if shown[sumColumn] == nil {
		x.nameColumns(s.Book, shown, w, back, names, more)
	}
	for column := range x.layout.width {
		v := r.cells.At(x.layout.place(w, back) + column)
		switch {
		case shown[column] == nil:
		case column%2 == 1: // a count
			s.Add(shown[column], v.Over(1))
		default:
			s.Add(shown[column], series.Amount(v))
		}
	}
}

func (x *Meter) nameColumns(book *series.Book, columns []*usage.Series, w *sumWindow, back int, names [firstAverage]string, more []usage.Label) {
	labels := series.WindowLabels(x.def.Name, w.Window, back, more...)
	unit := labels
	if more == nil {
		unit = slices.Concat(labels, []usage.Label{{Name: "unit", Value: x.def.Unit}})
	}
	columns[sumColumn] = book.Gauge(names[sumColumn], unit...)
	if names[eventsColumn] != "" {
		columns[eventsColumn] = book.Gauge(names[eventsColumn], labels...)
	}
	for a, average := range x.def.Averages {
		of := append(slices.Clip(labels), usage.Label{Name: "average", Value: average.Name})
		columns[firstAverage+2*a] = book.Gauge("usage_average_sum", of...)
		columns[firstAverage+2*a+1] = book.Gauge("usage_average_count", of...)
	}
}

// userFigures appends the breakdown by user: the top users, nobody, and the
// rest, which together are the total.
func (x *Meter) userFigures(s *series.Sheet, w *sumWindow, kind, back int) {
	at := kind*period.Published + back
	rest := x.read().total().sum(&x.layout, w, back)
	entries := x.tops[at].entries
	for i := range entries {
		e := &entries[i]
		if e.series == nil {
			name := x.nameOf(s, e.slot)
			if name == "" {
				continue // among the rest until there is one
			}
			e.series = x.userSeries(s, w, back, name)
		}
		s.Add(e.series, series.Amount(e.sum))
		rest = rest.Sub(e.sum)
	}
	if x.series.nobody == nil {
		x.series.nobody = make([]*usage.Series, len(x.tops))
		x.series.rest = make([]*usage.Series, len(x.tops))
	}
	if none := x.nobody[at]; !none.none() {
		if x.series.nobody[at] == nil {
			x.series.nobody[at] = x.userSeries(s, w, back, usage.NoValue)
		}
		s.Add(x.series.nobody[at], series.Amount(none.sum()))
		rest = rest.Sub(none.sum())
	}
	if rest != (wide.Int{}) {
		if x.series.rest[at] == nil {
			x.series.rest[at] = x.userSeries(s, w, back, usage.OtherValue)
		}
		s.Add(x.series.rest[at], series.Amount(rest))
	}
}

// lastFigures appends the latest event of each user who is among the top of a
// running period.
func (x *Meter) lastFigures(s *series.Sheet) {
	if len(x.tops) == 0 {
		return
	}
	known := x.series.last
	x.series.last, x.series.before = x.series.before, known
	if x.series.last == nil {
		x.series.last = map[uint32]*usage.Series{}
	}
	clear(x.series.last)
	for at := 0; at < len(x.tops); at += period.Published {
		for _, e := range x.tops[at].entries {
			if x.series.last[e.slot] != nil {
				continue
			}
			series := known[e.slot]
			if series == nil {
				name := x.nameOf(s, e.slot)
				if name == "" {
					continue
				}
				series = s.Book.Gauge("usage_user_last_activity_timestamp_seconds",
					usage.Label{Name: "meter", Value: x.def.Name},
					usage.Label{Name: "dimension", Value: x.def.ByUser.Dimension},
					usage.Label{Name: "dimension_value", Value: name})
			}
			x.series.last[e.slot] = series
			s.Add(series, float64(x.users.lastOf(e.slot))*60)
		}
	}
}

func (x *Meter) userSeries(s *series.Sheet, w *sumWindow, back int, name string) *usage.Series {
	return s.Book.Gauge("usage_consumption_breakdown", series.WindowLabels(x.def.Name, w.Window, back,
		usage.Label{Name: "dimension", Value: x.def.ByUser.Dimension},
		usage.Label{Name: "dimension_value", Value: name})...)
}

// refill finds the users of stale top lists: one pass over all users after a
// correction, a merge or a restart, none in the steady state.
func (x *Meter) refill(c *period.Clock) {
	var stale []int
	for i := range x.tops {
		if x.tops[i].stale {
			x.tops[i].empty()
			stale = append(stale, i)
		}
	}
	if stale == nil {
		return
	}
	for slot := range uint32(x.users.users.Len()) {
		sums := x.users.seen(c, slot)
		for _, at := range stale {
			x.rank(at, slot, share{}, sums.at(at))
		}
	}
}

// Scale returns a million: sums are of millionths.
func (x *Meter) Scale() uint64 { return usage.Micro }

// Use returns the sum.
func (x *Meter) Use(_ *period.Clock, window, back int) wide.Int {
	return x.read().total().sum(&x.layout, &x.layout.windows[window], back)
}

// Headline returns the sum.
func (x *Meter) Headline(c *period.Clock) wide.Int { return x.Use(c, 0, 0) }

// Outlook projects a day by the curves of earlier ones, a longer period by its days.
func (x *Meter) Outlook(c *period.Clock, window int, rise *pace.Curves) pace.Outlook {
	kind := x.def.Windows[window].Kind
	used, p := series.Amount(x.Use(c, window, 0))*usage.Micro, pace.SpanOf(c, kind)
	if kind == usage.Day {
		return rise.Shaped(&c.Days, kind, p, used).Scaled()
	}
	return x.read().daily.RunRate(&c.Days, p, used).Scaled()
}

// Until returns what the curve of an ended day had, of a longer period the sum of
// its days.
func (x *Meter) Until(c *period.Clock, window int, rise *pace.Curves, start, at period.Minute) (value float64, ok bool) {
	if kind := x.def.Windows[window].Kind; kind == usage.Day {
		value, ok = rise.ValueIn(&c.Days, kind, start, at)
		return value / usage.Micro, ok
	}
	if start < x.dailyFrom {
		return 0, false
	}
	return x.read().daily.Between(&c.Days, start, at) / usage.Micro, true
}

// Cells appends the sums and numbers of events, in all and under each value.
func (x *Meter) Cells(cells []meter.Cell, _ *period.Clock, k usage.Kind, back int) []meter.Cell {
	i := slices.IndexFunc(x.layout.windows, func(w sumWindow) bool { return w.Kind == k })
	place := x.layout.place(&x.layout.windows[i], back)
	add := func(r *sumRow, breakdown uint16, value uint32) {
		for column := range x.layout.width {
			cells = meter.AddCell(cells, meter.Cell{Breakdown: breakdown, Value: value, Column: uint16(column), N: r.cells.At(place + column)})
		}
	}
	have := x.read()
	add(have.total(), 0, 0)
	for b := range x.vals {
		for value, r := range x.met(have, b) {
			add(r, uint16(b)+1, value)
		}
	}
	return cells
}

// ForgetNames drops the series of values and users.
func (x *Meter) ForgetNames() {
	for i := range x.kept.rows {
		x.kept.rows[i].series = nil
	}
	for at := range x.tops {
		x.tops[at].stale = true
	}
	x.series.names = nil
}
