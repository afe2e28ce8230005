// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pages

import (
	_ "embed"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// ReportForm is the form for a report, as it was sent.
type ReportForm struct {
	Kind report.Kind
	// About is what was typed or chosen for an organization: an id, a name, or
	// a part of one. Reseller is one; both "": all organizations.
	About, Reseller string
	// Period is the value of a choice, Typed any other, which goes before it.
	Period, Typed string
	Basis         report.Basis
	// Sent reports whether a report is asked for.
	Sent bool
}

// ReportParameters are those that the form is sent as.
var ReportParameters = []string{"kind", "about", "reseller", "period", "typed", "basis"}

// fields are those of the form by the keys of errors.
func (f *ReportForm) fields() map[string]string {
	period := "period"
	if f.Typed != "" {
		period = "typed"
	}
	return map[string]string{"report": "kind", "organization": "about", "reseller": "reseller", "period": period, "window": period, "basis": "basis"}
}

// choice is a period that is offered.
type choice struct{ value, title, window, period string }

var choices = []choice{
	{"this-month", "This month", "month", "current"},
	{"last-month", "Last month", "month", "previous"},
	{"this-quarter", "This quarter", "quarter", "current"},
	{"last-quarter", "Last quarter", "quarter", "previous"},
	{"this-year", "This year", "year", "current"},
	{"last-year", "Last year", "year", "previous"},
	{"this-cycle", "This billing cycle", "cycle", "current"},
	{"last-cycle", "Last billing cycle", "cycle", "previous"},
}

// ReadReportForm reads the form. Without a kind nothing is asked for yet.
func ReadReportForm(q url.Values) ReportForm {
	f := ReportForm{
		Kind: report.UsageSummary, Period: "last-month", Basis: report.Known,
		About: strings.TrimSpace(q.Get("about")), Reseller: q.Get("reseller"), Typed: strings.TrimSpace(q.Get("typed")), Sent: q.Has("kind"),
	}
	if f.Sent {
		f.Kind = report.Kind(q.Get("kind"))
	}
	if q.Has("period") {
		f.Period = q.Get("period")
	}
	if q.Has("basis") {
		f.Basis = report.Basis(q.Get("basis"))
	}
	return f
}

// Reports is the page.
type Reports struct {
	Subjects Subjects
	Form     ReportForm
	// Incomplete says which shards the page lacks; "": none.
	Incomplete string
	// Made is the report that was asked for; nil: none was, or it was refused.
	Made    *report.Report
	refused Refusals
}

// Request is what is asked for; false: something is wrong with the form.
func (p *Reports) Request() (reporter.Request, bool) {
	f := &p.Form
	r := reporter.Request{Kind: f.Kind, Reseller: f.Reseller, Basis: f.Basis}
	var err error
	if r.Organization, err = p.Subjects.one(f.About); err != nil {
		p.Refuse(err)
	} else {
		f.About = r.Organization
	}
	if r.Period, r.Window, err = f.period(); err != nil {
		p.Refuse(err)
	}
	return r, len(p.refused) == 0
}

// one returns the id of the organization that a text means.
func (s Subjects) one(typed string) (string, error) {
	id, matches := s.find(typed)
	if len(matches) == 0 {
		return id, nil
	}
	var names []string
	for _, o := range matches[:min(len(matches), mostMatches)] {
		names = append(names, fmt.Sprintf("%s (%s)", o.ID, o.Called()))
	}
	if more := len(matches) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return "", fmt.Errorf("organization: %q: several have it in their names: type the id of one of %s", typed, strings.Join(names, ", "))
}

// cyclePrefix is typed before the month in which a billing cycle begins.
const cyclePrefix = "cycle "

// period is what reports call the period.
func (f *ReportForm) period() (period, window string, err error) {
	if f.Typed == "" {
		for _, c := range choices {
			if c.value == f.Period {
				return c.period, c.window, nil
			}
		}
		return "", "", fmt.Errorf("period: %q: choose one of the list, or type one", f.Period)
	}
	period = f.Typed
	if month, is := strings.CutPrefix(period, cyclePrefix); is {
		period, window = strings.TrimSpace(month), "cycle"
	}
	if _, err := report.ParseSpan(period, window); err != nil {
		return "", "", fmt.Errorf("period: %q: no such period: type a year as 2026, a half as 2026-H2, a quarter as 2026-Q4, a month as 2026-10, a week as 2026-W44, a day as 2026-10-15, or a billing cycle, by the month in which it begins, as %s2026-10", f.Typed, cyclePrefix)
	}
	return period, window, nil
}

// Refuse notes why the report cannot be made.
func (p *Reports) Refuse(err error) { p.refused.add(err, p.Form.fields()) }

// Refused reports whether something is wrong with the form.
func (p *Reports) Refused() bool { return len(p.refused) > 0 }

//go:embed reports.html
var reportsTemplates string

// ReportsPage is the page on which reports are made. It shows one in a frame.
var ReportsPage = site.New(site.Reports, "Reports", shared+reportsTemplates, style, "frame-src 'self'")

// Render writes the page, or nothing and an error.
func (p *Reports) Render(w io.Writer) error { return ReportsPage.Render(w, p.view()) }

// ShownPolicy is the Content-Security-Policy of a report that is shown in the
// frame: its styles and nothing else, in this site's frames only.
const ShownPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
