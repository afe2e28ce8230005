// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package period

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Depth is how many periods of each calendar kind are kept open for events
// that arrive late: the three that have figures, and days and weeks as far as
// the acceptance span of 35 days reaches, whose statements may be revised.
// 38 days: 35 x 24 h can touch 37 local days, and one more where a zone change
// made a short one. Their sum is 63: a user's activity fits one word.
var Depth = [usage.NumKinds]int{
	usage.Hour: 3, usage.Day: 38, usage.Week: 7, usage.Month: 3,
	usage.Quarter: 3, usage.Half: 3, usage.Year: 3, usage.Cycle: 3,
}

// Published is how many periods of a calendar kind have series.
const Published = 3

// Track is the current and the recent periods of one calendar kind.
type Track struct {
	Kind   usage.Kind
	End    Minute   // of the current period
	Starts []Minute // Starts[0] of the current period, older ones behind it
}

// Bounds returns the period that lies i periods before the current one.
func (t *Track) Bounds(i int) (start, end Minute) {
	if i == 0 {
		return t.Starts[0], t.End
	}
	return t.Starts[i], t.Starts[i-1]
}

// Index returns which period the minute m lies in, or -1 where it is older
// than all that are kept. m lies before the end of the current period.
func (t *Track) Index(m Minute) int {
	for i, s := range t.Starts {
		if m >= s {
			return i
		}
	}
	return -1
}

// Clock is an organization's time: the last whole minute whose figures are
// fixed, and the periods around it.
type Clock struct {
	Calendar *calendar.Calendar
	AsOf     Minute // figures are "at AsOf"; applied events lie before AsOf+1
	Now      Minute // the minute of the latest arrival or collection; >= AsOf
	Past     Minute // acceptance span
	Phase    Minute // minute of the hour at which rolling edges end; spreads their rebuilding over organizations
	Latest   Minute // the latest start of a current period: older records are to be renewed
	Tracks   [usage.NumKinds]*Track
	Days     Days
}

// PhaseOf returns the phase of an organization, by its id.
func PhaseOf(id string) Minute {
	h := uint32(2166136261)
	for _, b := range []byte(id) {
		h = (h ^ uint32(b)) * 16777619
	}
	return Minute(h % MinutesPerHour)
}

// Follow starts tracking a kind, if it is not tracked yet.
func (c *Clock) Follow(k usage.Kind) {
	if c.Tracks[k] != nil {
		return
	}
	t := &Track{Kind: k, Starts: make([]Minute, Depth[k])}
	p := c.Calendar.Period(k, c.AsOf.Time())
	t.End = MinuteOf(p.End)
	for i := range t.Starts {
		t.Starts[i] = MinuteOf(p.Start)
		p = c.Calendar.Period(k, p.Start.Add(-time.Minute))
	}
	c.Tracks[k] = t
	c.Latest = max(c.Latest, t.Starts[0])
}

// Roll moves a kind's track to the period that contains m and returns how many
// periods it moved.
func (c *Clock) Roll(k usage.Kind, m Minute) int {
	t, n := c.Tracks[k], 0
	for m >= t.End {
		copy(t.Starts[1:], t.Starts)
		t.Starts[0] = t.End
		t.End = MinuteOf(c.Calendar.Period(k, t.End.Time()).End)
		n++
	}
	c.Latest = max(c.Latest, t.Starts[0])
	return n
}

// Frozen reports whether the period i of a kind ended before the acceptance
// span: nothing revises its figures any more.
func (c *Clock) Frozen(k usage.Kind, i int) bool {
	_, end := c.Tracks[k].Bounds(i)
	return end <= c.Now-c.Past
}

// Shift moves a slice of per-period values (width values a period, current
// period first) by n periods; the periods that come in are zero.
func Shift[T any](values []T, width, n int) {
	if n *= width; n > len(values) {
		n = len(values)
	}
	copy(values[n:], values)
	clear(values[:n])
}

// Encode appends the clock, but for its days.
func (c *Clock) Encode(e *wire.Encoder) {
	history := c.Calendar.History()
	e.Uint(uint64(len(history)))
	for _, h := range history {
		e.Int(h.From)
		e.String(h.Zone)
		e.Int(h.Code())
	}
	e.Int(int64(c.AsOf))
	e.Int(int64(c.Now))
	for _, t := range c.Tracks {
		e.Bool(t != nil)
		if t != nil {
			e.Int(int64(t.End))
			for _, s := range t.Starts {
				e.Int(int64(s))
			}
		}
	}
}

// DecodeClock reads what Encode wrote.
func DecodeClock(d *wire.Decoder) (Clock, error) {
	var history []calendar.Entry
	for range d.Count(3) {
		h := calendar.Entry{From: d.Int(), Zone: d.String()}
		h.Decode(d.Int())
		history = append(history, h)
	}
	if d.Err() != nil {
		return Clock{}, d.Err()
	}
	cal, err := calendar.FromHistory(history)
	if err != nil {
		return Clock{}, err
	}
	c := Clock{Calendar: cal, AsOf: Minute(d.Int()), Now: Minute(d.Int())}
	for k := range c.Tracks {
		if !d.Bool() {
			continue
		}
		t := &Track{Kind: usage.Kind(k), End: Minute(d.Int()), Starts: make([]Minute, Depth[k])}
		for i := range t.Starts {
			t.Starts[i] = Minute(d.Int())
		}
		c.Tracks[k] = t
		c.Latest = max(c.Latest, t.Starts[0])
	}
	return c, d.Err()
}

// Turn is a step of a clock: from one minute to its AsOf.
type Turn struct {
	From  Minute
	Days  int                 // local days that have begun
	Ended [usage.NumKinds]int // periods of each kind that have ended
}
