// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/site/sitetest"
)

var at = time.Date(2026, time.November, 20, 14, 5, 0, 0, time.UTC)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return zone
}

func few(t *testing.T) Subjects {
	t.Helper()
	return Subjects{
		{ID: "birch", Reseller: "south"}, {ID: "acme", Name: "Acme GmbH", Reseller: "north", Zone: berlin(t)}, {ID: "acme-uk", Name: "Acme Ltd", Reseller: "north"},
	}.Sorted()
}

func many(n int) (all Subjects) {
	for i := range n {
		all = append(all, Organization{ID: fmt.Sprintf("org-%d", i), Name: fmt.Sprintf("Customer %d", i)})
	}
	return all.Sorted()
}

func values(t *testing.T, query string) url.Values {
	t.Helper()
	q, err := url.ParseQuery(query)
	require.NoError(t, err)
	return q
}

type page interface{ Render(w io.Writer) error }

func render(t *testing.T, p page) sitetest.Element {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, p.Render(&b))
	return sitetest.Parse(t, b.Bytes())
}

func TestAFormAsksForAReport(t *testing.T) {
	for query, want := range map[string]reporter.Request{
		"kind=billing": {Kind: report.Billing, Period: "previous", Window: "month", Basis: report.Known},
		"kind=billing&about=&reseller=north&period=this-quarter&typed=&basis=billed": {Kind: report.Billing, Reseller: "north", Period: "current", Window: "quarter", Basis: report.Billed},
		"kind=users&about=acme&period=last-cycle":                                    {Kind: report.Users, Organization: "acme", Period: "previous", Window: "cycle", Basis: report.Known},
		"kind=users&about=+acme+gmbh&typed=+2026-W44":                                {Kind: report.Users, Organization: "acme", Period: "2026-W44", Basis: report.Known},
		"kind=users&about=IRC&typed=cycle+2026-10":                                   {Kind: report.Users, Organization: "birch", Period: "2026-10", Window: "cycle", Basis: report.Known},
		"kind=users&about=other+spelling&typed=2026":                                 {Kind: report.Users, Organization: "other spelling", Period: "2026", Basis: report.Known},
		"kind=none&basis=none":                                                       {Kind: "none", Period: "previous", Window: "month", Basis: "none"},
	} {
		p := &Reports{Subjects: few(t), Form: ReadReportForm(values(t, query))}
		require.True(t, p.Form.Sent)
		got, read := p.Request()
		require.True(t, read, query)
		require.Equal(t, want, got, query)
	}
	require.False(t, ReadReportForm(values(t, "about=acme")).Sent)
}

func TestWhatIsWrongStandsBesideItsField(t *testing.T) {
	for _, c := range []struct{ query, err, field, want string }{
		{"kind=billing&typed=oct", "", "typed", `period: "oct": no such period: type a year as 2026, a half as 2026-H2, a quarter as 2026-Q4, a month as 2026-10, a week as 2026-W44, a day as 2026-10-15, or a billing cycle, by the month in which it begins, as cycle 2026-10`},
		{"kind=billing&period=then", "", "period", `period: "then": choose one of the list, or type one`},
		{"kind=billing&about=acm", "", "about", `organization: "acm": several have it in their names: type the id of one of acme (Acme GmbH), acme-uk (Acme Ltd)`},
		{"kind=billing&typed=2026", `period: "2026": bills are by calendar month`, "typed", `period: "2026": bills are by calendar month`},
		{"kind=billing", `window: "month": no`, "period", `window: "month": no`},
		{"kind=no", `report: "no": there is none`, "kind", `report: "no": there is none`},
		{"kind=billing&about=zzz", `organization "zzz": not in the catalogue`, "about", `organization "zzz": not in the catalogue`},
		{"kind=billing&reseller=zzz", `reseller "zzz": no organization of the catalogue has it`, "reseller", `reseller "zzz": no organization of the catalogue has it`},
		{"kind=billing&basis=zzz", `basis: "zzz": use one of known, billed`, "basis", `basis: "zzz": use one of known, billed`},
	} {
		p := &Reports{Subjects: few(t), Form: ReadReportForm(values(t, c.query))}
		_, read := p.Request()
		require.Equal(t, c.err != "", read, c.query)
		if c.err != "" {
			p.Refuse(errors.New(c.err))
		}
		require.True(t, p.Refused())
		d := render(t, p)
		wrong := d.Named(t, c.field+"-wrong")
		require.Equal(t, c.want, wrong.Text())
		described := false
		for _, e := range d.All("form", "")[0].All("", "") {
			described = described || strings.Contains(e.Get("aria-describedby"), c.field+"-wrong")
		}
		require.True(t, described, "%s: the field says what describes it", c.field)
		require.Len(t, d.All("section", "notice"), 1)
		for key, value := range values(t, c.query) {
			if key == c.field && (key == "kind" || key == "basis") {
				continue // none of those there are
			}
			require.Contains(t, sent(d.All("form", "")[0])[key], value[0], "what was typed is there again")
		}
	}
}

func TestAReportIsToBeHadInEveryFormat(t *testing.T) {
	p := &Reports{Subjects: few(t), Form: ReadReportForm(values(t, "kind=billing&about=acme&period=last-month")), Made: &report.Report{
		Kind: report.Billing, Title: "Billing report", Subject: "Acme GmbH", Organization: "acme", Basis: report.Billed,
		Period:   report.Period{Name: "2026-10", Title: "October 2026", Window: "month", Zone: "Europe/Berlin", Running: true},
		Sections: []report.Section{{Name: "charges", Title: "Charges"}, {Name: "a&b", Title: "A & B"}},
	}}
	d := render(t, p)
	const what = "basis=billed&organization=acme&period=2026-10"
	var links []string
	for _, a := range d.Named(t, "report").All("a", "") {
		links = append(links, a.Get("href"))
	}
	require.Equal(t, []string{
		"reports/billing?" + what,
		"api/v1/reports/billing?basis=billed&format=pdf&organization=acme&period=2026-10", "api/v1/reports/billing?basis=billed&format=xlsx&organization=acme&period=2026-10",
		"api/v1/reports/billing?basis=billed&format=csv&organization=acme&period=2026-10", "api/v1/reports/billing?basis=billed&format=json&organization=acme&period=2026-10",
		"api/v1/reports/billing?basis=billed&format=ndjson&organization=acme&period=2026-10", "api/v1/reports/billing?basis=billed&format=html&organization=acme&period=2026-10",
		"api/v1/reports/billing?basis=billed&format=focus&organization=acme&period=2026-10",
		"api/v1/reports/billing?basis=billed&format=csv&organization=acme&period=2026-10&section=charges",
		"api/v1/reports/billing?basis=billed&format=csv&organization=acme&period=2026-10&section=a%26b",
	}, links)
	frame := d.All("iframe", "")[0]
	require.Equal(t, "reports/billing?"+what, frame.Get("src"))
	require.True(t, frame.Has("sandbox"))
	require.Empty(t, frame.Get("sandbox"), "it allows nothing")
	require.Contains(t, d.Named(t, "report").Text(), "Billing report: Acme GmbH October 2026 · still runs · Europe/Berlin")

	p.Made.Organization, p.Made.Reseller, p.Made.Period.Window = "", "north & co", "cycle"
	require.Equal(t, "reports/billing?basis=billed&period=2026-10&reseller=north+%26+co&window=cycle", render(t, p).All("iframe", "")[0].Get("src"))
}

func TestOfManyOrganizationsOneIsTyped(t *testing.T) {
	list := render(t, &Reports{Subjects: few(t)})
	require.Equal(t, "All organizations Acme GmbH Acme Ltd birch", list.Named(t, "about").Text())
	require.Equal(t, "of any reseller north south", list.Named(t, "reseller").Text())

	suggested := render(t, &Reports{Subjects: many(mostListed + 1)})
	require.Equal(t, "input", suggested.Named(t, "about").Data)
	require.Len(t, suggested.Named(t, "organizations").All("option", ""), mostListed+1)

	typed := &Reports{Subjects: many(mostSuggested + 1), Form: ReadReportForm(values(t, "kind=users&about=customer+12"))}
	require.Empty(t, render(t, typed).All("datalist", ""))
	_, read := typed.Request()
	require.True(t, read, "a whole name means one")
	typed.Form.About = "Customer 1"
	got, read := typed.Request()
	require.True(t, read)
	require.Equal(t, "org-1", got.Organization)
	typed.Form.About = "tomer 1"
	_, read = typed.Request()
	require.False(t, read)
	require.Contains(t, render(t, typed).Named(t, "about-wrong").Text(), "org-1 (Customer 1), org-10 (Customer 10)")
	require.Contains(t, render(t, typed).Named(t, "about-wrong").Text(), "and 1101 more")
}

const hostile = `"><script>alert(1)</script>{{.}}<img src=x onerror=alert(2)>`

func TestNamesCannotBreakThePages(t *testing.T) {
	subjects := Subjects{{ID: hostile, Name: hostile, Reseller: hostile}}
	form := ReportForm{Kind: hostile, About: hostile + "?", Reseller: hostile + "?", Period: hostile, Typed: hostile, Basis: hostile, Sent: true}
	d := render(t, &Reports{Subjects: subjects, Form: form, refused: Refusals{"": {hostile}, "kind": {hostile}, "typed": {hostile}}, Made: &report.Report{
		Kind: hostile, Title: hostile, Subject: hostile, Organization: hostile, Reseller: hostile, Basis: hostile,
		Period: report.Period{Name: hostile, Title: hostile, Zone: hostile}, Sections: []report.Section{{Name: hostile, Title: hostile}},
	}})
	d.Harmless(t, ReportsPage.Policy)
	require.Contains(t, d.Named(t, "made").Text(), hostile)
	require.Contains(t, d.Named(t, "about").Text(), hostile)

	long := many(mostListed + 1)
	long[0] = subjects[0]
	render(t, &Reports{Subjects: long, Form: form}).Harmless(t, ReportsPage.Policy)

	s := dispatch.Status{Schedule: schedule.Schedule{
		ID: hostile, Name: hostile, Report: report.Billing, Scope: schedule.Scope{Organization: hostile}, Formats: []string{hostile}, Recipients: []string{hostile},
		Cadence: "cron:" + hostile, Window: hostile, Day: hostile, Time: hostile, Timezone: hostile, Created: at, CreatedBy: hostile, Changed: at.Add(time.Hour), ChangedBy: hostile,
	}, Next: at, Period: &schedule.Period{Name: hostile}, Problem: hostile, Due: 1, Failed: 1}
	p := &Schedules{Subjects: subjects, Writable: subjects, All: true, List: []dispatch.Status{s}, Done: hostile, Form: ScheduleFormOf(&s.Schedule), To: hostile}
	d = render(t, p)
	d.Harmless(t, SchedulesPage.Policy)
	require.Contains(t, d.All("article", "schedule")[0].Text(), hostile)
	p.One, p.Deliveries = &s, []dispatch.Delivery{{ID: hostile, Recipient: hostile, Period: schedule.Period{Name: hostile}, State: dispatch.Failed, Error: hostile}}
	p.refused = Refusals{"": {hostile}, "to": {hostile}, "recipients": {hostile}}
	d = render(t, p)
	d.Harmless(t, SchedulesPage.Policy)
	require.Contains(t, d.Named(t, "history").Text(), hostile)
	require.Equal(t, hostile, sent(d.All("form", "form")[0])["recipients"][0])
}

func TestThePagesLeadToOneAnother(t *testing.T) {
	for name, d := range map[string]sitetest.Element{"Reports": render(t, &Reports{}), "Schedules": render(t, &Schedules{})} {
		nav := d.All("nav", "site")[0]
		require.Equal(t, "Overview Reports Schedules", nav.Text())
		var hrefs []string
		for _, a := range nav.All("a", "") {
			hrefs = append(hrefs, a.Get("href"))
			require.Equal(t, a.Text() == name, a.Get("aria-current") == "page")
		}
		require.Equal(t, []string{"./", "reports", "schedules"}, hrefs)
	}
}

func TestEveryFieldHasItsLabel(t *testing.T) {
	s := dispatch.Status{Schedule: schedule.Schedule{ID: "bill", Name: "Bill", Report: report.Billing, Cadence: "monthly"}, Failed: 1}
	for _, p := range []page{
		&Reports{Subjects: few(t)}, &Reports{Subjects: many(mostListed + 1)},
		&Schedules{Writable: few(t), Form: NewScheduleForm()}, &Schedules{Writable: few(t), All: true, One: &s, Form: ScheduleFormOf(&s.Schedule)},
	} {
		d, labelled := render(t, p), map[string]bool{}
		for _, l := range d.All("label", "") {
			labelled[l.Get("for")] = true
		}
		for _, tag := range []string{"input", "select", "textarea"} {
			for _, f := range d.All(tag, "") {
				if f.Get("type") != "hidden" {
					require.True(t, labelled[f.Get("id")] && f.Get("id") != "" || f.Parent.Data == "label", "%T: %s %s", p, tag, f.Get("name"))
				}
			}
		}
	}
}
