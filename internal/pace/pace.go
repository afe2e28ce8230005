// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"math"
	"slices"

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

// Meter is a meter whose use goes on.
type Meter interface {
	// Definition returns what the meter is.
	Definition() *usage.Meter
	// Lived reports whether every event of a period that begins at start could have
	// been counted in a window.
	Lived(window int, start period.Minute) bool
	// Exists reports whether a calendar period has a figure.
	Exists(c *period.Clock, w usage.Window, back int) bool
	// Use returns the users, or millionths of a sum, of a window's period that lies
	// some periods back.
	Use(c *period.Clock, window, back int) wide.Int
	// Used returns the same in millionths.
	Used(c *period.Clock, window, back int) wide.Int
	// Outlook returns what is expected of a running period, in units of the meter. rise
	// has the window's curves, nil where none are kept of it, here and in Until.
	Outlook(c *period.Clock, window int, rise *Curves) Outlook
	// Until returns what a period had at a minute in it, in units of the meter; ok is
	// false where that is not known.
	Until(c *period.Clock, window int, rise *Curves, start, at period.Minute) (value float64, ok bool)
}

// Paces are how the use of an organization's meters goes on, and what they had
// before.
type Paces struct {
	clock  *period.Clock
	meters func(meter int) Meter
	// curves are those of a meter's windows that were ever above 0, or were not
	// recorded since flat was; nil: flat has them.
	curves   [][]*Curves
	flat     [usage.NumKinds]*Curves // by kind, of all others
	past     [][]past                // by meter and window; nil: none yet
	marks    marks
	yearsAgo [usage.NumKinds]yearAgo
}

// New returns the paces of n meters, whose curves begin with the minute after the
// clock's.
func New(c *period.Clock, n int, meters func(meter int) Meter) Paces {
	p := Paces{clock: c, meters: meters, curves: make([][]*Curves, n), past: make([][]past, n)}
	for i := range n {
		def := meters(i).Definition()
		for _, w := range def.Windows {
			if curved(def, w) && p.flat[w.Kind] == nil {
				p.flat[w.Kind] = p.begun()
			}
		}
	}
	return p
}

// begun returns curves that begin now.
func (p *Paces) begun() *Curves { return &Curves{from: p.clock.AsOf + 1} }

// Of returns the curves of a window, which are not to be changed; nil where it is not
// curved.
func (p *Paces) Of(meter, window int) *Curves {
	if own := p.curves[meter]; own != nil && own[window] != nil {
		return own[window]
	}
	if def := p.meters(meter).Definition(); curved(def, def.Windows[window]) {
		return p.flat[def.Windows[window].Kind]
	}
	return nil
}

// set gives a window curves of its own.
func (p *Paces) set(meter, window int, c *Curves) {
	if p.curves[meter] == nil {
		p.curves[meter] = make([]*Curves, len(p.meters(meter).Definition().Windows))
	}
	p.curves[meter][window] = c
}

// Share ends the reading of curves: those that are alike and flat become one, and
// what was not read begins now.
func (p *Paces) Share() {
	for k := range p.flat {
		if p.flat[k] == nil {
			continue
		}
		var flat *Curves
		p.each(usage.Kind(k), func(_, _ int, own *Curves) {
			if flat == nil && own != nil && own.flat() {
				flat = own
			}
		})
		if flat == nil {
			continue
		}
		p.flat[k] = flat
		p.each(usage.Kind(k), func(meter, window int, own *Curves) {
			switch {
			case own == nil:
				p.set(meter, window, p.begun())
			case own.flat() && own.same(flat):
				p.curves[meter][window] = nil
			}
		})
	}
	for i, windows := range p.curves {
		if !slices.ContainsFunc(windows, func(c *Curves) bool { return c != nil }) {
			p.curves[i] = nil
		}
	}
}

// each calls f with the curved windows of a kind, and their own curves.
func (p *Paces) each(k usage.Kind, f func(meter, window int, own *Curves)) {
	for i := range p.curves {
		def := p.meters(i).Definition()
		for w, window := range def.Windows {
			if window.Kind != k || !curved(def, window) {
				continue
			}
			var own *Curves
			if p.curves[i] != nil {
				own = p.curves[i][w]
			}
			f(i, w, own)
		}
	}
}

// Mark notes the values of curves at the marks that are passed on the way to a
// minute, and ends the curves of periods that end on it. Nothing has been
// applied that lies after the organization's minute, so the value of now is
// the one at each of those marks. It reports whether there was any; then Next is
// due when the clock is there.
func (p *Paces) Mark(to period.Minute) (marked bool) {
	if to < p.marks.next {
		return false
	}
	for i := range p.curves {
		def := p.meters(i).Definition()
		for w, window := range def.Windows {
			if !curved(def, window) {
				continue
			}
			c, value := p.Of(i, w), p.meters(i).Use(p.clock, w, 0)
			if c == p.flat[window.Kind] {
				if value == (wide.Int{}) {
					continue
				}
				c = c.clone()
			}
			p.mark(c, window.Kind, to, value)
			p.set(i, w, c)
		}
	}
	for k, c := range p.flat {
		if c != nil {
			p.mark(c, usage.Kind(k), to, wide.Int{})
		}
	}
	return true
}

// mark notes a value on the way to a minute.
func (p *Paces) mark(c *Curves, k usage.Kind, to period.Minute, value wide.Int) {
	t := p.clock.Tracks[k]
	if last := min(to, t.End-1); last >= c.from {
		n, _ := marksOf(&p.clock.Days, k, c.from, last)
		c.fill(n, value)
	}
	if to >= t.End {
		c.finish(k, t.Starts[0], t.End, value)
	}
}

// marks are when curves have something to note.
type marks struct {
	next period.Minute // the first minute that is a mark
	end  period.Minute // the first minute on which a period ends
}

// Next finds the marks after the clock's minute: the first one of a curve that has
// none yet, each hour of a day, each midnight, and where periods end, which after a
// change of the zone need not be midnight.
func (p *Paces) Next() {
	next := marks{p.clock.Days.End, math.MaxInt32}
	for i := range p.curves {
		def := p.meters(i).Definition()
		for w, window := range def.Windows {
			if !curved(def, window) {
				continue
			}
			next.end = min(next.end, p.clock.Tracks[window.Kind].End)
			if p.Of(i, w).len() == 0 {
				next.next = p.clock.AsOf + 1
			}
			if window.Kind == usage.Day {
				start := p.clock.Tracks[usage.Day].Starts[0]
				next.next = min(next.next, p.clock.AsOf+period.MinutesPerHour-(p.clock.AsOf-start)%period.MinutesPerHour)
			}
		}
	}
	next.next = min(next.next, next.end)
	p.marks = next
}

// End returns the first minute on which a period ends whose curve is recorded.
func (p *Paces) End() period.Minute { return p.marks.end }

// then returns what an earlier period of a window, which begins at start, had
// when as much of it had passed as of the running one by now; ok is false
// where that is not known.
func (p *Paces) then(meter, window int, start, end period.Minute) (value float64, ok bool) {
	if start < p.clock.Days.Starts[0] || !p.meters(meter).Lived(window, start) {
		return 0, false
	}
	at := SpanOf(p.clock, p.meters(meter).Definition().Windows[window].Kind).within(start, end)
	return p.meters(meter).Until(p.clock, window, p.Of(meter, window), start, at)
}

// yearAgo is the period of a kind a year before the one that begins at of.
type yearAgo struct{ of, start, end period.Minute }

// yearAgo returns the period of a kind that lies a year before the running one:
// of the same name, of weeks 52 weeks before.
func (p *Paces) yearAgo(k usage.Kind) (start, end period.Minute) {
	y, of := &p.yearsAgo[k], p.clock.Tracks[k].Starts[0]
	if y.of != of {
		first := of.Time().In(p.clock.Calendar.Zone())
		inside := first.AddDate(-1, 0, 3) // an anchor that clamps may lie up to three days later
		if k == usage.Week {
			inside = first.AddDate(0, 0, -52*daysPerWeek+3)
		}
		then := p.clock.Calendar.Period(k, inside)
		*y = yearAgo{of, period.MinuteOf(then.Start), period.MinuteOf(then.End)}
	}
	return y.start, y.end
}

// Series are the series of a paced window.
type Series struct{ projected, previous, yearAgo *usage.Series }

// NewSeries returns the series of each window of a meter. Organizations share them.
func NewSeries(book *series.Book, m *usage.Meter) (all []Series) {
	for _, w := range m.Windows {
		if !paced(w) {
			all = append(all, Series{})
			continue
		}
		of := []usage.Label{{Name: "meter", Value: m.Name}, {Name: "window", Value: w.String()}}
		back := func(name string) []usage.Label {
			return append(slices.Clip(of), usage.Label{Name: "period", Value: name})
		}
		all = append(all, Series{
			projected: book.Gauge("usage_projected", of...),
			previous:  book.Gauge("usage_at_same_share", back(usage.PeriodName(1))...),
			yearAgo:   book.Gauge("usage_at_same_share", back("year_ago")...),
		})
	}
	return all
}

// Figures writes what is expected of a meter and what it had before. limited returns the
// limit on a window and where it is to be noted when that is expected to be passed, nil
// where there is none.
func (p *Paces) Figures(s *series.Sheet, meter int, shown []Series, limited func(w usage.Window) (limit float64, falls *period.Minute)) {
	for w, window := range p.meters(meter).Definition().Windows {
		if !paced(window) {
			continue
		}
		of := &shown[w]
		limit, falls := limited(window)
		if falls != nil {
			*falls = 0
		}
		if SpanOf(p.clock, window.Kind).begun() {
			out := p.meters(meter).Outlook(p.clock, w, p.Of(meter, w))
			s.Add(of.projected, out.projected)
			if falls != nil {
				*falls, _ = out.passes(limit)
			}
		}
		start, end := p.clock.Tracks[window.Kind].Bounds(1)
		if value, ok := p.then(meter, w, start, end); ok {
			s.Add(of.previous, value)
		}
		if window.Kind == usage.Day {
			continue
		}
		start, end = p.yearAgo(window.Kind)
		if value, ok := p.then(meter, w, start, end); ok {
			s.Add(of.yearAgo, value)
		}
	}
}
