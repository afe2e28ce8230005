// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/pages"
	"github.com/otelcol-usage/otelcol-usage/internal/site/sitetest"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestTheReportsPageShowsWhatWasMade(t *testing.T) {
	a := lived(t, func(string) bool { return true })
	w := get(t, a, "/reports?kind=activity&about=acme+gmbh&period=this-month", as("jane")...)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, pages.ReportsPage.Policy, w.Header().Get("Content-Security-Policy"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	page := sitetest.Parse(t, w.Body.Bytes())
	page.Harmless(t, w.Header().Get("Content-Security-Policy"))
	require.Equal(t, "All organizations Acme GmbH cedar/sea", page.Named(t, "about").Text())

	links := page.Named(t, "report").All("a", "")
	require.Greater(t, len(links), 8)
	for _, link := range append(links, page.All("iframe", "")...) {
		at := link.Get("href") + link.Get("src")
		w := get(t, a, "/"+at, as("jane")...)
		require.Equal(t, http.StatusOK, w.Code, at)
		require.Equal(t, strings.HasPrefix(at, "api/"), w.Header().Get("Content-Disposition") != "", at)
		if !strings.HasPrefix(at, "api/") {
			require.Equal(t, pages.ShownPolicy, w.Header().Get("Content-Security-Policy"))
		}
	}
}

func TestTheReportsPageSaysWhyNoneWasMade(t *testing.T) {
	a := lived(t, func(string) bool { return true })
	for query, field := range map[string]string{
		"kind=bill":                                  "kind",
		"kind=billing&period=last-year":              "period",
		"kind=users&typed=2027":                      "typed",
		"kind=users&typed=2024-01":                   "typed",
		"kind=users&typed=october":                   "typed",
		"kind=users&about=damson&period=this-month":  "about", // which jane may not see
		"kind=users&about=nowhere&period=this-month": "about",
		"kind=users&about=acme&reseller=north":       "reseller",
		"kind=users&reseller=south":                  "reseller",
		"kind=users&basis=guessed":                   "basis",
	} {
		w := get(t, a, "/reports?"+query, as("jane")...)
		require.Equal(t, http.StatusBadRequest, w.Code, query)
		page := sitetest.Parse(t, w.Body.Bytes())
		require.NotEmpty(t, page.Named(t, field+"-wrong").Text(), query)
		require.Empty(t, page.All("iframe", ""))
	}
}

func TestTheReportsPageSaysThatThereAreNoFiguresYet(t *testing.T) {
	b := closed()
	b.latest = usage.Collection{}
	w := get(t, over(t, b), "/reports?kind=users")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, sitetest.Parse(t, w.Body.Bytes()).All("section", "notice")[0].Text(), "no figures yet: they are collected at the next whole minute")
}

// submit sends a form of the schedules page.
func submit(t *testing.T, a *API, fields string, header ...string) answered {
	t.Helper()
	w := ask(t, a, http.MethodPost, "/schedules", fields, append(header, "Content-Type", asForm)...)
	return answered{w.Code, w.Header(), w.Body.String()}
}

// history is what the page says of the deliveries of a schedule.
func history(t *testing.T, a *API, location string) string {
	t.Helper()
	w := get(t, a, "/"+location, as("admin of it")...)
	require.Equal(t, http.StatusOK, w.Code)
	return sitetest.Parse(t, w.Body.Bytes()).Named(t, "history").Text()
}

const billForm = "do=create&name=Bill+of+it&kind=billing&about=acme&formats=pdf&formats=csv&recipients=jane@example.com%0D%0Adirectory&cadence=monthly&enabled=on"

func TestFormsMakeChangeTestAndDeleteASchedule(t *testing.T) {
	a, _ := guarded(t)
	admin := as("admin of it")
	do := func(fields, location string) {
		t.Helper()
		done := submit(t, a, fields, admin...)
		require.Equal(t, http.StatusSeeOther, done.code, done.body)
		require.Equal(t, location, done.header.Get("Location"))
	}
	is := func() dispatch.Status {
		t.Helper()
		s, err := a.Schedules().Get("acme-bill-of-it")
		require.NoError(t, err)
		return s
	}
	do(billForm, "schedules?done=created&schedule=acme-bill-of-it")
	require.Equal(t, "username=admin of it", is().CreatedBy)
	require.Equal(t, []string{"pdf", "csv"}, is().Formats)
	require.Equal(t, []string{"jane@example.com", "directory"}, is().Recipients)
	require.True(t, is().Enabled)

	do("do=disable&schedule=acme-bill-of-it", "schedules?done=disabled&schedule=acme-bill-of-it")
	require.False(t, is().Enabled)
	do("do=enable&schedule=acme-bill-of-it", "schedules?done=enabled&schedule=acme-bill-of-it")
	require.True(t, is().Enabled)
	do(strings.Replace(billForm, "do=create&name=Bill+of+it", "do=change&schedule=acme-bill-of-it&name=Its+bill", 1), "schedules?done=changed&schedule=acme-bill-of-it")
	require.Equal(t, "Its bill", is().Name)

	const tested = "schedules?done=tested&schedule=acme-bill-of-it"
	do("do=test&schedule=acme-bill-of-it&to=joe@example.com", tested)
	require.Contains(t, history(t, a, tested), "joe@example.com delivered test")
	do("do=test&schedule=acme-bill-of-it&to=a@nobody.example", tested)
	require.Contains(t, history(t, a, tested), "a@nobody.example failed test mail server: 550")
	do("do=retry&schedule=acme-bill-of-it", "schedules?done=retried&schedule=acme-bill-of-it")
	do("do=delete&schedule=acme-bill-of-it", "schedules?done=deleted")
	_, err := a.Schedules().Get("acme-bill-of-it")
	require.ErrorIs(t, err, dispatch.ErrNoSchedule)
}

func TestWhatIsWrongWithAFormIsInThePageWithWhatWasTyped(t *testing.T) {
	a, _ := guarded(t)
	for _, c := range []struct{ fields, field string }{
		{strings.Replace(billForm, "jane@example.com", "jane", 1), "recipients"},
		{strings.Replace(billForm, "directory", "https://acme.example/hook", 1), "recipients"}, // calls are not signed
		{strings.Replace(billForm, "about=acme", "about=initech", 1), "about"},
		{strings.Replace(billForm, "about=acme", "about=birch", 1), "about"}, // which it may not see
		{strings.Replace(billForm, "cadence=monthly", "cadence=cron&cron=x", 1), "cron"},
		{strings.Replace(billForm, "do=create", "do=change&schedule=acme-monthly-bill", 1) + "&timezone=Berlin", "timezone"},
		{"do=test&schedule=acme-monthly-bill&to=joe", "to"},
	} {
		got := submit(t, a, c.fields, as("admin of it")...)
		require.Equal(t, http.StatusBadRequest, got.code, got.body)
		require.Equal(t, pages.SchedulesPage.Policy, got.header.Get("Content-Security-Policy"))
		page := sitetest.Parse(t, []byte(got.body))
		require.NotEmpty(t, page.Named(t, c.field+"-wrong").Text(), c.fields)
		q, err := url.ParseQuery(c.fields)
		require.NoError(t, err)
		if q.Get("name") != "" {
			require.Equal(t, q.Get("name"), page.Named(t, "name").Get("value"))
		}
	}
	require.Len(t, a.Schedules().List(), 4, "none was made")
}

func TestFormsChangeOnlyWhatTheirSenderMay(t *testing.T) {
	a, _ := guarded(t)
	for _, c := range []struct {
		client, fields string
		status         int
	}{
		{"viewer of it", "do=delete&schedule=acme-monthly-bill", http.StatusForbidden},
		{"viewer of another", "do=delete&schedule=acme-monthly-bill", http.StatusNotFound},
		{"admin of it", "do=delete&schedule=none", http.StatusNotFound},
		{"admin of it", "do=delete&schedule=of-all", http.StatusNotFound},
		{"admin of it", strings.Replace(billForm, "about=acme", "about=", 1), http.StatusForbidden},
		{"admin of it", strings.Replace(billForm, "about=acme", "reseller=north", 1), http.StatusForbidden},
		{"admin of it", strings.Replace(billForm, "do=create", "do=change&schedule=birch-bill-of-birch", 1), http.StatusNotFound},
		{"admin of it", "do=enable", http.StatusBadRequest},
		{"admin of it", "do=create&schedule=acme-monthly-bill", http.StatusBadRequest},
		{"admin of it", "do=explode&schedule=acme-monthly-bill", http.StatusBadRequest},
		{"admin of it", "do=%", http.StatusBadRequest},
		{"admin of it", "name=" + strings.Repeat("x", maxScheduleBody), http.StatusBadRequest},
	} {
		got := submit(t, a, c.fields, as(c.client)...)
		require.Equal(t, c.status, got.code, "%.60s: %s", c.fields, got.body)
	}
	got := submit(t, a, "do=delete&schedule=acme-monthly-bill", append(as("admin of it"), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")...)
	require.Equal(t, http.StatusForbidden, got.code)
	for _, kind := range []string{"", asJSON, "text/plain", "multipart/form-data; boundary=x"} {
		w := ask(t, a, http.MethodPost, "/schedules", "do=delete&schedule=acme-monthly-bill", append(as("admin of it"), "Content-Type", kind)...)
		require.Equal(t, http.StatusUnsupportedMediaType, w.Code, kind)
	}
	require.Len(t, a.Schedules().List(), 4)
}
