// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pages

import (
	_ "embed"
	"io"
	"net/url"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// ScheduleForm is the form for a schedule, as it was sent.
type ScheduleForm struct {
	Name            string
	Kind            report.Kind
	About, Reseller string
	Formats         []string
	Recipients      string // as they were typed
	// Cadence is daily, weekly, monthly, quarterly or cron, whose fields are
	// Cron.
	Cadence, Cron               string
	Window, Day, Time, Timezone string
	Provisional, Enabled        bool
}

// fields are those of the form by the keys of errors.
func (f *ScheduleForm) fields() map[string]string {
	cadence := "cadence"
	if f.Cadence == cron {
		cadence = cron
	}
	return map[string]string{
		"name": "name", "report": "kind", "organization": "about", "reseller": "reseller", "formats": "formats", "recipients": "recipients",
		"cadence": cadence, "window": "window", "day": "day", "time": "time", "timezone": "timezone", "provisional": "provisional", "to": "to",
	}
}

// NewScheduleForm is the form before anything was typed.
func NewScheduleForm() ScheduleForm {
	return ScheduleForm{Kind: report.UsageSummary, Formats: []string{"pdf"}, Cadence: "monthly", Enabled: true}
}

const cron = "cron"

// ScheduleFormOf is the form for what is there.
func ScheduleFormOf(s *schedule.Schedule) ScheduleForm {
	f := ScheduleForm{
		Name: s.Name, Kind: s.Report, About: s.Organization, Reseller: s.Reseller, Formats: s.Formats, Recipients: strings.Join(s.Recipients, "\n"),
		Cadence: s.Cadence, Window: s.Window, Day: s.Day, Time: s.Time, Timezone: s.Timezone, Provisional: s.Provisional, Enabled: s.Enabled,
	}
	if fields, is := strings.CutPrefix(s.Cadence, cron+":"); is {
		f.Cadence, f.Cron = cron, strings.TrimSpace(fields)
	}
	return f
}

// ReadScheduleForm reads the form.
func ReadScheduleForm(q url.Values) ScheduleForm {
	get := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	return ScheduleForm{
		Name: get("name"), Kind: report.Kind(get("kind")), About: get("about"), Reseller: q.Get("reseller"), Formats: q["formats"], Recipients: q.Get("recipients"),
		Cadence: get("cadence"), Cron: get("cron"), Window: get("window"), Day: get("day"), Time: get("time"), Timezone: get("timezone"),
		Provisional: q.Has("provisional"), Enabled: q.Has("enabled"),
	}
}

// Schedules is the page: a list, or one schedule with its deliveries.
type Schedules struct {
	// Subjects are the organizations that the client sees, Writable those whose
	// schedules it may change, and All whether it may change those about
	// several.
	Subjects, Writable Subjects
	All                bool

	List []dispatch.Status
	// One is the schedule that is shown, with its deliveries; nil: the list is.
	One        *dispatch.Status
	Deliveries []dispatch.Delivery
	// Done is what was done before the page was asked for; "": nothing.
	Done string

	Form    ScheduleForm
	To      string // whom a test is to be sent to, as it was typed
	refused Refusals
}

// Schedule is what is asked for; false: something is wrong with the form.
func (p *Schedules) Schedule() (schedule.Schedule, bool) {
	f := &p.Form
	s := schedule.Schedule{
		Name: f.Name, Report: f.Kind, Formats: f.Formats, Cadence: f.Cadence, Window: f.Window, Day: f.Day, Time: f.Time, Timezone: f.Timezone,
		Provisional: f.Provisional, Enabled: f.Enabled,
	}
	if s.Reseller = f.Reseller; f.Cadence == cron {
		s.Cadence = cron + ": " + f.Cron
	}
	for to := range strings.FieldsFuncSeq(f.Recipients, func(r rune) bool { return strings.ContainsRune("\r\n,;", r) }) {
		if to = strings.TrimSpace(to); to != "" {
			s.Recipients = append(s.Recipients, to)
		}
	}
	var err error
	if s.Organization, err = p.Writable.one(f.About); err != nil {
		p.Refuse(err)
	}
	return s, len(p.refused) == 0
}

// Refuse notes why a schedule cannot be so, or cannot be tested.
func (p *Schedules) Refuse(err error) { p.refused.add(err, p.Form.fields()) }

// Refused reports whether something is wrong with the form.
func (p *Schedules) Refused() bool { return len(p.refused) > 0 }

//go:embed schedules.html
var schedulesTemplates string

// SchedulesPage is the page on which reports are scheduled.
var SchedulesPage = site.New(site.Schedules, "Schedules", shared+schedulesTemplates, style)

// Render writes the page, or nothing and an error.
func (p *Schedules) Render(w io.Writer) error { return SchedulesPage.Render(w, p.view()) }
