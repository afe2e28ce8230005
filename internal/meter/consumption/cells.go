// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// A cell is what one period or one minute has of one thing: cellWidth(averages)
// numbers side by side, so that a row is one slice and adding is one loop.
//
//	column  0             1       2 + 2a             3 + 2a
//	        sum, micros   events  sum of average a   its count
const (
	sumColumn    = 0
	eventsColumn = 1
	firstAverage = 2
)

func cellWidth(averages int) int { return firstAverage + 2*averages }

// sumWindow is a window of a consumption meter with its place in a row.
type sumWindow struct {
	usage.Window
	first   int           // where its first cell starts in sumRow.cells
	periods int           // its cells: depth of a calendar kind, 1 of a rolling window
	minutes period.Minute // length of a rolling window, 0 of a calendar kind
	figures int           // number of its first published period among all of the meter
}

// place returns where the cell of a period begins.
func (l *sumLayout) place(w *sumWindow, back int) int { return w.first + back*l.width }

// shown is how many periods of the window have series.
func (w *sumWindow) shown() int { return min(w.periods, period.Published) }

// sumLayout is how the rows of one meter are laid out.
type sumLayout struct {
	width   int // of a cell
	windows []sumWindow
	size    int           // numbers in sumRow.cells
	shown   int           // published periods of all windows
	longest period.Minute // rolling window; 0: none
}

func newSumLayout(def *usage.Meter) sumLayout {
	l := sumLayout{width: cellWidth(len(def.Averages))}
	for _, window := range def.Windows {
		w := sumWindow{Window: window, first: l.size, periods: 1, figures: l.shown}
		if window.Kind < usage.Rolling {
			w.periods = period.Depth[window.Kind]
		} else {
			w.minutes = period.Minute(window.Hours) * 60
			l.longest = max(l.longest, w.minutes)
		}
		l.windows = append(l.windows, w)
		l.size += w.periods * l.width
		l.shown += w.shown()
	}
	return l
}

// sumRow is what is known of the whole meter, or of one value of a breakdown.
type sumRow struct {
	cells wide.Ints // of each window, current period first
	log   minuteLog
}

func newSumRow(l *sumLayout) sumRow { return sumRow{cells: wide.Make(l.size)} }

// sum returns that of a window's period, in millionths.
func (r *sumRow) sum(l *sumLayout, w *sumWindow, back int) wide.Int {
	return r.cells.At(l.place(w, back) + sumColumn)
}

// any reports whether a window's period has events.
func (r *sumRow) any(l *sumLayout, w *sumWindow, back int) bool {
	return r.cells.At(l.place(w, back)+eventsColumn) != wide.Int{}
}

// turn moves the row's windows through a step that ends at a minute. It reports whether
// that changed a rolling window.
func (r *sumRow) turn(l *sumLayout, to period.Minute, t *period.Turn) (changed bool) {
	for i := range l.windows {
		w := &l.windows[i]
		if w.Kind < usage.Rolling {
			if n := t.Ended[w.Kind]; n > 0 {
				r.cells.Shift(w.first, w.first+w.periods*l.width, n*l.width)
			}
			continue
		}
		r.log.each(t.From, to, l.width, func(cells *wide.Ints, at int) {
			r.cells.AddFrom(w.first, cells, at, l.width)
			changed = true
		})
		r.log.each(t.From-w.minutes, to-w.minutes, l.width, func(cells *wide.Ints, at int) {
			r.cells.SubFrom(w.first, cells, at, l.width)
			changed = true
		})
	}
	if l.longest > 0 {
		r.log.drop(to - l.longest)
	}
	return changed
}

// resum finds the sums of the rolling windows from the minutes.
func (r *sumRow) resum(l *sumLayout, asOf period.Minute) {
	for i := range l.windows {
		if w := &l.windows[i]; w.Kind == usage.Rolling {
			r.cells.Clear(w.first, l.width)
			r.log.each(asOf-w.minutes, asOf, l.width, func(cells *wide.Ints, at int) { r.cells.AddFrom(w.first, cells, at, l.width) })
		}
	}
}
