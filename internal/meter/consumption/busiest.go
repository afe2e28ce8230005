// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// daySum is a local day with events and their sum; the zero daySum is none.
type daySum struct {
	start period.Minute
	sum   wide.Int
}

// busier returns the one with the larger sum, the earlier on a tie.
func (d daySum) busier(other daySum) daySum {
	order := other.sum.Cmp(d.sum)
	if d.start == 0 || other.start != 0 && (order > 0 || order == 0 && other.start < d.start) {
		return other
	}
	return d
}

// busiest knows the busiest day of each period that is longer than one, for a
// meter that keeps days. Days that may still be revised are in the cells of
// the total; one that leaves them goes into the periods that it began in:
//
//	closed[window][period]  <--  | day 37 ... day 1, day 0 |
type busiest struct {
	*busyDays
	closed [][]daySum                      // of each of windows, by published period
	byDay  map[period.Minute]*usage.Series // by start, of the running month
}

// busyDays is what organizations share of it.
type busyDays struct {
	day     *sumWindow   // nil: the meter keeps no days
	windows []*sumWindow // calendar windows longer than a day
	monthly bool         // whether months are among windows
	series  []daySeries  // of each of windows, by period
}

type daySeries [period.Published]struct{ sum, start *usage.Series }

func (x *Shared) newBusyDays(book *series.Book) (b busyDays) {
	for i := range x.layout.windows {
		switch w := &x.layout.windows[i]; w.Kind {
		case usage.Day:
			b.day = w
		case usage.Hour, usage.Rolling:
		case usage.Month:
			b.monthly = true
			fallthrough
		default:
			b.windows = append(b.windows, w)
		}
	}
	for _, w := range b.windows {
		var of daySeries
		for back := range w.shown() {
			labels := series.WindowLabels(x.def.Name, w.Window, back)
			of[back].sum = book.Gauge("usage_consumption_peak_day", labels...)
			of[back].start = book.Gauge("usage_consumption_peak_day_timestamp_seconds", labels...)
		}
		b.series = append(b.series, of)
	}
	return b
}

func newBusiest(of *busyDays) busiest {
	b := busiest{busyDays: of, byDay: map[period.Minute]*usage.Series{}}
	for range of.windows {
		b.closed = append(b.closed, make([]daySum, period.Published))
	}
	return b
}

// turn follows the clock, before the cells do.
func (b *busiest) turn(c *period.Clock, l *sumLayout, total *sumRow, t *period.Turn) {
	if b.day == nil {
		return
	}
	for i, w := range b.windows {
		period.Shift(b.closed[i], 1, t.Ended[w.Kind])
	}
	days := c.Tracks[usage.Day].Starts
	start := days[len(days)-1]
	for i := b.day.periods - t.Ended[usage.Day]; i < b.day.periods; i++ {
		start = period.MinuteOf(c.Calendar.Period(usage.Day, (start - 1).Time()).Start)
		if i < 0 {
			continue // it began and ended since the last turn
		}
		if total.any(l, b.day, i) {
			b.close(c, daySum{start, total.sum(l, b.day, i)})
		}
	}
	if t.Ended[usage.Month] > 0 {
		clear(b.byDay)
	}
}

func (b *busiest) close(c *period.Clock, d daySum) {
	for i, w := range b.windows {
		if back := c.Tracks[w.Kind].Index(d.start); back >= 0 && back < period.Published {
			b.closed[i][back] = b.closed[i][back].busier(d)
		}
	}
}

// of returns the busiest day of a period of the window i.
func (b *busiest) of(c *period.Clock, l *sumLayout, total *sumRow, i, back int) daySum {
	found := b.closed[i][back]
	from, to := c.Tracks[b.windows[i].Kind].Bounds(back)
	for number, start := range c.Tracks[usage.Day].Starts {
		if start < from {
			break
		}
		if start < to && total.any(l, b.day, number) {
			found = found.busier(daySum{start, total.sum(l, b.day, number)})
		}
	}
	return found
}

// busiestFigures appends the busiest days, and the days of the running month.
func (x *Meter) busiestFigures(c *period.Clock, s *series.Sheet, exists func(w usage.Window, back int) bool) {
	b := &x.busiest
	if b.day == nil {
		return
	}
	total := x.read().total()
	for i, w := range b.windows {
		for back := range w.shown() {
			if !exists(w.Window, back) {
				continue
			}
			shown, day := &b.series[i][back], b.of(c, &x.layout, total, i, back)
			s.Add(shown.sum, series.Amount(day.sum))
			if day.start != 0 {
				s.Add(shown.start, float64(day.start)*60)
			}
		}
	}
	if b.monthly {
		x.dayFigures(c, s, total)
	}
}

// dayFigures appends the days of the running month that have events, oldest
// first. Where a zone changed, two days of one date are one figure.
func (x *Meter) dayFigures(c *period.Clock, s *series.Sheet, total *sumRow) {
	b := &x.busiest
	days, month := c.Tracks[usage.Day].Starts, c.Tracks[usage.Month].Starts[0]
	for i, day := range slices.Backward(days) {
		if day < month || !total.any(&x.layout, b.day, i) {
			continue
		}
		sum := series.Amount(total.sum(&x.layout, b.day, i))
		series := b.byDay[day]
		if series == nil {
			date := period.DateOf(c.Calendar, day)
			series = s.Book.Gauge("usage_consumption_by_day",
				usage.Label{Name: "meter", Value: x.def.Name},
				usage.Label{Name: "day", Value: fmt.Sprintf("%02d-%02d", date.Month, date.Day)})
			b.byDay[day] = series
		}
		if last := len(s.Figures) - 1; last >= 0 && s.Figures[last].Series == series {
			s.Figures[last].Value += sum
			continue
		}
		s.Add(series, sum)
	}
}

// encode writes the busiest of the days that are not kept any more, by kind of
// window, so that it can be read back by a meter that has other windows.
func (b *busiest) encode(e *wire.Encoder) {
	e.Uint(uint64(len(b.windows)))
	for i, w := range b.windows {
		e.Uint(uint64(w.Kind))
		for _, d := range b.closed[i] {
			e.Int(int64(d.start))
			e.Wide(d.sum)
		}
	}
}

func (b *busiest) decode(d *wire.Decoder) {
	for range d.Count(1 + 2*period.Published) {
		kind := d.Uint()
		for back := range period.Published {
			day := daySum{start: period.Minute(d.Int()), sum: d.Wide()}
			for i, w := range b.windows {
				if uint64(w.Kind) == kind {
					b.closed[i][back] = day
				}
			}
		}
	}
}
