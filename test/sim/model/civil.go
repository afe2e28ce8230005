// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// date is a civil date as midnight in UTC; the zero date is before all others.
type date struct{ midnight time.Time }

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

func (d date) addDays(n int) date { return date{d.midnight.AddDate(0, 0, n)} }

// anchorDay returns the date of the billing anchor in the month that lies n
// months after the date's.
func (d date) anchorDay(n, anchor int) date {
	y, m, _ := d.midnight.Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return dateOf(last.AddDate(0, 0, min(anchor, last.Day())-last.Day()))
}

// period is [start, end).
type period struct{ start, end time.Time }

// civil is an organization's calendar, found by looking at the wall clock of
// every minute.
type civil struct {
	first   zoned
	changes []change
	starts  map[*time.Location]map[date]time.Time // the first instants of dates
	hours   map[zonedMinute]period
}

type zonedMinute struct {
	zone   *time.Location
	minute time.Time
}

// zoned is a zone and an anchor.
type zoned struct {
	zone   *time.Location
	anchor int
}

type change struct {
	at time.Time
	to zoned
}

func newCivil(o Organization) (*civil, error) {
	z, err := newZoned(o)
	return &civil{first: z, starts: map[*time.Location]map[date]time.Time{}, hours: map[zonedMinute]period{}}, err
}

func newZoned(o Organization) (zoned, error) {
	zone, err := time.LoadLocation(o.Timezone) // "" is UTC
	return zoned{zone, max(o.AnchorDay, 1)}, err
}

// period returns the period of a kind that contains t: it goes from change to
// change, each of which begins where the period running at it ends.
func (c *civil) period(k usage.Kind, t time.Time) period {
	now, since := c.first, time.Time{}
	for i := 0; i < len(c.changes); {
		running := c.clipped(now, k, c.changes[i].at, since)
		for i < len(c.changes) && c.changes[i].at.Before(running.end) {
			i++
		}
		if t.Before(running.end) {
			break
		}
		now, since = c.changes[i-1].to, running.end
	}
	return c.clipped(now, k, t, since)
}

// clipped is the period by a zone and anchor that are in force since an instant.
// The one that begins then is a day long at the least: else it has the next one
// in it.
func (c *civil) clipped(z zoned, k usage.Kind, t, since time.Time) period {
	if since.IsZero() {
		return c.plain(z, k, t)
	}
	first := c.plain(z, k, since)
	if first.start.Before(since) && first.end.Sub(since) < 24*time.Hour && k != usage.Hour {
		first.end = c.plain(z, k, first.end).end
	}
	if first.start = since; t.Before(first.end) {
		return first
	}
	return c.plain(z, k, t)
}

// plain is the period by one zone and anchor, as if there were no other.
func (c *civil) plain(z zoned, k usage.Kind, t time.Time) period {
	if k == usage.Hour {
		minute := zonedMinute{z.zone, t.UTC().Truncate(time.Minute)}
		if _, known := c.hours[minute]; !known {
			c.hours[minute] = hourOf(z.zone, minute.minute)
		}
		return c.hours[minute]
	}
	d := dateOf(t.In(z.zone))
	for {
		first, next := dates(k, d, z.anchor)
		if end := c.firstInstant(z.zone, next); t.Before(end) {
			return period{c.firstInstant(z.zone, first), end}
		}
		d = next // the clock was put back over midnight
	}
}

// dates returns the first date of the period of a kind that a date lies in,
// and that of the next period.
func dates(k usage.Kind, d date, anchor int) (first, next date) {
	switch k {
	case usage.Day:
		return d, d.addDays(1)
	case usage.Week:
		for first = d; first.midnight.Weekday() != time.Monday; {
			first = first.addDays(-1)
		}
		return first, first.addDays(7)
	case usage.Cycle:
		if d.midnight.Before(d.anchorDay(0, anchor).midnight) {
			return d.anchorDay(-1, anchor), d.anchorDay(0, anchor)
		}
		return d.anchorDay(0, anchor), d.anchorDay(1, anchor)
	default:
		months := map[usage.Kind]int{usage.Month: 1, usage.Quarter: 3, usage.Half: 6, usage.Year: 12}[k]
		into := (int(d.midnight.Month()) - 1) % months
		return d.anchorDay(-into, 1), d.anchorDay(months-into, 1)
	}
}

// firstInstant returns the first instant at which the wall clock of a zone
// shows a date or a later one.
func (c *civil) firstInstant(zone *time.Location, d date) time.Time {
	if c.starts[zone] == nil {
		c.starts[zone] = map[date]time.Time{}
	}
	if start, known := c.starts[zone][d]; known {
		return start
	}
	t := d.midnight.Add(-15 * time.Hour)
	for wallClock(zone, t).Before(d.midnight) {
		t = t.Add(time.Minute)
	}
	c.starts[zone][d] = t
	return t
}

// wallClock returns what the wall clock shows, as if it were UTC.
func wallClock(zone *time.Location, t time.Time) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// hourOf returns the clock hour of a minute: the minutes around it that the offset
// then in force floors to the same instant.
func hourOf(zone *time.Location, t time.Time) period {
	floor := func(t time.Time) time.Time {
		wall := wallClock(zone, t)
		return t.UTC().Add(wall.Truncate(time.Hour).Sub(wall))
	}
	hour, start := floor(t), t
	for floor(start.Add(-time.Minute)).Equal(hour) {
		start = start.Add(-time.Minute)
	}
	end := start.Add(time.Minute)
	for floor(end).Equal(hour) {
		end = end.Add(time.Minute)
	}
	return period{start, end}
}

// startOf returns the instant at which a date begins, in the zone by which
// days are then cut.
func (c *civil) startOf(d date) time.Time {
	if d.midnight.IsZero() {
		return time.Time{}
	}
	start := c.firstInstant(c.first.zone, d)
	for _, ch := range c.changes {
		// From the end of the day that runs at the change on.
		from := c.period(usage.Day, ch.at).end
		if !start.Before(from) {
			start = c.firstInstant(ch.to.zone, d)
			if start.Before(from) {
				start = from
			}
		}
	}
	return start
}
