// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"strconv"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Figures appends the meter's figures at c.AsOf.
func (a *Meter) Figures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool) {
	rolling := 0
	for w, window := range a.def.Windows {
		if window.Kind == usage.Rolling {
			a.rollingFigures(s, a.shown[w][0], rolling)
			rolling++
			continue
		}
		for i := range period.Published {
			if exists(window, i) {
				a.periodFigures(c, s, a.shown[w][i], window.Kind, i)
			}
		}
	}
	for i := range a.breakdowns {
		a.breakdowns[i].figures(a, s, exists)
	}
}

func (a *Meter) periodFigures(c *period.Clock, s *series.Sheet, shown [][2]*usage.Series, k usage.Kind, i int) {
	rs, counts := a.rulesOf(c, k, i), a.total.periods[k][i*a.total.width:]
	for _, class := range rs.order {
		s.Add(shown[class][series.Flag(rs.billable[class])], float64(counts[class]))
	}
}

func (a *Meter) rollingFigures(s *series.Sheet, shown [][2]*usage.Series, n int) {
	rs, before := &a.rules[a.version], int64(0)
	for p, class := range rs.order {
		count := a.total.prefix[p][n].count
		s.Add(shown[class][series.Flag(rs.billable[class])], float64(count-before))
		before = count
	}
}

// Scale returns 1: users are counted one by one.
func (a *Meter) Scale() uint64 { return 1 }

// Use returns the users of billable classes.
func (a *Meter) Use(c *period.Clock, window, back int) wide.Int {
	w, n := a.def.Windows[window], int64(0)
	if w.Kind != usage.Rolling {
		rs, counts := a.rulesOf(c, w.Kind, back), a.total.periods[w.Kind][back*a.total.width:]
		for _, class := range rs.order {
			if rs.billable[class] {
				n += counts[class]
			}
		}
		return wide.Of(n)
	}
	rs, rolling, before := &a.rules[a.version], a.rolling(w), int64(0)
	for p, class := range rs.order {
		count := a.total.prefix[p][rolling].count
		if rs.billable[class] {
			n += count - before
		}
		before = count
	}
	return wide.Of(n)
}

// Headline returns the users of all classes.
func (a *Meter) Headline(*period.Clock) wide.Int {
	w, n := a.def.Windows[0], int64(0)
	if w.Kind == usage.Rolling {
		n = a.total.prefix[len(a.rules[a.version].order)-1][0].count
	} else {
		for _, count := range a.total.periods[w.Kind][:a.total.width] {
			n += count
		}
	}
	return wide.Product(n, usage.Micro)
}

// Outlook projects the use by the curves of earlier periods.
func (a *Meter) Outlook(c *period.Clock, window int, rise *pace.Curves) pace.Outlook {
	kind, used := a.def.Windows[window].Kind, a.Use(c, window, 0)
	return rise.Shaped(&c.Days, kind, pace.SpanOf(c, kind), used.Over(1))
}

// Until returns what the curve of an ended period had.
func (a *Meter) Until(c *period.Clock, window int, rise *pace.Curves, start, at period.Minute) (value float64, ok bool) {
	return rise.ValueIn(&c.Days, a.def.Windows[window].Kind, start, at)
}

// Cells appends the users of each class, and those under each value.
func (a *Meter) Cells(cells []meter.Cell, _ *period.Clock, k usage.Kind, back int) []meter.Cell {
	cells = meter.AddCells(cells, 0, 0, a.total.periods[k][back*a.total.width:][:a.total.width])
	for b := range a.breakdowns {
		for value, t := range a.breakdowns[b].totals {
			if t != nil {
				cells = meter.AddCells(cells, uint16(b)+1, uint32(value), t.periods[k][back:back+1])
			}
		}
	}
	return cells
}

// ForgetNames has nothing to drop: no series names a user.
func (a *Meter) ForgetNames() {}

// newSeries returns the series of a meter without breakdowns: [window][period][class],
// and for each whether it is billable.
func newSeries(book *series.Book, m *usage.Meter) (all [][][][2]*usage.Series) {
	for _, w := range m.Windows {
		var periods [][][2]*usage.Series
		for i := range period.PeriodsOf(w) {
			var classes [][2]*usage.Series
			for _, class := range m.Classes {
				var both [2]*usage.Series
				for b := range both {
					labels := series.WindowLabels(m.Name, w, i)
					if class != "" {
						labels = append(labels, usage.Label{Name: "class", Value: class},
							usage.Label{Name: "billable", Value: strconv.FormatBool(b == 1)})
					}
					both[b] = book.Gauge("usage_active_users", labels...)
				}
				classes = append(classes, both)
			}
			periods = append(periods, classes)
		}
		all = append(all, periods)
	}
	return all
}
