// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package calendar says which hour, day, week, month, quarter, half, year and
// billing cycle of an organization an instant lies in.
//
// A Calendar is an IANA zone and a billing anchor day, with all those that the
// organization had before. The periods of one kind tile time: each ends where
// the next one starts, across DST changes, skipped dates and changes of the
// zone.
//
//	c := calendar.New(berlin, 31)
//	p := c.Period(usage.Cycle, t)            // p.Start <= t < p.End
//	before := c.Period(usage.Cycle, p.Start.Add(-1))
//	c = c.Change(now, tokyo, 31)             // from the next period on
//
// A date begins at its first instant: where a DST change skips midnight that
// is the instant of the change, and where it repeats midnight the earlier one.
//
// The package is pure: it reads no clock. It resolves zone names with
// [time.LoadLocation] in [FromHistory] only.
package calendar

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Period is [Start, End), both in UTC and on whole seconds. Periods compare
// with ==.
type Period struct{ Start, End time.Time }

// Contains reports whether t lies in the period.
func (p Period) Contains(t time.Time) bool { return !t.Before(p.Start) && t.Before(p.End) }

// Calendar is an organization's time zone and billing anchor, with all earlier
// ones. It is immutable and safe for concurrent use.
type Calendar struct {
	history []entry // never empty, oldest first
	// regimes say, for each kind, from which instant on which entry counts.
	// They are empty until the first change: then the only entry counts.
	regimes [usage.NumKinds][]regime
}

// entry is a calendar and the second at which it was set.
type entry struct {
	from int64
	// clips says that the first period ends at the first boundary, however
	// short that makes it: the law by which calendars were changed once.
	clips bool
	rules
}

// regime is the span over which one entry gives the periods of a kind. It
// begins with a period's end of the regime before; its first period ends at
// until.
type regime struct {
	from, until int64
	rules
}

// New returns the calendar of a zone (nil: UTC) and a billing anchor day. An
// anchor outside 1..31 is taken as the nearest one inside.
func New(zone *time.Location, anchor int) *Calendar {
	return &Calendar{history: []entry{{rules: newRules(zone, anchor)}}}
}

// Change returns the calendar as changed at the given instant. For each kind
// the period running then ends where it would have ended; the next one starts
// there and ends at the first boundary of the new calendar after it, or, were
// it shorter than a day by that, at the second. (An hour is shorter than a day
// as it is: it ends at the first.) A change during a period replaces an earlier
// one during the same period, which then never took effect for that kind.
//
// Setting the latest zone and anchor again returns c itself. An instant before
// the latest change counts as that of the latest change.
func (c *Calendar) Change(at time.Time, zone *time.Location, anchor int) *Calendar {
	return c.change(entry{from: at.Unix(), rules: newRules(zone, anchor)})
}

func (c *Calendar) change(next entry) *Calendar {
	last := c.history[len(c.history)-1]
	if next.same(last.rules) {
		return c
	}
	if len(c.history) > 1 {
		next.from = max(next.from, last.from)
	}
	changed := &Calendar{history: append(append([]entry(nil), c.history...), next)}
	for k := range changed.regimes {
		end := c.Period(usage.Kind(k), time.Unix(next.from, 0)).End.Unix()
		kept := append([]regime(nil), c.regimes[k]...)
		if len(kept) == 0 {
			kept = append(kept, regime{math.MinInt64, math.MinInt64, last.rules})
		}
		if kept[len(kept)-1].from == end {
			kept = kept[:len(kept)-1]
		}
		changed.regimes[k] = append(kept, regime{end, next.firstEnd(usage.Kind(k), end), next.rules})
	}
	return changed
}

// firstEnd returns when the first period of a kind by this calendar ends that
// begins at from.
func (e entry) firstEnd(k usage.Kind, from int64) int64 {
	start, end := e.period(k, from)
	if start < from && end-from < day && k != usage.Hour && !e.clips {
		_, end = e.period(k, end)
	}
	return end
}

// Period returns the period of a calendar kind that contains t. The kind must
// not be usage.Rolling.
func (c *Calendar) Period(k usage.Kind, t time.Time) Period {
	at, regimes := t.Unix(), c.regimes[k]
	if len(regimes) == 0 {
		start, end := c.history[0].period(k, at)
		return newPeriod(start, end)
	}
	i := len(regimes) - 1
	for regimes[i].from > at {
		i--
	}
	if at < regimes[i].until {
		return newPeriod(regimes[i].from, regimes[i].until)
	}
	return newPeriod(regimes[i].period(k, at))
}

// At returns the zone and anchor by which the period of a kind that contains t
// is cut. The kind must not be usage.Rolling.
func (c *Calendar) At(k usage.Kind, t time.Time) (zone *time.Location, anchor int) {
	at, regimes := t.Unix(), c.regimes[k]
	if len(regimes) == 0 {
		return c.history[0].zone, c.history[0].anchor
	}
	i := len(regimes) - 1
	for regimes[i].from > at {
		i--
	}
	return regimes[i].zone, regimes[i].anchor
}

func newPeriod(start, end int64) Period {
	return Period{Start: time.Unix(start, 0).UTC(), End: time.Unix(end, 0).UTC()}
}

// StartOf returns the first instant at which a civil date has begun in the zone
// then in force (the zone that days are cut by).
func (c *Calendar) StartOf(d usage.Date) time.Time {
	midnight := midnightOf(d.Year, d.Month, d.Day)
	regimes := c.regimes[usage.Day]
	if len(regimes) == 0 {
		return time.Unix(c.history[0].startOf(midnight), 0).UTC()
	}
	i, start := 0, regimes[0].startOf(midnight)
	for i+1 < len(regimes) && start >= regimes[i+1].from {
		i++
		// Where a regime begins when its date has, the date begins with it.
		start = max(regimes[i].startOf(midnight), regimes[i].from)
	}
	return time.Unix(start, 0).UTC()
}

// Zone returns the latest zone.
func (c *Calendar) Zone() *time.Location { return c.history[len(c.history)-1].zone }

// Anchor returns the latest billing anchor day.
func (c *Calendar) Anchor() int { return c.history[len(c.history)-1].anchor }

// Entry is one calendar of an organization in a form to be kept.
type Entry struct {
	From   int64 // when it was set, unix seconds; 0 for the first
	Zone   string
	Anchor int
	// Clips says that it was set when a first period could be shorter than a
	// day. Such a calendar keeps its periods: they have statements.
	Clips bool
}

// joins is added to the anchor of a calendar that does not clip where that is
// written down: what was written before there was such a thing has no more than
// the anchor.
const joins = 32

// Code returns the anchor and Clips as one number to be kept.
func (e Entry) Code() int64 {
	if e.Clips {
		return int64(e.Anchor)
	}
	return int64(e.Anchor) + joins
}

// Decode sets the anchor and Clips to what Code returned.
func (e *Entry) Decode(code int64) {
	e.Anchor, e.Clips = int(code), code < joins
	if !e.Clips {
		e.Anchor -= joins
	}
}

// History returns all calendars of the organization, oldest first. The zones
// must have been loaded by name for FromHistory to read it back.
func (c *Calendar) History() []Entry {
	entries := make([]Entry, len(c.history))
	for i, e := range c.history {
		entries[i] = Entry{From: e.from, Zone: e.zone.String(), Anchor: e.anchor, Clips: e.clips}
	}
	return entries
}

// zonesLoaded are those that were loaded, by name: loading one reads a file, and a
// start makes the calendars of all organizations.
var zonesLoaded sync.Map // of *time.Location

func zoneOf(name string) (*time.Location, error) {
	if zone, known := zonesLoaded.Load(name); known {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		zonesLoaded.Store(name, zone)
	}
	return zone, err
}

// FromHistory returns the calendar that History described.
func FromHistory(entries []Entry) (*Calendar, error) {
	if len(entries) == 0 {
		return nil, errors.New("calendar history is empty: it needs at least one entry")
	}
	var c *Calendar
	var before int64
	for i, e := range entries {
		zone, err := zoneOf(e.Zone)
		if err != nil {
			return nil, fmt.Errorf("calendar history entry %d: zone %q: %w", i, e.Zone, err)
		}
		if e.Anchor < 1 || e.Anchor > 31 {
			return nil, fmt.Errorf("calendar history entry %d: anchor %d: must be 1 to 31", i, e.Anchor)
		}
		switch {
		case i == 0:
			c = New(zone, e.Anchor)
		case i > 1 && e.From < before:
			return nil, fmt.Errorf("calendar history entry %d: from %d: is before the entry it follows (%d)", i, e.From, before)
		default:
			c = c.change(entry{from: e.From, clips: e.Clips, rules: newRules(zone, e.Anchor)})
		}
		before = e.From
	}
	return c, nil
}
