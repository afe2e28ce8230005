// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// day is one local day of one organization while it is told.
type day struct {
	*organization
	year    int
	month   time.Month
	date    int
	weekday time.Weekday
	index   int // days since the plan's start; negative before it
	rng     *rand.Rand
	events  []Event
	first   int // index of the day's first event
}

// tell appends everything that the organization does on the local day that has
// the date of a UTC day.
func (o *organization) tell(events []Event, date time.Time) []Event {
	d := day{organization: o, weekday: date.Weekday(), events: events, first: len(events)}
	d.year, d.month, d.date = date.Date()
	d.index = int(math.Floor(date.Sub(o.plan.Start).Hours() / 24))
	if d.index < 0 {
		return events
	}
	for i, activity := range []func(*day){(*day).yard, (*day).learning, (*day).workspace, (*day).transcription, (*day).api, (*day).mishaps} {
		d.rng = o.plan.source(o.hash, uint64(d.index), uint64(i))
		activity(&d)
	}
	return append(d.events[:d.first], o.beforeSilence(d.events[d.first:])...)
}

// at returns the instant of an hour of the local day; hours of 24 and more lie
// on the next one.
func (d *day) at(hour float64) time.Time {
	seconds, fraction := math.Modf(hour * 3600)
	return time.Date(d.year, d.month, d.date, 0, 0, int(seconds), int(fraction*1e9), d.location).UTC()
}

// log tells one event as a log record that is exported at once, and returns
// the event to add to.
func (d *day) log(at time.Time, user, action string, attributes ...Attribute) *Event {
	d.events = append(d.events, Event{
		Organization: d.id, User: user, Action: action, At: at, Arrives: at,
		Signal: usage.Logs, UID: d.uid(at), Attributes: attributes,
	})
	return &d.events[len(d.events)-1]
}

// office is how busy offices are on this day, 1 on an ordinary working day.
func (d *day) office() float64 {
	return [...]float64{0.10, 1.06, 1.10, 1.08, 1.0, 0.84, 0.14}[d.weekday] * d.season() * d.monthEnd()
}

// season takes the holidays out of the year.
func (d *day) season() float64 {
	switch {
	case d.month == time.December && d.date >= 24, d.month == time.January && d.date == 1:
		return 0.35
	case d.month == time.August && d.location != time.UTC:
		return 0.85
	}
	return 1
}

// monthEnd is the organization's rush on the last four days of a month.
func (d *day) monthEnd() float64 {
	last := time.Date(d.year, d.month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if last-d.date < 4 {
		return d.rush
	}
	return 1
}

// officeHour draws an hour of an office day: a morning and an afternoon, and
// now and then an evening.
func (d *day) officeHour() float64 {
	hour := 14.8 + 1.5*d.rng.NormFloat64()
	switch x := d.rng.Float64(); {
	case x < 0.45:
		hour = 10.2 + 1.2*d.rng.NormFloat64()
	case x > 0.93:
		hour = 20 + 1.4*d.rng.NormFloat64()
	}
	return min(max(hour, 0), 23.99)
}

// some draws how often something happens that happens mean times on average.
func (d *day) some(mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 30 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*d.rng.NormFloat64())))
	}
	n, product, limit := 0, d.rng.Float64(), math.Exp(-mean)
	for product > limit {
		n++
		product *= d.rng.Float64()
	}
	return n
}

// weighted is a value that is drawn in proportion to its weight.
type weighted struct {
	value  string
	weight int
}

func (d *day) pick(from []weighted) string {
	total := 0
	for _, w := range from {
		total += w.weight
	}
	n := d.rng.IntN(total)
	for _, w := range from {
		if n -= w.weight; n < 0 {
			return w.value
		}
	}
	return ""
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// uid returns a ULID, the id that OpenTelemetry recommends for log records:
// 48 bits of time in ms and 80 random bits.
func (d *day) uid(at time.Time) string {
	var id [26]byte
	ms := uint64(at.UnixMilli())
	for i := 9; i >= 0; i-- {
		id[i] = crockford[ms&31]
		ms >>= 5
	}
	high, low := d.rng.Uint64(), d.rng.Uint64()
	for i := range 8 {
		id[10+i] = crockford[high>>(5*i)&31]
		id[18+i] = crockford[low>>(5*i)&31]
	}
	return string(id[:])
}
