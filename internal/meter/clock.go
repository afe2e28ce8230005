// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// depth is how many periods of each calendar kind are kept open for events
// that arrive late: the three that have figures, and days and weeks as far as
// the acceptance span of 35 days reaches, whose statements may be revised.
// 38 days: 35 x 24 h can touch 37 local days, and one more where a zone change
// made a short one. Their sum is 63: a user's activity fits one word.
var depth = [usage.NumKinds]int{
	usage.Hour: 3, usage.Day: 38, usage.Week: 7, usage.Month: 3,
	usage.Quarter: 3, usage.Half: 3, usage.Year: 3, usage.Cycle: 3,
}

// published is how many periods of a calendar kind have series.
const published = 3

// track is the current and the recent periods of one calendar kind.
type track struct {
	kind   usage.Kind
	end    Minute   // of the current period
	starts []Minute // starts[0] of the current period, older ones behind it
}

// bounds returns the period that lies i periods before the current one.
func (t *track) bounds(i int) (start, end Minute) {
	if i == 0 {
		return t.starts[0], t.end
	}
	return t.starts[i], t.starts[i-1]
}

// index returns which period the minute m lies in, or -1 where it is older
// than all that are kept. m lies before the end of the current period.
func (t *track) index(m Minute) int {
	for i, s := range t.starts {
		if m >= s {
			return i
		}
	}
	return -1
}

// clock is an organization's time: the last whole minute whose figures are
// fixed, and the periods around it.
type clock struct {
	calendar *calendar.Calendar
	asOf     Minute // figures are "at asOf"; applied events lie before asOf+1
	now      Minute // the minute of the latest arrival or collection; >= asOf
	past     Minute // acceptance span
	phase    Minute // minute of the hour at which rolling edges end; spreads their rebuilding over organizations
	tracks   [usage.NumKinds]*track
	days     days
	latest   Minute // the latest start of a current period: older records are to be renewed
}

// follow starts tracking a kind, if it is not tracked yet.
func (c *clock) follow(k usage.Kind) {
	if c.tracks[k] != nil {
		return
	}
	t := &track{kind: k, starts: make([]Minute, depth[k])}
	p := c.calendar.Period(k, c.asOf.Time())
	t.end = MinuteOf(p.End)
	for i := range t.starts {
		t.starts[i] = MinuteOf(p.Start)
		p = c.calendar.Period(k, p.Start.Add(-time.Minute))
	}
	c.tracks[k] = t
	c.latest = max(c.latest, t.starts[0])
}

// roll moves a kind's track to the period that contains m and returns how many
// periods it moved.
func (c *clock) roll(k usage.Kind, m Minute) int {
	t, n := c.tracks[k], 0
	for m >= t.end {
		copy(t.starts[1:], t.starts)
		t.starts[0] = t.end
		t.end = MinuteOf(c.calendar.Period(k, t.end.Time()).End)
		n++
	}
	c.latest = max(c.latest, t.starts[0])
	return n
}

// frozen reports whether the period i of a kind ended before the acceptance
// span: nothing revises its figures any more.
func (c *clock) frozen(k usage.Kind, i int) bool {
	_, end := c.tracks[k].bounds(i)
	return end <= c.now-c.past
}

// shift moves a slice of per-period values (width values a period, current
// period first) by n periods; the periods that come in are zero.
func shift[T any](values []T, width, n int) {
	if n *= width; n > len(values) {
		n = len(values)
	}
	copy(values[n:], values)
	clear(values[:n])
}

func (c *clock) encode(e *wire.Encoder) {
	history := c.calendar.History()
	e.Uint(uint64(len(history)))
	for _, h := range history {
		e.Int(h.From)
		e.String(h.Zone)
		e.Int(h.Code())
	}
	e.Int(int64(c.asOf))
	e.Int(int64(c.now))
	for _, t := range c.tracks {
		e.Bool(t != nil)
		if t != nil {
			e.Int(int64(t.end))
			for _, s := range t.starts {
				e.Int(int64(s))
			}
		}
	}
}

func decodeClock(d *wire.Decoder) (clock, error) {
	var history []calendar.Entry
	for range d.Count(3) {
		h := calendar.Entry{From: d.Int(), Zone: d.String()}
		h.Decode(d.Int())
		history = append(history, h)
	}
	if d.Err() != nil {
		return clock{}, d.Err()
	}
	cal, err := calendar.FromHistory(history)
	if err != nil {
		return clock{}, err
	}
	c := clock{calendar: cal, asOf: Minute(d.Int()), now: Minute(d.Int())}
	for k := range c.tracks {
		if !d.Bool() {
			continue
		}
		t := &track{kind: usage.Kind(k), end: Minute(d.Int()), starts: make([]Minute, depth[k])}
		for i := range t.starts {
			t.starts[i] = Minute(d.Int())
		}
		c.tracks[k] = t
		c.latest = max(c.latest, t.starts[0])
	}
	return c, d.Err()
}
