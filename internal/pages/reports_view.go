// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"net/url"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
)

// reportsView is the page as reports.html wants it.
type reportsView struct {
	*Reports
	Wrong    Refusals
	Offered  Subjects
	Several  bool // whether a report may be about several
	Kinds    []option
	Bases    []option
	Periods  []option
	Document *document
}

// option is one to choose from.
type option struct {
	Value, Title, Hint string
	Chosen             bool
}

// choose marks the option of a value, which is added where it is none of them.
func choose(all []option, value string) []option {
	i := slices.IndexFunc(all, func(o option) bool { return o.Value == value })
	if i < 0 {
		i, all = len(all), append(all, option{Value: value, Title: value})
	}
	all[i].Chosen = true
	return all
}

// kindHints say what each kind is for.
var kindHints = map[report.Kind]string{
	report.UsageSummary: "Totals, comparison, forecast, top organizations, quotas",
	report.Billing:      "What each organization is charged for a month",
	report.Activity:     "What was done: events, features, averages, peaks",
	report.Users:        "Each user, with status, activity and why they count",
}

// document is a report that was made.
type document struct {
	*report.Report
	View     string // where it is shown
	Files    []file
	Sections []file // each as CSV
}

// file is one to be had.
type file struct{ Name, Hint, URL string }

// formatNames are what people call the formats.
var formatNames = map[string]file{
	"pdf":          {Name: "PDF", Hint: "to send and print"},
	"xlsx":         {Name: "Excel", Hint: "to calculate with"},
	"csv":          {Name: "CSV", Hint: "the main table"},
	"json":         {Name: "JSON", Hint: "for programs"},
	"ndjson":       {Name: "NDJSON", Hint: "a row a line"},
	"html":         {Name: "HTML", Hint: "one file, for a mail"},
	reporter.Focus: {Name: "FOCUS", Hint: "for FinOps tools"},
}

func (p *Reports) view() *reportsView {
	v := &reportsView{Reports: p, Wrong: p.refused, Offered: p.Subjects, Several: true}
	for _, k := range report.Kinds {
		v.Kinds = append(v.Kinds, option{string(k), k.Title(), kindHints[k], k == p.Form.Kind})
	}
	for _, c := range choices {
		v.Periods = append(v.Periods, option{Value: c.value, Title: c.title})
	}
	v.Periods = choose(v.Periods, p.Form.Period)
	for _, b := range []option{
		{Value: string(report.Known), Title: "As now known", Hint: "with what came later"},
		{Value: string(report.Billed), Title: "As billed", Hint: "as the first bill said"},
	} {
		b.Chosen = b.Value == string(p.Form.Basis)
		v.Bases = append(v.Bases, b)
	}
	if p.Made != nil {
		v.Document = newDocument(p.Made)
	}
	return v
}

// newDocument links to what can be had of a report. The links say which period
// it is, so they are of the same one next month.
func newDocument(r *report.Report) *document {
	d := &document{Report: r}
	query := func(more ...string) string {
		q := url.Values{"period": {r.Period.Name}, "basis": {string(r.Basis)}}
		if r.Organization != "" {
			q.Set("organization", r.Organization)
		}
		if r.Reseller != "" {
			q.Set("reseller", r.Reseller)
		}
		if r.Period.Window == "cycle" {
			q.Set("window", r.Period.Window)
		}
		for i := 0; i < len(more); i += 2 {
			q.Set(more[i], more[i+1])
		}
		return "reports/" + string(r.Kind) + "?" + q.Encode()
	}
	d.View = query()
	for _, name := range reporter.FormatsOf(r.Kind) {
		f := formatNames[name]
		f.URL = "api/v1/" + query("format", name)
		d.Files = append(d.Files, f)
	}
	for i := range r.Sections {
		s := &r.Sections[i]
		d.Sections = append(d.Sections, file{Name: s.Title, URL: "api/v1/" + query("format", "csv", "section", s.Name)})
	}
	return d
}
