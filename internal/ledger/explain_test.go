// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/concurrent"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

func micros(n int64) wide.Int { return wide.Product(n, usage.Micro) }

func explain(t testing.TB, l *Ledger, q inquiry.ExplainQuery) *inquiry.Explanation {
	t.Helper()
	q.Organization = "acme"
	x, err := l.Explain(context.Background(), q)
	require.NoError(t, err)
	return x
}

func TestExplainSaysWhyAUserCountsOrNot(t *testing.T) {
	l := open(t, workspaceSettings(t, vfs.NewMem()), noon.AddDate(0, -2, 0))
	now := noon.Add(time.Hour)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	(&doing{}).
		status("ann", usage.Registered, ago(48*time.Hour)).login("ann", ago(50*time.Minute)).viewed("ann", ago(49*time.Minute)).
		login("bob", ago(45*time.Minute)).
		viewed("cas@home", ago(25*24*time.Hour)).viewed("cas", ago(30*time.Minute)).became("cas@home", "cas", ago(time.Minute)).
		connected("linkedin", "dee", ago(time.Minute)).
		consumed("eve", 7, ago(2*time.Minute)).
		worked("fay", "logon", ago(62*time.Minute), usage.RoleLogon).worked("fay", "task", ago(61*time.Minute), usage.RoleHourly).worked("fay", "logoff", ago(10*time.Minute), usage.RoleLogoff).
		send(t, l, now)
	collect(t, l, now.Add(time.Minute))
	first := func(user, action string, at time.Time) *inquiry.FirstItem {
		return &inquiry.FirstItem{Time: at, Action: action, Signal: "traces", UID: user + action}
	}
	for _, tc := range []struct {
		name    string
		q       inquiry.ExplainQuery
		verdict inquiry.Verdict
		became  string
		classes []inquiry.MatchedClass
	}{
		{"the first class of two", inquiry.ExplainQuery{Meter: "workspace", Window: "month", User: "ann"}, inquiry.Counts, "", []inquiry.MatchedClass{
			{Name: "onboarded", Requires: "registered", Met: true, First: first("ann", "login", ago(50*time.Minute))},
			{Name: "anonymous", Met: true, First: first("ann", "post.viewed", ago(49*time.Minute))},
		}},
		{"as telemetry is spelled", inquiry.ExplainQuery{Meter: "workspace", Window: "30d", User: " ann "}, inquiry.Counts, "", []inquiry.MatchedClass{{Name: "onboarded", Requires: "registered", Met: true}, {Name: "anonymous", Met: true}}},
		{"not registered", inquiry.ExplainQuery{Meter: "workspace", Window: "month", User: "bob"}, inquiry.StatusUnmet, "", []inquiry.MatchedClass{
			{Name: "onboarded", Requires: "registered", First: first("bob", "login", ago(45*time.Minute))},
		}},
		{"another id by now", inquiry.ExplainQuery{Meter: "workspace", Window: "month", Period: 1, User: "cas@home"}, inquiry.Counts, "cas", []inquiry.MatchedClass{
			{Name: "anonymous", Met: true, First: first("cas@home", "post.viewed", ago(25*24*time.Hour))},
		}},
		{"the id that stays", inquiry.ExplainQuery{Meter: "workspace", Window: "month", User: "cas"}, inquiry.Counts, "", []inquiry.MatchedClass{
			{Name: "anonymous", Met: true, First: first("cas", "post.viewed", ago(30*time.Minute))},
		}},
		{"standing", inquiry.ExplainQuery{Meter: "workspace", Window: "month", User: "dee"}, inquiry.Counts, "", []inquiry.MatchedClass{
			{Name: "anonymous", Met: true, StandingSince: ago(time.Minute), Key: "linkedin"},
		}},
		{"nothing of this meter", inquiry.ExplainQuery{Meter: "workspace", Window: "month", User: "eve"}, inquiry.Idle, "", nil},
		{"nothing in this period", inquiry.ExplainQuery{Meter: "workspace", Window: "month", Period: 1, User: "ann"}, inquiry.Idle, "", nil},
		{"a sum", inquiry.ExplainQuery{Meter: "minutes", Window: "month", User: "eve"}, inquiry.Counts, "", nil},
		{"no sum", inquiry.ExplainQuery{Meter: "minutes", Window: "month", User: "ann"}, inquiry.Idle, "", nil},
		{"not kept by user", inquiry.ExplainQuery{Meter: "minutes", Window: "30d", User: "eve"}, inquiry.NotByUser, "", nil},
		{"in an hour", inquiry.ExplainQuery{Meter: "operators", Window: "month", User: "fay"}, inquiry.Counts, "", nil},
		{"never connected", inquiry.ExplainQuery{Meter: "operators", Window: "month", User: "ann"}, inquiry.Idle, "", nil},
		{"nobody", inquiry.ExplainQuery{Meter: "workspace", Window: "month", User: "zoe"}, inquiry.NotKnown, "", nil},
	} {
		x := explain(t, l, tc.q)
		require.Equal(t, tc.verdict, x.User.Verdict, tc.name)
		require.Equal(t, tc.became, x.User.Became, tc.name)
		require.Equal(t, tc.classes, x.User.Classes, tc.name)
		if tc.verdict == inquiry.NotKnown {
			require.Nil(t, x.User.Person)
			continue
		}
		require.Equal(t, tc.verdict == inquiry.Counts && x.Type == usage.ActiveUsers, x.User.Part != nil && x.User.Part.Counts, tc.name)
	}
	eve := explain(t, l, inquiry.ExplainQuery{Meter: "minutes", Window: "month", User: "eve"}).User
	require.Equal(t, micros(7), eve.Part.Sum)
	fay := explain(t, l, inquiry.ExplainQuery{Meter: "operators", Window: "month", User: "fay"}).User
	require.Equal(t, &inquiry.SessionExplanation{
		LastOn: ago(62 * time.Minute), LastOff: ago(10 * time.Minute), Sample: now, Hours: 1,
		HoursFrom: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
	}, fay.Session)
	ann := explain(t, l, inquiry.ExplainQuery{Meter: "workspace", Window: "month", User: "ann"}).User
	require.Equal(t, usage.Registered, ann.StatusThen)
	require.Equal(t, usage.NoStatus, explain(t, l, inquiry.ExplainQuery{Meter: "workspace", Window: "month", Period: 1, User: "ann"}).User.StatusThen)
	closeLedger(t, l)
}

func TestExplainSaysHowAFigureComesAbout(t *testing.T) {
	s := workspaceSettings(t, vfs.NewMem())
	var err error
	s.Catalogue, err = catalogue.Parse([]byte(`organizations: [{id: acme, timezone: Europe/Berlin, currency: EUR, plan: {type: traditional}, quotas: {
		workspace: {limit: 1, window: month, flex_price: "2.50"}, minutes: {limit: 4, window: 30d}}}]`))
	require.NoError(t, err)
	l := open(t, s, noon.AddDate(0, -2, 0))
	now := noon.Add(2 * time.Hour)
	(&doing{}).
		status("ann", usage.Registered, noon).login("ann", noon).status("bob", usage.Registered, noon).login("bob", noon).viewed("cas", noon).
		consumed("ann", 3, noon).consumed("bob", 2, noon).
		worked("fay", "task", noon, usage.RoleHourly).worked("gil", "task", noon, usage.RoleHourly).worked("gil", "task", now, usage.RoleHourly).
		send(t, l, now)
	collect(t, l, now)

	x := explain(t, l, inquiry.ExplainQuery{Meter: "workspace", Window: "month"})
	require.Equal(t, "Europe/Berlin", x.Zone)
	require.Equal(t, time.Date(2026, 4, 30, 22, 0, 0, 0, time.UTC), x.Start)
	require.Equal(t, time.Date(2026, 5, 31, 22, 0, 0, 0, time.UTC), x.End)
	require.Equal(t, now, x.AsOf)
	require.Equal(t, inquiry.Running, x.State)
	require.Equal(t, []inquiry.ClassExplanation{
		{Name: "onboarded", Users: 2, Billable: true, Requires: "registered", Actions: []string{"login"}},
		{Name: "anonymous", Users: 1, Actions: []string{"post.viewed"}},
	}, x.Classes)
	require.Equal(t, micros(2), x.Quota.Used)
	require.Equal(t, micros(1), x.Quota.Overage)
	require.Equal(t, wide.Int{}, x.Quota.Remaining)
	require.Equal(t, 2.0, x.Quota.Ratio)
	require.Equal(t, "2.5", x.Quota.FlexPrice)
	require.Equal(t, inquiry.ThresholdExplanation{Share: 1, Reached: true}, x.Quota.Thresholds[3])

	rolling := explain(t, l, inquiry.ExplainQuery{Meter: "workspace", Window: "30d"})
	require.Equal(t, x.Classes, rolling.Classes)
	require.Equal(t, now.Add(-30*24*time.Hour), rolling.Start)
	require.Nil(t, rolling.Quota)

	sum := explain(t, l, inquiry.ExplainQuery{Meter: "minutes", Window: "30d"})
	require.Equal(t, micros(5), sum.Sum)
	require.Equal(t, wide.Of(2), sum.Events)
	require.Equal(t, 1.25, sum.Quota.Ratio)

	peaks := explain(t, l, inquiry.ExplainQuery{Meter: "operators", Window: "month"}).Peaks
	require.Equal(t, concurrent.Peak{Max: 2, Hits: 1}, peaks.Hours)
	require.Equal(t, []time.Time{noon}, peaks.Busiest)

	// The month is closed, and then revised.
	closed := time.Date(2026, 6, 3, 23, 0, 0, 0, time.UTC)
	collect(t, l, closed.Add(-24*time.Hour))
	require.Equal(t, inquiry.Ended, explain(t, l, inquiry.ExplainQuery{Meter: "workspace", Window: "month", Period: 1}).State)
	collect(t, l, closed)
	new(doing).status("cas", usage.Removed, closed).viewed("dee", noon).send(t, l, closed)
	collect(t, l, closed.Add(2*time.Hour))
	x = explain(t, l, inquiry.ExplainQuery{Meter: "workspace", Window: "month", Period: 1})
	require.Equal(t, inquiry.Closed, x.State)
	require.Equal(t, int64(2), x.Classes[1].Users)
	require.Len(t, x.Versions, 2)
	require.Equal(t, []archive.Revised{{Kind: "late_event", Events: 1}}, x.Versions[1].Reason)
	require.Equal(t, micros(1), x.Quota.Limit, "of the statement")
	require.Equal(t, micros(2), x.Quota.Used)
	collect(t, l, closed.AddDate(0, 0, 40))
	require.Equal(t, inquiry.Final, explain(t, l, inquiry.ExplainQuery{Meter: "workspace", Window: "month", Period: 2}).State)
	_, err = l.Explain(context.Background(), inquiry.ExplainQuery{Organization: "acme", Window: "month"})
	require.ErrorContains(t, err, `meter "": say which`)
	closeLedger(t, l)
}
