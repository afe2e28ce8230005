// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"math"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

const (
	hour = 3600
	day  = 24 * hour
	// farthest is more than any offset from UTC, and more than any change of
	// an offset (the date line: 24 h), in seconds.
	farthest = 27 * hour
)

// rules cut time into periods by one zone and anchor, as if they had always
// been in force. All instants are unix seconds; a "local" number is the same
// count by the wall clock, as if it were UTC.
type rules struct {
	zone   *time.Location
	anchor int
}

func newRules(zone *time.Location, anchor int) rules {
	if zone == nil {
		zone = time.UTC
	}
	return rules{zone: zone, anchor: min(max(anchor, 1), 31)}
}

func (r rules) same(other rules) bool {
	return r.anchor == other.anchor && r.zone.String() == other.zone.String()
}

// period returns the period of kind k that contains t.
func (r rules) period(k usage.Kind, t int64) (start, end int64) {
	span := r.spanAt(t)
	if k == usage.Hour {
		return r.hour(t, span)
	}
	y, m, d := time.Unix(t+span.offset, 0).UTC().Date()
	for {
		first, next := r.dates(k, y, m, d)
		start, end = r.startIn(span, first), r.startIn(span, next)
		if t < end {
			return start, end
		}
		// The clock was put back across the boundary: the wall clock shows
		// the old period once more, but the new one has begun.
		y, m, d = time.Unix(next, 0).UTC().Date()
	}
}

// dates returns the local midnights at which the period of kind k that holds a
// date begins and ends.
func (r rules) dates(k usage.Kind, y int, m time.Month, d int) (first, next int64) {
	switch k {
	case usage.Day:
		first = midnightOf(y, m, d)
		return first, first + day
	case usage.Week:
		date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		first = date.Unix() - int64(date.Weekday()+6)%7*day
		return first, first + 7*day
	case usage.Cycle:
		if d < r.anchorIn(y, m) {
			m--
		}
		return r.cycleStart(y, m), r.cycleStart(y, m+1)
	default: // whole months
		months := time.Month(k.Months())
		m -= (m - 1) % months
		return midnightOf(y, m, 1), midnightOf(y, m+months, 1)
	}
}

// anchorIn returns the anchor day clamped to the last day of a month; the
// month may lie outside 1..12.
func (r rules) anchorIn(y int, m time.Month) int {
	if r.anchor <= 28 {
		return r.anchor
	}
	return min(r.anchor, time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day())
}

func (r rules) cycleStart(y int, m time.Month) int64 {
	return midnightOf(y, m, r.anchorIn(y, m))
}

func midnightOf(y int, m time.Month, d int) int64 {
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()
}

// hour returns the clock hour of t: all instants near t that the offset then
// in force floors to the same instant. It is shorter than an hour only where
// the offset changes by a part of an hour.
func (r rules) hour(t int64, s span) (start, end int64) {
	floor := floorHour(t, s.offset)
	start, end = floor, floor+hour
	if s.from > start && floorHour(s.from-1, r.spanAt(s.from-1).offset) != floor {
		start = s.from
	}
	if s.until < end && floorHour(s.until, r.spanAt(s.until).offset) != floor {
		end = s.until
	}
	return start, end
}

func floorHour(t, offset int64) int64 {
	return t - ((t+offset)%hour+hour)%hour
}

// span is a span of time [from, until) with one offset from UTC.
type span struct{ from, until, offset int64 }

func (r rules) spanAt(t int64) span {
	if r.zone == time.UTC {
		return span{math.MinInt64, math.MaxInt64, 0}
	}
	at := time.Unix(t, 0).In(r.zone)
	_, offset := at.Zone()
	from, until := at.ZoneBounds()
	s := span{math.MinInt64, math.MaxInt64, int64(offset)}
	if !from.IsZero() {
		s.from = from.Unix()
	}
	if !until.IsZero() {
		s.until = until.Unix()
	}
	if s.until <= t {
		// Past its table of changes, package time ends the last span of every
		// year after 365 days, also in leap years.
		s.until = t - t%day + day
	}
	return s
}

// startIn is startOf with one span already looked up, for the ordinary case
// that the midnight lies well inside it.
func (r rules) startIn(s span, midnight int64) int64 {
	start := midnight - s.offset
	if start < s.until && (s.from == math.MinInt64 || start-s.from > farthest) {
		return start
	}
	return r.startOf(midnight)
}

// startOf returns the first instant at which the wall clock shows a local
// midnight or later. Where a DST change or the date line skips the midnight
// that is the instant of the change.
func (r rules) startOf(midnight int64) int64 {
	t := midnight - farthest // the wall clock is surely before midnight
	for {
		s := r.spanAt(t)
		if start := max(midnight-s.offset, t); start < s.until {
			return start
		}
		t = s.until
	}
}
