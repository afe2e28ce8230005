// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"strconv"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// figures appends the meter's figures at c.asOf.
func (a *active) figures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool) {
	rolling := 0
	for w, window := range a.def.Windows {
		if window.Kind == usage.Rolling {
			a.rollingFigures(s, a.series.total[w][0], rolling)
			rolling++
			continue
		}
		for i := range period.Published {
			if exists(window, i) {
				a.periodFigures(c, s, a.series.total[w][i], window.Kind, i)
			}
		}
	}
	for i, split := range a.splits {
		split.figures(a, s, a.def.Breakdowns[i].Dimension, exists)
	}
}

func (a *active) periodFigures(c *period.Clock, s *series.Sheet, shown [][2]*usage.Series, k usage.Kind, i int) {
	rs, counts := a.rulesOf(c, k, i), a.total.periods[k][i*a.total.width:]
	for _, class := range rs.order {
		s.Add(shown[class][flag(rs.billable[class])], float64(counts[class]))
	}
}

func (a *active) rollingFigures(s *series.Sheet, shown [][2]*usage.Series, n int) {
	rs, before := &a.rules[a.version], int64(0)
	for p, class := range rs.order {
		count := a.total.prefix[p][n].count
		s.Add(shown[class][flag(rs.billable[class])], float64(count-before))
		before = count
	}
}

// figures appends the counts of every value that has users in a window.
func (sp *split) figures(a *active, s *series.Sheet, dimension string, exists func(w usage.Window, back int) bool) {
	for value, t := range sp.totals {
		if t == nil {
			continue
		}
		series := sp.seriesOf(a.def, s.Book, dimension, value)
		rolling, n := 0, 0
		for _, window := range a.def.Windows {
			if window.Kind == usage.Rolling {
				if count := t.prefix[0][rolling].count; count != 0 {
					s.Add(series[n], float64(count))
				}
				rolling++
				n++
				continue
			}
			for i := range period.Published {
				if count := t.periods[window.Kind][i]; count != 0 && exists(window, i) {
					s.Add(series[n], float64(count))
				}
				n++
			}
		}
	}
}

// seriesOf returns a value's series in the order of windows and periods.
func (sp *split) seriesOf(def *usage.Meter, book *series.Book, dimension string, value int) []*usage.Series {
	for len(sp.series) <= value {
		sp.series = append(sp.series, nil)
	}
	if sp.series[value] == nil {
		for _, w := range def.Windows {
			for i := range periodsOf(w) {
				sp.series[value] = append(sp.series[value], book.Gauge("usage_active_users_breakdown", series.WindowLabels(def.Name, w, i,
					usage.Label{Name: "dimension", Value: dimension},
					usage.Label{Name: "dimension_value", Value: sp.values.names[value]})...))
			}
		}
	}
	return sp.series[value]
}

func (a *active) scale() uint64 { return 1 }

// use returns the users of billable classes.
func (a *active) use(c *period.Clock, window, back int) wide.Int {
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

// headline returns the users of all classes.
func (a *active) headline(*period.Clock) wide.Int {
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

func (a *active) outlook(c *period.Clock, window int, rise *curves) outlook {
	kind, used := a.def.Windows[window].Kind, a.use(c, window, 0)
	return rise.shaped(&c.Days, kind, spanOf(c, kind), used.Over(1))
}

func (a *active) until(c *period.Clock, window int, rise *curves, start, at period.Minute) (value float64, ok bool) {
	return rise.valueIn(&c.Days, a.def.Windows[window].Kind, start, at)
}

func (a *active) cells(cells []Cell, _ *period.Clock, k usage.Kind, back int) []Cell {
	cells = addCells(cells, 0, 0, a.total.periods[k][back*a.total.width:][:a.total.width])
	for b, s := range a.splits {
		for value, t := range s.totals {
			if t != nil {
				cells = addCells(cells, uint16(b)+1, uint32(value), t.periods[k][back:back+1])
			}
		}
	}
	return cells
}

func (a *active) forgetNames() {
	for _, s := range a.splits {
		clear(s.series)
	}
}

// activeSeries are the series of an active_users meter without breakdowns:
// [window][period][class], and for each whether it is billable.
type activeSeries struct {
	total [][][][2]*usage.Series
}

func newActiveSeries(book *series.Book, m *usage.Meter) *activeSeries {
	s := &activeSeries{}
	for _, w := range m.Windows {
		var periods [][][2]*usage.Series
		for i := range periodsOf(w) {
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
		s.total = append(s.total, periods)
	}
	return s
}
