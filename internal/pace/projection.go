// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pace

import (
	"sort"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Projections (SEMANTICS 6, docs/projection.md): the use that is expected at
// the end of a running period, and how it gets there.

// firstShare is the part of a period, in percent, from which on it is projected.
const firstShare = 3

// Span is a running period at a minute in it.
type Span struct{ start, Now, End period.Minute }

// SpanOf returns the running period of a calendar kind.
func SpanOf(c *period.Clock, k usage.Kind) Span {
	start, end := c.Tracks[k].Bounds(0)
	return Span{start, c.AsOf, end}
}

// begun reports whether enough of the period has passed for a projection.
func (s Span) begun() bool {
	return 100*int64(s.Now-s.start) >= firstShare*int64(s.End-s.start)
}

// share is the part of the period that has passed.
func (s Span) share() float64 { return float64(s.Now-s.start) / float64(s.End-s.start) }

// within returns the minute at which another period has had the same share.
func (s Span) within(start, end period.Minute) period.Minute {
	return start + period.Minute(int64(s.Now-s.start)*int64(end-start)/int64(s.End-s.start))
}

// Outlook is a use in a running period, what it is expected to be at the period's
// end, and how it gets there. It is made for each window in each minute, and hardly ever
// asked for more than its end: so it has what it was made of, and no functions.
type Outlook struct {
	span            Span
	used, projected float64
	course          course

	days  *period.Days
	run   run
	shape shape
	peaks *DayPeaks
}

// course is how a use gets to its end.
type course uint8

const (
	unknown course = iota
	straight
	asShaped // as earlier periods did, see shape
	asUsual  // by the weight of weekdays, see run
	byPeaks  // at once, on a day with a larger peak
)

// progress returns which part of what is to come has come at a minute between.
func (o *Outlook) progress(m period.Minute) float64 {
	switch o.course {
	case asShaped:
		return (o.shape.until(o.days, m) - o.shape.at) / (o.shape.end - o.shape.at)
	case asUsual:
		return o.run.come(o.days, m) / o.run.left
	default:
		return Span{o.span.Now, m, o.span.End}.share()
	}
}

// passes returns the first minute at which the use is expected to be above a
// limit that it has not passed yet; ok is false where it is not in this period.
func (o *Outlook) passes(limit float64) (m period.Minute, ok bool) {
	switch {
	case o.used > limit:
		return 0, false
	case o.course == byPeaks:
		return o.peaks.passes(o.days, o.span, limit)
	case o.projected <= limit || o.course == unknown:
		return 0, false
	}
	part := (limit - o.used) / (o.projected - o.used)
	n := sort.Search(int(o.span.End-o.span.Now), func(i int) bool { return o.progress(o.span.Now+period.Minute(i)) > part })
	return o.span.Now + period.Minute(n), true
}

// Scaled returns an outlook of millionths in units.
func (o Outlook) Scaled() Outlook {
	o.used /= usage.Micro
	o.projected /= usage.Micro
	return o
}

const daysPerWeek = 7

// weekly is what a weekday is expected to have, by its distance in days from
// today, modulo 7.
type weekly [daysPerWeek]float64

// profileDays is how far the profile of weekdays looks back.
const profileDays = 4 * daysPerWeek

// profile returns the mean of each weekday over the last four weeks, of which
// days before the first use say nothing. Without any use every day is alike and
// known is false.
func (s *DaySums) profile() (w weekly, known bool) {
	oldest := profileDays
	for oldest > 0 && s.back(oldest) == (wide.Int{}) {
		oldest--
	}
	var count weekly
	sum := 0.0
	for back := 1; back <= oldest; back++ {
		r := (profileDays - back) % daysPerWeek
		v := max(s.back(back).Over(1), 0)
		w[r] += v
		count[r]++
		sum += v
	}
	for r := range w {
		switch {
		case sum == 0:
			w[r] = 1
		case count[r] == 0:
			w[r] = sum / float64(oldest)
		default:
			w[r] /= count[r]
		}
	}
	return w, sum > 0
}

// sum returns what n whole days are expected to have, the first of which lies
// first days from today.
func (w *weekly) sum(first, n int) float64 {
	total := 0.0
	for r := range w {
		// Of n days in a row, those at the distances r, r+7, ...
		ahead := ((r-first)%daysPerWeek + daysPerWeek) % daysPerWeek
		total += w[r] * float64((n-ahead+daysPerWeek-1)/daysPerWeek)
	}
	return total
}

// week is what a whole week is expected to have.
func (w *weekly) week() float64 { return w.sum(0, daysPerWeek) }

// run is how a sum goes on, by what each weekday is expected to have.
type run struct {
	week  weekly
	share float64 // of today that has passed
	left  float64 // what the rest of the period has
}

// come returns what comes up to a minute.
func (r *run) come(d *period.Days, m period.Minute) float64 {
	if m < d.End {
		return r.week[0] * (d.Share(d.Today(), m) - r.share)
	}
	whole, rest := int((m-d.End)/period.MinutesPerDay), float64((m-d.End)%period.MinutesPerDay)/period.MinutesPerDay
	return r.week[0]*(1-r.share) + r.week.sum(1, whole) + r.week[(whole+1)%daysPerWeek]*rest
}

// RunRate projects a sum. The rate is that of the elapsed days, each weighted
// with its weekday, and of what the last four weeks had in a quarter of the
// period, a week at most, so that a few days do not stand for a month. The days
// to come have the weight of their weekday.
func (s *DaySums) RunRate(d *period.Days, p Span, used float64) Outlook {
	w, known := s.profile()
	today := d.Today()
	share := d.Share(today, p.Now)
	before := today - d.Index(p.start)
	elapsed := w.sum(-before, before) + share*w[0]
	left := w[0]*(1-share) + w.sum(1, daysIn(p.End-d.End))
	usual := 0.0
	if known {
		usual = min(w.week(), (elapsed+left)/4)
	}
	if left <= 0 || elapsed+usual <= 0 {
		return Outlook{span: p, used: used, projected: used}
	}
	rate := (used + usual) / (elapsed + usual)
	return Outlook{span: p, used: used, projected: used + rate*left, course: asUsual, days: d, run: run{w, share, left}}
}

// daysIn returns how many local days a stretch between two midnights has.
func daysIn(m period.Minute) int {
	return int((max(m, 0) + period.MinutesPerDay/2) / period.MinutesPerDay)
}

// shapes is how many earlier periods the shape of the running one is taken
// from: of days a week of them.
func shapes(kind usage.Kind) int {
	if kind == usage.Day {
		return daysPerWeek
	}
	return 4
}

// likely returns the earlier period that the running one is most like: the
// last, of days the same weekday's.
func (c *Curves) likely(kind usage.Kind) *curve {
	if kind == usage.Day && len(c.Past) >= daysPerWeek {
		return &c.Past[daysPerWeek-1]
	}
	return &c.Past[0]
}

// shape is how a period is expected to rise as earlier ones did.
type shape struct {
	kind    usage.Kind
	of      Span
	past    []curve
	at, end float64 // what the earlier ones had, together, now and at the end
}

// until returns what the earlier periods had, together, when as much of them had passed
// as of the running one at a minute.
func (s *shape) until(d *period.Days, m period.Minute) (sum float64) {
	at := Span{s.of.start, m, s.of.End}
	for i := range s.past {
		if m >= s.of.End {
			sum += s.past[i].Last().Over(1)
		} else {
			sum += s.past[i].Until(d, s.kind, at.within(s.past[i].Start, s.past[i].end))
		}
	}
	return sum
}

// Shaped projects a use by the shape of earlier periods: what they had at the
// end for each one that they had at the same share. Early in a period that says
// little, so the last period's end has the weight of the share still to come.
func (c *Curves) Shaped(d *period.Days, kind usage.Kind, p Span, used float64) Outlook {
	past := c.Past[:min(len(c.Past), shapes(kind))]
	for len(past) > 0 && past[len(past)-1].Start < d.Starts[0] {
		past = past[:len(past)-1]
	}
	if len(past) == 0 {
		return c.recent(d, kind, p, used)
	}
	like := shape{kind: kind, of: p, past: past}
	like.at, like.end = like.until(d, p.Now), like.until(d, p.End)
	share, expected := p.share(), used+like.end/float64(len(past))
	if like.at > 0 {
		expected = used * like.end / like.at
	}
	expected = max(used, share*expected+(1-share)*c.likely(kind).Last().Over(1))
	o := Outlook{span: p, used: used, projected: expected, course: straight}
	if like.end > like.at {
		o.course, o.days, o.shape = asShaped, d, like
	}
	return o
}

// recent projects a use that has no earlier period: as many as were new in the
// last seven days go on to come. Before seven days are recorded it is the
// straight line from the period's start.
func (c *Curves) recent(d *period.Days, kind usage.Kind, p Span, used float64) Outlook {
	since, before := p.start, 0.0
	if first := p.Now - daysPerWeek*period.MinutesPerDay; max(p.start, c.from) <= first {
		n, part := marksOf(d, kind, c.from, first)
		since, before = first, c.value(n, part)
	}
	rate := max(used-before, 0) / float64(p.Now-since)
	return Outlook{span: p, used: used, projected: used + rate*float64(p.End-p.Now), course: straight}
}

// value returns the running period's value between two marks.
func (c *Curves) value(n int, part float64) float64 {
	switch last := c.len() - 1; {
	case last < 0:
		return 0
	case n >= last:
		return c.point(last).Over(1)
	}
	value, next := c.point(n), c.point(n+1)
	return value.Over(1) + part*next.Sub(value).Over(1)
}

// DayPeaks are the largest hour of each day of the last four weeks and of today,
// by days back.
type DayPeaks [profileDays + 1]uint32

// weekday returns the largest hour of the last four weeks on the weekday of the
// day that lies so many days ahead.
func (b *DayPeaks) weekday(ahead int) (most uint32) {
	for back := daysPerWeek - ahead%daysPerWeek; back <= profileDays; back += daysPerWeek {
		most = max(most, b[back])
	}
	return most
}

// Peaking projects a peak: it stays, unless a weekday that is still to come,
// or is running, had a larger one in the last four weeks.
func (b *DayPeaks) Peaking(d *period.Days, p Span, used float64) Outlook {
	o := Outlook{span: p, used: used, projected: used, course: byPeaks, days: d, peaks: b}
	for ahead := range min(1+daysIn(p.End-d.End), daysPerWeek) {
		o.projected = max(o.projected, float64(b.weekday(ahead)))
	}
	return o
}

// passes returns the start of the first day on which a peak is expected to be
// above a limit, or now where that is today.
func (b *DayPeaks) passes(d *period.Days, p Span, limit float64) (m period.Minute, ok bool) {
	for ahead := range min(1+daysIn(p.End-d.End), daysPerWeek) {
		if m := d.End + period.Minute(ahead-1)*period.MinutesPerDay; float64(b.weekday(ahead)) > limit {
			return max(m, p.Now), true
		}
	}
	return 0, false
}
