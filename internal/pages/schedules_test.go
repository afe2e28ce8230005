// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
	"github.com/otelcol-usage/otelcol-usage/internal/site/sitetest"
)

// sent is what a browser sends of a form as it stands.
func sent(form sitetest.Element) url.Values {
	q := url.Values{}
	for _, e := range form.All("", "") {
		name := e.Get("name")
		if name == "" {
			continue
		}
		switch e.Data {
		case "input":
			if kind := e.Get("type"); kind != "radio" && kind != "checkbox" || e.Has("checked") {
				value := e.Get("value")
				if kind == "checkbox" && !e.Has("value") {
					value = "on"
				}
				q.Add(name, value)
			}
		case "textarea":
			if e.FirstChild != nil {
				q.Add(name, e.FirstChild.Data)
			} else {
				q.Add(name, "")
			}
		case "select":
			options := e.All("option", "")
			chosen := options[0].Get("value")
			for _, o := range options {
				if o.Has("selected") {
					chosen = o.Get("value")
				}
			}
			q.Add(name, chosen)
		}
	}
	return q
}

func TestAScheduleComesThroughItsFormAsItWas(t *testing.T) {
	for _, s := range []schedule.Schedule{
		{Name: "Bill", Report: report.Billing, Scope: schedule.Scope{Organization: "acme"}, Formats: []string{"pdf", "focus"}, Recipients: []string{"jane@example.com", "https://acme.example/hook", "directory"}, Cadence: "monthly", Day: "04", Time: "07:30", Enabled: true},
		{Name: "All", Report: report.Users, Formats: []string{"csv"}, Recipients: []string{"directory"}, Cadence: "cron: 0 6 * * 1-5", Window: "cycle", Timezone: "Asia/Tokyo", Provisional: true},
		{Name: "North", Report: report.Activity, Scope: schedule.Scope{Reseller: "north"}, Formats: []string{"html"}, Recipients: []string{"directory"}, Cadence: "weekly", Day: "monday", Enabled: true},
	} {
		s.ID = "it"
		status := dispatch.Status{Schedule: s}
		p := &Schedules{Subjects: few(t), Writable: few(t), All: true, One: &status, Form: ScheduleFormOf(&s)}
		form := sent(render(t, p).All("form", "form")[0])
		require.Equal(t, []string{"it", "change"}, []string{form.Get("schedule"), form.Get("do")})
		again := &Schedules{Writable: few(t), Form: ReadScheduleForm(form)}
		got, read := again.Schedule()
		require.True(t, read)
		got.ID = "it"
		require.Equal(t, s, got)
	}
}

func TestWhatIsWrongWithAScheduleStandsBesideItsField(t *testing.T) {
	p := &Schedules{Writable: few(t), All: true, Form: ReadScheduleForm(values(t, "name=&kind=billing&formats=doc&recipients=nobody&cadence=cron&cron=x&window=hour&day=40&time=25&timezone=Berlin&provisional=on"))}
	s, read := p.Schedule()
	require.True(t, read)
	err := s.Check([]string{"pdf"})
	require.Error(t, err)
	p.Refuse(err)
	d := render(t, p)
	for _, field := range []string{"name", "formats", "recipients", "cron", "window", "day", "time", "timezone", "provisional"} {
		d.Named(t, field+"-wrong")
	}
	require.Contains(t, d.Named(t, "recipients-wrong").Text(), `recipients[0]: "nobody": no e-mail address`)
	require.True(t, d.All("details", "new")[0].Has("open"))

	p = &Schedules{Writable: few(t), Form: ScheduleForm{Cadence: "often", About: "acm"}}
	_, read = p.Schedule()
	require.False(t, read)
	p.Refuse(errors.New("cadence: \"often\": use daily\nthere are 1000 schedules already: delete some"))
	d = render(t, p)
	d.Named(t, "cadence-wrong")
	d.Named(t, "about-wrong")
	require.Contains(t, d.All("section", "notice")[0].Text(), "there are 1000 schedules already")
}

// bill is a schedule as the dispatcher tells of it.
func bill() dispatch.Status {
	return dispatch.Status{
		Schedule: schedule.Schedule{
			ID: "bill", Name: "Bill of Acme", Report: report.Billing, Scope: schedule.Scope{Organization: "acme"}, Formats: []string{"pdf", "xlsx"},
			Recipients: []string{"jane@example.com", "directory"},
			Cadence:    "monthly", Day: "4", Enabled: true, Created: at, CreatedBy: "username=jane", Changed: at,
		},
		Next: time.Date(2026, 12, 4, 5, 0, 0, 0, time.UTC), Period: &schedule.Period{Name: "2026-11", Window: "month"}, Last: at.AddDate(0, 0, -16),
	}
}

func TestTheListSaysHowSchedulesStand(t *testing.T) {
	other := bill()
	other.ID, other.Name, other.Organization, other.Enabled, other.Next, other.Failed, other.Due, other.Last = "all", "All", "", false, time.Time{}, 2, 1, time.Time{}
	p := &Schedules{Subjects: few(t), Writable: few(t), List: []dispatch.Status{bill(), other}, Done: "deleted"}
	d := render(t, p)
	cards := d.All("article", "schedule")
	require.Equal(t, "Bill of Acme Billing report, Acme GmbH · monthly on the 4th · PDF, Excel on Next Fri 4 Dec 2026, 06:00 CET, about November 2026 Last delivered Wed 4 Nov 2026, 15:05 CET To jane@example.com, directory", cards[0].Text())
	require.Equal(t, "All Billing report, all organizations · monthly on the 4th · PDF, Excel 2 failed 1 waiting switched off Last delivered never To jane@example.com, directory", cards[1].Text())
	require.Equal(t, "schedules?schedule=bill", cards[0].All("a", "")[0].Get("href"))
	require.Equal(t, "The schedule is deleted, with the history of its deliveries.", d.All("p", "notice")[0].Text())

	p.Done = "nonsense"
	require.Empty(t, render(t, p).All("p", "notice"))
}

func TestTheHistorySaysWhatBecameOfEachDelivery(t *testing.T) {
	s := bill()
	delivery := dispatch.Delivery{Schedule: "bill", Recipient: "jane@example.com", Period: schedule.Period{Name: "2026-10", Window: "month"}, Due: at, Created: at, State: dispatch.Due}
	with := func(change func(*dispatch.Delivery)) dispatch.Delivery {
		d := delivery
		change(&d)
		return d
	}
	p := &Schedules{Subjects: few(t), Writable: few(t), One: &s, Deliveries: []dispatch.Delivery{
		with(func(d *dispatch.Delivery) { d.Test, d.State, d.Error = true, dispatch.Failed, "550 no such user" }),
		delivery,
		with(func(d *dispatch.Delivery) { d.Attempts, d.Next, d.Error = 3, at.Add(time.Hour), "refused" }),
		with(func(d *dispatch.Delivery) { d.State, d.Done, d.Missed = dispatch.Delivered, at, 2 }),
		with(func(d *dispatch.Delivery) { d.State, d.Attempts = dispatch.Failed, 80 }),
		with(func(d *dispatch.Delivery) { d.State = dispatch.Cancelled }),
	}}
	var got []string
	rows := func() []sitetest.Element { return render(t, p).Named(t, "history").All("tr", "") }
	for _, row := range rows()[1:] {
		got = append(got, row.Text())
	}
	const of = "Fri 20 Nov 2026, 15:05 CET October 2026 jane@example.com "
	require.Equal(t, []string{
		of + "failed test 550 no such user",
		of + "to be sent",
		of + "waiting tried 3×, again on Fri 20 Nov 2026, 16:05 CET refused",
		of + "delivered Fri 20 Nov 2026, 15:05 CET · 2 runs before it were missed",
		of + "failed given up after 80 tries",
		of + "cancelled",
	}, got)

	p.Done = "tested"
	require.Equal(t, "The test has not reached everybody: the history says why.", render(t, p).All("p", "notice")[0].Text())
	p.Deliveries[0].State = dispatch.Delivered
	require.Equal(t, "The test has reached whom it was sent to.", render(t, p).All("p", "notice")[0].Text())
}

func TestFormsAreForThoseWhoMayChange(t *testing.T) {
	s, of := bill(), func(p *Schedules) (doing []string) {
		for _, f := range render(t, p).All("form", "") {
			for _, e := range f.All("", "") {
				if e.Get("name") == "do" {
					doing = append(doing, e.Get("value"))
				}
			}
		}
		return doing
	}
	require.Empty(t, of(&Schedules{Subjects: few(t), List: []dispatch.Status{s}}))
	require.Empty(t, of(&Schedules{Subjects: few(t), Writable: few(t)[2:], One: &s}))
	require.Equal(t, []string{"create"}, of(&Schedules{Subjects: few(t), Writable: few(t)[:1], List: []dispatch.Status{s}}))
	require.Equal(t, []string{"test", "disable", "delete", "change"}, of(&Schedules{Subjects: few(t), Writable: few(t)[:1], One: &s}))
	s.Enabled, s.Failed = false, 1
	require.Equal(t, []string{"test", "retry", "enable", "delete", "change"}, of(&Schedules{Subjects: few(t), All: true, One: &s}))

	one := render(t, &Schedules{Writable: few(t)[:1]})
	require.Equal(t, "Acme GmbH", one.Named(t, "about").Text(), "several are for those who may change all")
	require.Empty(t, one.All("", "reseller"))
}
