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

// sharedSeries are the series of a meter that name neither value nor user.
type sharedSeries struct {
	ever         *usage.Series
	total        []*usage.Series // of the published periods, by column
	nobody, rest []*usage.Series // by kind of userFields.kinds and period; none without a breakdown by user
}

// newSharedSeries makes those of a meter.
func (x *Shared) newSharedSeries(book *series.Book) (s sharedSeries) {
	s.ever = book.Counter("usage_consumption_total", usage.Label{Name: "meter", Value: x.def.Name}, usage.Label{Name: "unit", Value: x.def.Unit})
	for i := range x.layout.windows {
		w := &x.layout.windows[i]
		for back := range w.shown() {
			for column := range x.layout.width {
				s.total = append(s.total, x.columnSeries(book, column, w, back, nil))
			}
			if w.Kind < usage.Rolling && x.def.ByUser != nil {
				s.nobody = append(s.nobody, x.userSeries(book, w, back, usage.NoValue))
				s.rest = append(s.rest, x.userSeries(book, w, back, usage.OtherValue))
			}
		}
	}
	return s
}

// columnSeries returns the series of a cell's column: of the total, or of a value of a
// breakdown that labels name. How many events a value has is not shown.
func (x *Shared) columnSeries(book *series.Book, column int, w *sumWindow, back int, value []usage.Label) *usage.Series {
	labels := series.WindowLabels(x.def.Name, w.Window, back, value...)
	switch {
	case column >= firstAverage:
		labels = append(labels, usage.Label{Name: "average", Value: x.def.Averages[(column-firstAverage)/2].Name})
		return book.Gauge([...]string{"usage_average_sum", "usage_average_count"}[column%2], labels...)
	case value != nil:
		return book.Gauge("usage_consumption_breakdown", labels...)
	case column == eventsColumn:
		return book.Gauge("usage_consumption_events", labels...)
	}
	return book.Gauge("usage_consumption", append(labels, usage.Label{Name: "unit", Value: x.def.Unit})...)
}

// userSeries returns the series of a user, or of those who are not listed, in a period.
func (x *Shared) userSeries(book *series.Book, w *sumWindow, back int, name string) *usage.Series {
	return book.Gauge("usage_consumption_breakdown", series.WindowLabels(x.def.Name, w.Window, back,
		usage.Label{Name: "dimension", Value: x.def.ByUser.Dimension},
		usage.Label{Name: "dimension_value", Value: name})...)
}

// named is what is known of users who are listed.
type named struct {
	last, before map[uint32]*usage.Series // by user: of these figures, and of those before them
	names        map[uint32]string        // of users who were listed: most are in several lists
}

// nameOf returns the name of a user, "" where there is none yet.
func (x *Meter) nameOf(s *series.Sheet, user uint32) string {
	if name := x.named.names[user]; name != "" {
		return name
	}
	name := s.Person(user, x.def.ByUser.Reveal)
	if name == "" {
		s.Passing = true
		return ""
	}
	if most := 2 * len(x.users.kinds) * x.def.ByUser.Top; x.named.names == nil || len(x.named.names) >= most {
		x.named.names = map[uint32]string{}
	}
	x.named.names[user] = name
	return name
}

// Figures appends the figures at c.AsOf. exists tells which periods of
// calendar windows have figures.
func (x *Meter) Figures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool) {
	if !x.def.Corrections {
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
	first, place := (w.figures+back)*x.layout.width, x.layout.place(w, back)
	for column := range x.layout.width {
		s.Add(x.series.total[first+column], have.total().shown(place, column))
	}
	for b := range x.vals {
		for number, r := range x.met(have, b) {
			if !r.any(&x.layout, w, back) {
				continue
			}
			value := x.vals[b].Of(number)
			for column := range x.layout.width {
				if column == eventsColumn {
					continue
				}
				shown := value.Series(first + column)
				if shown == nil {
					shown = value.Show(first+column, x.columnSeries(s.Book, column, w, back, []usage.Label{
						{Name: "dimension", Value: x.def.Breakdowns[b].Dimension},
						{Name: "dimension_value", Value: value.Name},
					}))
				}
				s.Add(shown, r.shown(place, column))
			}
		}
	}
}

// shown returns a column of a cell as it is shown.
func (r *sumRow) shown(place, column int) float64 {
	v := r.cells.At(place + column)
	if column%2 == 1 { // a count
		return v.Over(1)
	}
	return series.Amount(v)
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
			e.series = x.userSeries(s.Book, w, back, name)
		}
		s.Add(e.series, series.Amount(e.sum))
		rest = rest.Sub(e.sum)
	}
	if none := x.nobody[at]; !none.none() {
		s.Add(x.series.nobody[at], series.Amount(none.sum()))
		rest = rest.Sub(none.sum())
	}
	if rest != (wide.Int{}) {
		s.Add(x.series.rest[at], series.Amount(rest))
	}
}

// lastFigures appends the latest event of each user who is among the top of a
// running period.
func (x *Meter) lastFigures(s *series.Sheet) {
	if len(x.tops) == 0 {
		return
	}
	known := x.named.last
	x.named.last, x.named.before = x.named.before, known
	if x.named.last == nil {
		x.named.last = map[uint32]*usage.Series{}
	}
	clear(x.named.last)
	for at := 0; at < len(x.tops); at += period.Published {
		for _, e := range x.tops[at].entries {
			if x.named.last[e.slot] != nil {
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
			x.named.last[e.slot] = series
			s.Add(series, float64(x.users.lastOf(e.slot))*60)
		}
	}
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

// ForgetNames drops the names and series of users.
func (x *Meter) ForgetNames() {
	for at := range x.tops {
		x.tops[at].stale = true
	}
	x.named.names = nil
}
