// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

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

// remember keeps the oldest published period of each window whose running one
// ends on the way to a minute. The clock goes on past one end at a time.
func (o *Organization) remember(to period.Minute) {
	for i := range o.meters {
		s := &o.meters[i]
		for w, window := range s.def.Windows {
			if !remembered(window) || to < o.clock.Tracks[window.Kind].End {
				continue
			}
			start, _ := o.clock.Tracks[window.Kind].Bounds(period.Published - 1)
			if !o.lived(i, w, start) {
				continue
			}
			p := &s.past[w]
			p.kept = slices.Insert(p.kept, 0, endedPeriod{start, s.used(&o.clock, w, period.Published-1)})
			p.kept = p.kept[:min(len(p.kept), pastShown-(period.Published-1))]
		}
	}
}

// pastFigures appends what the ended periods of a meter had.
func (o *Organization) pastFigures(sh *series.Sheet, meter int) {
	s := &o.meters[meter]
	for w, window := range s.def.Windows {
		if !remembered(window) {
			continue
		}
		p, t := &s.past[w], o.clock.Tracks[window.Kind]
		if p.of != t.Starts[0] {
			p.of, p.series = t.Starts[0], nil
		}
		n := 0
		show := func(start period.Minute, used wide.Int) {
			if n == len(p.series) {
				p.series = append(p.series, o.pastSeries(meter, window, start))
			}
			sh.Add(p.series[n], amount(used))
			n++
		}
		for back := 1; back < period.Published && o.exists(meter, window, back); back++ {
			show(t.Starts[back], s.used(&o.clock, w, back))
		}
		for _, ended := range p.kept {
			show(ended.start, ended.used)
		}
	}
}

func (o *Organization) pastSeries(meter int, w usage.Window, start period.Minute) *usage.Series {
	date := dateOf(o.clock.Calendar, start)
	return o.defs.book.Gauge("usage_past_period_used",
		usage.Label{Name: "meter", Value: o.defs.Meters[meter].Name},
		usage.Label{Name: "window", Value: w.String()},
		usage.Label{Name: "start", Value: fmt.Sprintf("%04d-%02d-%02d", date.Year, date.Month, date.Day)})
}

// encodePast writes the kept periods with the names of their windows.
//
//	meters: count { count { window, count { start used } } }
func (o *Organization) encodePast(e *wire.Encoder) {
	e.Uint(uint64(len(o.meters)))
	for i := range o.meters {
		s := &o.meters[i]
		e.Uint(uint64(len(s.past)))
		for w := range s.past {
			e.String(s.def.Windows[w].String())
			e.Uint(uint64(len(s.past[w].kept)))
			for _, ended := range s.past[w].kept {
				e.Int(int64(ended.start))
				e.Wide(ended.used)
			}
		}
	}
}

func (o *Organization) decodePast(d *wire.Decoder) {
	for i := range d.Count(1) {
		if i >= len(o.meters) {
			d.Fail()
			return
		}
		s := &o.meters[i]
		for range d.Count(2) {
			name := d.String()
			var kept []endedPeriod
			for range d.Count(2) {
				kept = append(kept, endedPeriod{period.Minute(d.Int()), d.Wide()})
			}
			for w, window := range s.def.Windows {
				if window.String() == name {
					s.past[w].kept = kept
				}
			}
		}
	}
}
