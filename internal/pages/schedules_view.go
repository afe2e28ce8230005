// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
)

// schedulesView is the page as schedules.html wants it.
type schedulesView struct {
	*Schedules
	Wrong    Refusals
	Message  string
	Failed   bool // what was done did not succeed
	Rows     []scheduleRow
	Shown    *scheduleRow
	Attempts []attempt
	// Editable reports whether the client may change the one that is shown, or
	// make a new one.
	Editable bool
	Offered  Subjects
	Several  bool // whether a schedule may be about several
	Kinds    []option
	Formats  []option
	Cadences []option
	Windows  []option
	Days     []option
}

// scheduleRow is a schedule in the list.
type scheduleRow struct {
	ID, Name, What, When, To string
	Formats                  string
	Link                     string
	Enabled                  bool
	Next, Period             string
	Problem                  string
	Last                     string
	Due, Failed              int
	Made, Changed            string
	Editable                 bool
}

// attempt is a delivery in the history.
type attempt struct {
	When, Period, To, State, Band, Error, Note string
	ID                                         string
}

// messages are said after something was done.
var messages = map[string]string{
	"created": "The schedule is made.", "changed": "The schedule is changed.", "deleted": "The schedule is deleted, with the history of its deliveries.",
	"enabled": "The schedule is switched on: its next run is the first.", "disabled": "The schedule is switched off: what was waiting is cancelled.",
	"tested": "The test has reached whom it was sent to.", "retried": "What had failed is tried again.",
}

func (p *Schedules) view() *schedulesView {
	v := &schedulesView{Schedules: p, Wrong: p.refused, Message: messages[p.Done], Offered: p.Writable, Several: p.All, Editable: p.All || len(p.Writable) > 0}
	if p.One != nil {
		row := p.row(p.One)
		v.Shown, v.Editable = &row, row.Editable
		for i := range p.Deliveries {
			d := &p.Deliveries[i]
			v.Attempts = append(v.Attempts, newAttempt(d, p.zone(&p.One.Schedule)))
			if p.Done == "tested" && d.Test && d.State == dispatch.Failed && d.Created.Equal(p.Deliveries[0].Created) {
				v.Failed, v.Message = true, "The test has not reached everybody: the history says why."
			}
		}
	} else {
		for i := range p.List {
			v.Rows = append(v.Rows, p.row(&p.List[i]))
		}
	}
	v.options()
	return v
}

// options are what the form has to choose from.
func (v *schedulesView) options() {
	f := &v.Form
	for _, k := range report.Kinds {
		v.Kinds = append(v.Kinds, option{Value: string(k), Title: k.Title()})
	}
	v.Kinds = choose(v.Kinds, string(f.Kind))
	for _, name := range reporter.FormatsOf(report.Billing) { // which has all
		v.Formats = append(v.Formats, option{name, formatNames[name].Name, formatNames[name].Hint, slices.Contains(f.Formats, name)})
	}
	v.Cadences = choose([]option{
		{Value: "daily", Title: "Daily"}, {Value: "weekly", Title: "Weekly"}, {Value: "monthly", Title: "Monthly"}, {Value: "quarterly", Title: "Quarterly"},
		{Value: cron, Title: "By a cron expression"},
	}, f.Cadence)
	v.Windows = choose([]option{
		{Title: "as often as it is sent"}, {Value: "day", Title: "a day"}, {Value: "week", Title: "a week"}, {Value: "month", Title: "a calendar month"},
		{Value: "quarter", Title: "a quarter"}, {Value: "half", Title: "a half-year"}, {Value: "year", Title: "a year"}, {Value: "cycle", Title: "a billing cycle"},
	}, f.Window)
	days := []option{{Title: "as soon as the period is closed"}}
	for i := range 7 {
		day := time.Weekday((i + 1) % 7).String()
		days = append(days, option{Value: strings.ToLower(day), Title: "on " + day})
	}
	for i := 1; i <= 31; i++ {
		days = append(days, option{Value: strconv.Itoa(i), Title: "on the " + ordinal(i)})
	}
	days[len(days)-1].Title += ", or the month’s last"
	v.Days = choose(days, f.Day)
}

func ordinal(n int) string {
	suffix := "th"
	if n < 11 || n > 13 {
		suffix = map[int]string{1: "st", 2: "nd", 3: "rd"}[n%10]
		if suffix == "" {
			suffix = "th"
		}
	}
	return strconv.Itoa(n) + suffix
}

func (p *Schedules) row(s *dispatch.Status) scheduleRow {
	zone := p.zone(&s.Schedule)
	row := scheduleRow{
		ID: s.ID, Name: s.Name, Link: "schedules?" + url.Values{"schedule": {s.ID}}.Encode(), Enabled: s.Enabled,
		What: s.Report.Title() + ", " + p.about(s.Scope), To: strings.Join(s.Recipients, ", "), When: cadence(&s.Schedule),
		Formats: formats(s.Formats), Problem: s.Problem, Due: s.Due, Failed: s.Failed, Next: clock(s.Next, zone), Last: clock(s.Last, zone),
		Made: by(s.Created, s.CreatedBy, zone), Editable: p.editable(s.Scope),
	}
	if s.Changed.After(s.Created) {
		row.Changed = by(s.Changed, s.ChangedBy, zone)
	}
	if s.Period != nil {
		row.Period = s.Period.Name
		if span, err := report.ParseSpan(s.Period.Name, s.Period.Window); err == nil {
			row.Period = span.Title
		}
	}
	return row
}

// editable reports whether the client may change schedules about someone.
func (p *Schedules) editable(s schedule.Scope) bool {
	return p.All || s.Organization != "" && slices.ContainsFunc(p.Writable, func(o Organization) bool { return o.ID == s.Organization })
}

func (p *Schedules) about(s schedule.Scope) string {
	switch {
	case s.Organization != "":
		for _, o := range p.Subjects {
			if o.ID == s.Organization {
				return o.Called()
			}
		}
		return s.Organization
	case s.Reseller != "":
		return "organizations of " + s.Reseller
	default:
		return "all organizations"
	}
}

// zone is the one whose clocks a schedule goes by.
func (p *Schedules) zone(s *schedule.Schedule) *time.Location {
	if zone, err := time.LoadLocation(s.Timezone); err == nil && s.Timezone != "" {
		return zone
	}
	for _, o := range p.Subjects {
		if o.ID == s.Organization && o.Zone != nil {
			return o.Zone
		}
	}
	return time.UTC
}

// formats are what people call some.
func formats(names []string) string {
	var all []string
	for _, name := range names {
		all = append(all, cmp.Or(formatNames[name].Name, name))
	}
	return strings.Join(all, ", ")
}

func cadence(s *schedule.Schedule) string {
	text := s.Cadence
	if s.Day != "" {
		text += " on " + strings.ToUpper(s.Day[:1]) + s.Day[1:]
		if n, err := strconv.Atoi(s.Day); err == nil {
			text = s.Cadence + " on the " + ordinal(n)
		}
	}
	if s.Time != "" {
		text += " at " + s.Time
	}
	return text
}

// clock is what clocks show in a zone.
func clock(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("Mon 2 Jan 2006, 15:04 MST")
}

func by(t time.Time, who string, zone *time.Location) string {
	if who == "" {
		return clock(t, zone)
	}
	return clock(t, zone) + " by " + who
}

func newAttempt(d *dispatch.Delivery, zone *time.Location) attempt {
	a := attempt{ID: d.ID, Period: d.Period.Name, To: d.Recipient, State: string(d.State), Band: string(d.State), Error: d.Error, When: clock(d.Due, zone)}
	if span, err := report.ParseSpan(d.Period.Name, d.Period.Window); err == nil {
		a.Period = span.Title
	}
	var notes []string
	if d.Test {
		notes = append(notes, "test")
	}
	switch {
	case d.State == dispatch.Due && d.Attempts == 0:
		a.State = "to be sent"
	case d.State == dispatch.Due:
		a.State, a.Band = "waiting", "waiting"
		notes = append(notes, fmt.Sprintf("tried %d×, again on %s", d.Attempts, clock(d.Next, zone)))
	case d.State == dispatch.Delivered:
		notes = append(notes, clock(d.Done, zone))
	case d.State == dispatch.Failed && !d.Test:
		notes = append(notes, fmt.Sprintf("given up after %d tries", d.Attempts))
	}
	if d.Missed > 0 {
		notes = append(notes, fmt.Sprintf("%d runs before it were missed", d.Missed))
	}
	a.Note = strings.Join(notes, " · ")
	return a
}
