// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"fmt"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// pastShown is how many ended periods have series: the one of a year ago is
// among thirteen months.
const pastShown = 13

// past is what a window's ended periods had. The published ones may still be
// revised and are read where they are counted; behind them stand those that
// nothing revises any more.
//
//	current | previous  2_ago | kept[0]  kept[1] ...      newest first
type past struct {
	kept []endedPeriod

	of     period.Minute // start of the running period that series are for
	series []*usage.Series
}

type endedPeriod struct {
	start period.Minute
	used  wide.Int // millionths
}

// remembered reports whether a window's ended periods have series.
func remembered(w usage.Window) bool { return w.Kind >= usage.Month && w.Kind < usage.Rolling }

// pastOf returns what a window's ended periods had, for changing it.
func (p *Paces) pastOf(meter, window int) *past {
	if p.past[meter] == nil {
		p.past[meter] = make([]past, len(p.meters(meter).Definition().Windows))
	}
	return &p.past[meter][window]
}

// Remember keeps the oldest published period of each window whose running one
// ends on the way to a minute. The clock goes on past one end at a time.
func (p *Paces) Remember(to period.Minute) {
	for i := range p.past {
		for w, window := range p.meters(i).Definition().Windows {
			if !remembered(window) || to < p.clock.Tracks[window.Kind].End {
				continue
			}
			start, _ := p.clock.Tracks[window.Kind].Bounds(period.Published - 1)
			if !p.meters(i).Lived(w, start) {
				continue
			}
			of := p.pastOf(i, w)
			of.kept = slices.Insert(of.kept, 0, endedPeriod{start, p.meters(i).Used(p.clock, w, period.Published-1)})
			of.kept = of.kept[:min(len(of.kept), pastShown-(period.Published-1))]
		}
	}
}

// PastFigures appends what the ended periods of a meter had.
func (p *Paces) PastFigures(sh *series.Sheet, meter int) {
	for w, window := range p.meters(meter).Definition().Windows {
		if !remembered(window) {
			continue
		}
		past, t := p.pastOf(meter, w), p.clock.Tracks[window.Kind]
		if past.of != t.Starts[0] {
			past.of, past.series = t.Starts[0], nil
		}
		n := 0
		show := func(start period.Minute, used wide.Int) {
			if n == len(past.series) {
				past.series = append(past.series, p.pastSeries(sh.Book, meter, window, start))
			}
			sh.Add(past.series[n], series.Amount(used))
			n++
		}
		for back := 1; back < period.Published && p.meters(meter).Exists(p.clock, window, back); back++ {
			show(t.Starts[back], p.meters(meter).Used(p.clock, w, back))
		}
		for _, ended := range past.kept {
			show(ended.start, ended.used)
		}
	}
}

func (p *Paces) pastSeries(book *series.Book, meter int, w usage.Window, start period.Minute) *usage.Series {
	date := period.DateOf(p.clock.Calendar, start)
	return book.Gauge("usage_past_period_used",
		usage.Label{Name: "meter", Value: p.meters(meter).Definition().Name},
		usage.Label{Name: "window", Value: w.String()},
		usage.Label{Name: "start", Value: fmt.Sprintf("%04d-%02d-%02d", date.Year, date.Month, date.Day)})
}

// EncodePast writes the kept periods with the names of their windows.
//
//	meters: count { count { window, count { start used } } }
func (p *Paces) EncodePast(e *wire.Encoder) {
	e.Uint(uint64(len(p.past)))
	for i, known := range p.past {
		windows := p.meters(i).Definition().Windows
		e.Uint(uint64(len(windows)))
		for w := range windows {
			e.String(windows[w].String())
			var kept []endedPeriod
			if known != nil {
				kept = known[w].kept
			}
			e.Uint(uint64(len(kept)))
			for _, ended := range kept {
				e.Int(int64(ended.start))
				e.Wide(ended.used)
			}
		}
	}
}

// DecodePast reads what EncodePast wrote.
func (p *Paces) DecodePast(d *wire.Decoder) {
	for i := range d.Count(1) {
		if i >= len(p.past) {
			d.Fail()
			return
		}
		for range d.Count(2) {
			name := d.String()
			var kept []endedPeriod
			for range d.Count(2) {
				kept = append(kept, endedPeriod{period.Minute(d.Int()), d.Wide()})
			}
			for w, window := range p.meters(i).Definition().Windows {
				if window.String() == name && len(kept) > 0 {
					p.pastOf(i, w).kept = kept
				}
			}
		}
	}
}
