// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// windows are the kinds of periods that a cadence may be about; the first is
// the default.
var windows = map[string][]usage.Kind{
	"daily":     {usage.Day},
	"weekly":    {usage.Week},
	"monthly":   {usage.Month, usage.Cycle},
	"quarterly": {usage.Quarter},
	"cron":      {usage.Month, usage.Day, usage.Week, usage.Quarter, usage.Half, usage.Year, usage.Cycle},
}

// cadence is how often, on which day and at what time.
type cadence struct {
	kind    usage.Kind
	zone    *time.Location     // nil: as the organization
	minute  int                // of the day
	weekday *time.Weekday      // nil: any
	day     int                // of the month; 0: any
	cron    *cron.SpecSchedule // nil: once for each period
}

// errNever says that an expression has no time.
var errNever = errors.New("no date ever matches it")

// parseCron reads five fields, or a name as @monthly. Zones and intervals of
// other programs are refused: a zone is a key of its own, and @every has no
// times, but some distance from whenever a process began.
func parseCron(fields string) (*cron.SpecSchedule, error) {
	switch {
	case fields == "":
		return nil, errors.New("it is empty")
	case strings.Contains(fields, "TZ="):
		return nil, errors.New("a zone does not belong into it: use the key timezone")
	case strings.HasPrefix(fields, "@every"):
		return nil, errors.New("@every has no fixed times")
	}
	parsed, err := cron.ParseStandard(fields)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "cron: "))
	}
	spec, fixed := parsed.(*cron.SpecSchedule)
	if !fixed {
		return nil, errors.New("it has no fixed times")
	}
	spec.Location = time.UTC
	if spec.Next(time.Date(2023, 3, 1, 0, 0, 0, 0, time.UTC)).IsZero() { // before a leap year; it looks five years ahead
		return nil, errNever
	}
	return spec, nil
}

// everyHour reports whether the hours of an expression are "*".
func everyHour(spec *cron.SpecSchedule) bool { return spec.Hour>>63 == 1 }

// parse reads the cadence of a schedule that has been checked.
func (s *Schedule) parse() (cadence, error) {
	var c cadence
	name := s.Cadence
	if fields, is := cronExpression(s.Cadence); is {
		var err error
		if c.cron, err = parseCron(fields); err != nil {
			return c, fmt.Errorf("cadence: %q: %w", s.Cadence, err)
		}
		name = "cron"
	}
	kinds, known := windows[name]
	if !known {
		return c, fmt.Errorf("cadence: %q: unknown", s.Cadence)
	}
	c.kind = kinds[0]
	for _, k := range kinds {
		if k.String() == s.Window {
			c.kind = k
		}
	}
	var err error
	if c.minute, err = minutes(cmp.Or(s.Time, DefaultTime)); err != nil {
		return c, fmt.Errorf("time: %w", err)
	}
	if s.Timezone != "" {
		if c.zone, err = time.LoadLocation(s.Timezone); err != nil {
			return c, fmt.Errorf("timezone: %w", err)
		}
	}
	if w, is := weekdays[s.Day]; is {
		c.weekday = &w
	} else if s.Day != "" {
		if c.day, err = strconv.Atoi(s.Day); err != nil {
			return c, fmt.Errorf("day: %w", err)
		}
	}
	return c, nil
}

// on returns the first day from a date on that is one of the cadence's.
func (c *cadence) on(d usage.Date) usage.Date {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	for !c.has(t) {
		t = t.AddDate(0, 0, 1)
	}
	return usage.DateOf(t)
}

func (c *cadence) has(day time.Time) bool {
	switch {
	case c.weekday != nil:
		return day.Weekday() == *c.weekday
	case c.day > 0: // the 31st of a shorter month is its last day
		return day.Day() == min(c.day, time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day())
	default:
		return true
	}
}

// nextCron returns the first time of the expression after an instant. Fixed
// times are those of the wall clock: one that a DST change skips is made up for
// at the change, and one that it repeats counts once. With "*" for the hours
// they are not of a time of day, so that every hour has them, also the repeated
// one.
func (c *cadence) nextCron(zone *time.Location, after time.Time) time.Time {
	if everyHour(c.cron) {
		spec := *c.cron
		spec.Location = zone
		return spec.Next(after).UTC()
	}
	local := after.In(zone)
	wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
	for {
		wall = c.cron.Next(wall)
		if at := calendar.Wall(zone, usage.DateOf(wall), wall.Hour()*60+wall.Minute()); at.After(after) {
			return at
		}
	}
}
