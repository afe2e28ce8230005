// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Periods say when those of the organizations of a schedule end and close.
type Periods struct {
	// Calendars of the organizations; none: that of UTC.
	Calendars []*calendar.Calendar
	// Grace is how long after its end a period stays open.
	Grace time.Duration
	// Since is when the ledger began: it knows nothing of periods that were over
	// then.
	Since time.Time
}

// Known reports whether anything is known of a period.
func (p *Periods) Known(of Period) bool { return of.End.After(p.Since) }

// Run is one time at which a schedule's report is due.
type Run struct {
	// Key tells the runs of a schedule apart. That of a run which is the only
	// one about its period stays the same when the schedule is changed, so that
	// no period is sent twice.
	Key    string
	Due    time.Time
	Period Period
}

// Period is what a report is about.
type Period struct {
	Window string `json:"window"` // "month"
	Name   string `json:"name"`   // as reports are asked for: "2026-10"
	// Start and End are those of the organization, or of UTC where there are
	// several.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Next returns the first run that is due after an instant. The schedule has
// been checked; whether it is enabled does not matter.
func (s *Schedule) Next(after time.Time, p Periods) (Run, error) {
	o, err := s.order(p)
	switch {
	case err != nil:
		return Run{}, err
	case o.cron != nil:
		return o.cronRun(o.nextCron(o.zone, after))
	default:
		return o.nextRun(after)
	}
}

// Last returns the run that would be the latest at an instant, had the schedule
// been there.
func (s *Schedule) Last(now time.Time, p Periods) (Run, error) {
	o, err := s.order(p)
	switch {
	case err != nil:
		return Run{}, err
	case o.cron != nil:
		return o.cronRun(now)
	default:
		return o.lastRun(now)
	}
}

// Running returns the period that an instant lies in.
func (s *Schedule) Running(now time.Time, p Periods) (Period, error) {
	o, err := s.order(p)
	if err != nil {
		return Period{}, err
	}
	return o.named(o.of.Period(o.kind, now))
}

// Due returns the latest run that is due after one instant and not after
// another, and how many others before it are as well.
func (s *Schedule) Due(after, now time.Time, p Periods) (run Run, earlier int, is bool, err error) {
	for {
		next, err := s.Next(after, p)
		if err != nil || next.Due.After(now) {
			return run, max(earlier-1, 0), is, err
		}
		run, after, is = next, next.Due, true
		earlier++
	}
}

// order is a cadence over the periods of organizations.
type order struct {
	cadence
	periods Periods
	of      *calendar.Calendar // whose periods they are
}

func (s *Schedule) order(p Periods) (order, error) {
	c, err := s.parse()
	o := order{cadence: c, periods: p, of: calendar.New(time.UTC, 1)}
	if len(p.Calendars) == 1 {
		o.of = p.Calendars[0]
	}
	if o.zone == nil {
		o.zone = o.of.Zone()
	}
	if s.Provisional {
		o.periods.Grace = 0
	}
	return o, err
}

// lag is more than lies between the end of a period's grace and the run.
func (o *order) lag() time.Duration {
	days := 4 // for organizations of other zones, and the time of day
	if o.weekday != nil || o.day > 0 {
		days += 31
	}
	return time.Duration(days) * 24 * time.Hour
}

// nextRun returns the first run after an instant of a cadence that has one for
// each period.
func (o *order) nextRun(after time.Time) (Run, error) {
	p := o.of.Period(o.kind, after.Add(-o.periods.Grace-o.lag()))
	for {
		if due := o.due(p); due.After(after) {
			return o.run(p, due)
		}
		p = o.of.Period(o.kind, p.End)
	}
}

// lastRun returns the last run of such a cadence that is due at an instant.
func (o *order) lastRun(now time.Time) (Run, error) {
	p := o.of.Period(o.kind, now)
	for {
		if due := o.due(p); !due.After(now) {
			return o.run(p, due)
		}
		p = o.of.Period(o.kind, p.Start.Add(-1))
	}
}

func (o *order) run(p calendar.Period, due time.Time) (Run, error) {
	named, err := o.named(p)
	return Run{Key: named.Name, Due: due, Period: named}, err
}

// due returns when the report of a period is sent: at the time of day on the
// first of its days on which the whole days of the grace have passed, or when
// the period is closed, where that is later.
func (o *order) due(p calendar.Period) time.Time {
	zone, _ := o.of.At(o.kind, p.Start)
	end := p.End.In(zone)
	graceDays := int(o.periods.Grace / (24 * time.Hour))
	day := o.on(usage.DateOf(time.Date(end.Year(), end.Month(), end.Day()+graceDays, 0, 0, 0, 0, time.UTC)))
	due := calendar.Wall(o.zone, day, o.minute)
	if closed := o.closed(p); due.Before(closed) {
		return closed
	}
	return due
}

// closed returns when a period is closed for each of the organizations, which
// may lie in other zones.
func (o *order) closed(p calendar.Period) time.Time {
	end, middle := p.End, p.Start.Add(p.End.Sub(p.Start)/2)
	for _, c := range o.periods.Calendars {
		if of := c.Period(o.kind, middle); of.End.After(end) {
			end = of.End
		}
	}
	return end.Add(o.periods.Grace)
}

// cronRun returns the run of a time: it is about the last period that is
// closed then.
func (o *order) cronRun(due time.Time) (Run, error) {
	p := o.of.Period(o.kind, due)
	for o.closed(p).After(due) {
		p = o.of.Period(o.kind, p.Start.Add(-1))
	}
	named, err := o.named(p)
	return Run{Key: due.Format(time.RFC3339), Due: due, Period: named}, err
}

// named gives a period the name by which people ask for its report. A zone that
// has changed may have moved its ends by hours, so its middle says which it is;
// a billing cycle is named by the month that it begins in.
func (o *order) named(p calendar.Period) (Period, error) {
	zone, _ := o.of.At(o.kind, p.Start)
	day := p.Start.Add(p.End.Sub(p.Start) / 2)
	if o.kind == usage.Cycle {
		day = p.Start
	}
	window, err := usage.ParseWindow(o.kind.String())
	if err != nil {
		return Period{}, err
	}
	span, err := report.SpanOf(window, usage.DateOf(day.In(zone)))
	return Period{Window: o.kind.String(), Name: span.Name, Start: p.Start, End: p.End}, err
}
