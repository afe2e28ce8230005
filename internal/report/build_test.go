// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

func n(whole float64) wide.Int { return wide.Of(int64(whole * usage.Micro)) }

func known(whole float64) *wide.Int { return new(n(whole)) }

func labels(pairs ...string) (all []usage.Label) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, usage.Label{Name: pairs[i], Value: pairs[i+1]})
	}
	return all
}

var made = time.Date(2026, 11, 4, 8, 30, 0, 0, time.UTC)

// october is of two organizations in two zones.
func october(t *testing.T, kind Kind) *Input {
	t.Helper()
	span, err := ParseSpan("2026-10", "")
	require.NoError(t, err)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	month := func(zone *time.Location) calendar.Period {
		return calendar.Period{Start: time.Date(2026, 10, 1, 0, 0, 0, 0, zone).UTC(), End: time.Date(2026, 11, 1, 0, 0, 0, 0, zone).UTC()}
	}
	minutes := func(used float64, before, yearAgo *wide.Int) Meter {
		return Meter{
			Name: "minutes", Type: usage.Consumption, Unit: "min", Version: 1, Used: n(used), Before: before, YearAgo: yearAgo,
			Past: []Part{{day(t, "2026-09-01"), n(50)}, {day(t, "2026-10-01"), n(used)}},
			Days: []Part{{day(t, "2026-10-01"), n(1)}, {day(t, "2026-10-02"), n(used - 1)}},
			Figures: []Figure{
				{"usage_consumption", labels("unit", "min"), n(used)}, {"usage_consumption_events", nil, n(4)},
				{"usage_average_sum", labels("average", "accuracy"), n(3.6)}, {"usage_average_count", labels("average", "accuracy"), n(4)},
				{"usage_consumption_breakdown", labels("dimension", "language", "dimension_value", "de"), n(used / 4)},
				{"usage_consumption_breakdown", labels("dimension", "language", "dimension_value", usage.NoValue), n(used - used/4)},
				{"usage_average_sum", labels("dimension", "language", "dimension_value", "de", "average", "accuracy"), n(0.8)},
				{"usage_average_count", labels("dimension", "language", "dimension_value", "de", "average", "accuracy"), n(1)},
			},
		}
	}
	acme := minutes(100, known(80), known(0))
	acme.Quotas = []Quota{{Window: "month", Limit: n(90), Used: n(100)}, {Window: "cycle", Limit: n(0), Used: n(0)}}
	acme.TopUsers = []UserAmount{{"p1", n(60), time.Date(2026, 10, 31, 22, 0, 0, 0, time.UTC)}, {"p2", n(40), time.Time{}}}
	users := Meter{Name: "people", Type: usage.ActiveUsers, Version: 2, Definition: day(t, "2026-03-01"), Used: n(3), Before: known(4), Figures: []Figure{
		{"usage_active_users", labels("class", "onboarded", "billable", "true"), n(3)},
		{"usage_active_users", labels("class", "email", "billable", "false"), n(1)},
		{"usage_active_users_breakdown", labels("dimension", "feature", "dimension_value", "read"), n(4)},
		{"usage_active_users_breakdown", labels("dimension", "feature", "dimension_value", "share"), n(2)},
	}}
	operators := Meter{Name: "operators", Type: usage.ConcurrentUsers, Version: 1, Used: n(21), Before: known(20), Figures: []Figure{
		{"usage_concurrent_users_peak", nil, n(38)}, {"usage_concurrent_users_peak_hits", nil, n(1)},
		{"usage_hour_users_peak", nil, n(21)}, {"usage_hour_users_peak_hits", nil, n(7)},
	}}
	return &Input{
		Kind: kind, Subject: "All organizations", Period: span, Basis: Known, Made: made,
		Titles: usage.Titles{Meters: map[string]string{"minutes": "Minutes of audio"}},
		Organizations: []Organization{
			{ID: "acme", Name: "Acme", Zone: berlin, Period: month(berlin), Meters: []Meter{acme, users, operators}, SignUps: 2, Registered: map[string]int64{"registered": 5, "removed": 1, "standing": 2}},
			{ID: "zeta", Name: "Zeta", Zone: time.UTC, Period: month(time.UTC), Meters: []Meter{minutes(300, nil, nil)}, SignUps: -1},
		},
	}
}

// table reads a section: a map by column a row, without what is empty.
func table(t *testing.T, r *Report, name string) (rows []map[string]string) {
	t.Helper()
	s, err := r.Section(name)
	require.NoError(t, err)
	for row, err := range s.Rows {
		require.NoError(t, err)
		require.Len(t, row, len(s.Columns), name)
		out := map[string]string{}
		for i, c := range row {
			switch {
			case c.Empty():
			case s.Columns[i].Type == Date:
				out[s.Columns[i].Name] = c.At.Format(time.DateOnly)
			case s.Columns[i].Type == Instant:
				out[s.Columns[i].Name] = c.At.Format(time.RFC3339)
			default:
				out[s.Columns[i].Name] = c.Text
			}
		}
		rows = append(rows, out)
	}
	for _, row := range s.Totals {
		require.Len(t, row, len(s.Columns), name)
	}
	if s.Chart != nil {
		for _, i := range append(s.Chart.Values, s.Chart.Label) {
			require.Less(t, i, len(s.Columns), name)
		}
	}
	return rows
}

type rows = []map[string]string

func TestTheSummaryComparesAndRanks(t *testing.T) {
	r := Build(october(t, UsageSummary))
	require.Equal(t, "Usage summary", r.Title)
	require.Equal(t, Period{
		Name: "2026-10", Title: "October 2026", Window: "month",
		Start: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
	}, r.Period, "each has its own zone")
	require.Equal(t, []Definition{{"minutes", "Minutes of audio", ""}, {"operators", "Operators", ""}, {"people", "People", "2026-03-01"}}, r.Definitions)

	require.Equal(t, rows{
		{"meter": "minutes", "meter_title": "Minutes of audio", "used": "400", "before": "80", "change": "4.0000", "year_ago": "0", "average": "200", "peak_day": "2026-10-02", "peak_day_used": "398"},
		{"meter": "people", "meter_title": "People", "used": "3", "before": "4", "change": "-0.2500", "average": "1.5"},
		{"meter": "operators", "meter_title": "Operators", "used": "21", "before": "20", "change": "0.0500", "average": "10.5"},
	}, table(t, r, "totals"))
	usage := table(t, r, "")
	require.Len(t, usage, 4)
	require.Equal(t, map[string]string{
		"organization": "acme", "name": "Acme", "meter": "minutes", "meter_title": "Minutes of audio", "used": "100", "before": "80", "change": "0.2500", "year_ago": "0",
		"start": "2026-10-01", "end": "2026-11-01", "state": "closed",
	}, usage[0])
	require.Equal(t, rows{
		{"rank": "1", "organization": "zeta", "name": "Zeta", "used": "300", "share": "0.7500"},
		{"rank": "2", "organization": "acme", "name": "Acme", "used": "100", "share": "0.2500"},
	}, table(t, r, "top_organizations.minutes"))
	require.Equal(t, rows{{"start": "2026-09-01", "used": "100"}, {"start": "2026-10-01", "used": "400", "change": "3.0000"}}, table(t, r, "history.minutes"))
	require.Equal(t, rows{{"day": "2026-10-01", "used": "2"}, {"day": "2026-10-02", "used": "398"}}, table(t, r, "days.minutes"))
	require.Equal(t, rows{
		{"value": "(none)", "used": "300", "share": "0.7500"},
		{"value": "de", "used": "100", "share": "0.2500", "average_accuracy": "0.8"},
	}, table(t, r, "by.minutes.language"))
	require.Equal(t, rows{{"value": "read", "used": "4", "share": "1.0000"}, {"value": "share", "used": "2", "share": "0.5000"}}, table(t, r, "by.people.feature"), "of users of all classes")
	require.Equal(t, "2026-10-31T23:00:00+01:00", table(t, r, "top_users")[0]["last_activity"])
	require.Equal(t, "0.4000", table(t, r, "top_users")[1]["share"])
}

func TestQuotasAreJudgedInIntegers(t *testing.T) {
	in := october(t, UsageSummary)
	in.Organizations[1].Meters[0].Quotas = []Quota{
		{Window: "month", Limit: n(2000), Used: n(999), Left: 36 * time.Hour, Projected: known(2100), Exhausted: time.Date(2026, 10, 30, 12, 0, 0, 0, time.UTC)},
		{Window: "month", Limit: n(0), Used: n(1)},
	}
	quotas := table(t, Build(in), "quotas")
	require.Equal(t, map[string]string{
		"organization": "zeta", "name": "Zeta", "meter": "minutes", "meter_title": "Minutes of audio", "window": "month", "limit": "2000", "used": "999", "ratio": "0.4995",
		"remaining": "1001", "overage": "0", "status": "under", "days_left": "1.5", "projected": "2100", "exhausted": "2026-10-30T12:00:00Z",
	}, quotas[2])
	var order []string
	for _, q := range quotas {
		order = append(order, q["limit"]+" "+q["used"]+" "+q["status"])
	}
	require.Equal(t, []string{"0 1 at_or_over", "90 100 at_or_over", "2000 999 under", "0 0 under"}, order)

	for used, want := range map[float64]string{0: "under", 49.999999: "under", 50: "moderate", 79.999999: "moderate", 80: "high", 95: "high", 95.000001: "at_or_over", 200: "at_or_over"} {
		require.Equal(t, want, (&Quota{Limit: n(100), Used: n(used)}).Status(), used)
	}
}

func TestActivityIsWhatPeopleDid(t *testing.T) {
	r := Build(october(t, Activity))
	require.Equal(t, map[string]string{
		"organization": "acme", "name": "Acme", "meter": "minutes", "meter_title": "Minutes of audio", "events": "4", "amount": "100", "amount_per_event": "25",
		"before": "80", "change": "0.2500", "averages": "accuracy 0.9",
	}, table(t, r, "")[0])
	require.Equal(t, rows{{"organization": "acme", "name": "Acme", "sign_ups": "2", "registered": "5", "suspended": "0", "removed": "1", "standing": "2", "total": "8"}}, table(t, r, "sign_ups"))
	require.Equal(t, rows{
		{"organization": "acme", "name": "Acme", "meter": "people", "meter_title": "People", "class": "onboarded", "billable": "yes", "users": "3", "share": "0.7500"},
		{"organization": "acme", "name": "Acme", "meter": "people", "meter_title": "People", "class": "email", "billable": "no", "users": "1", "share": "0.2500"},
	}, table(t, r, "active_users"))
	require.Equal(t, rows{{
		"organization": "acme", "name": "Acme", "meter": "operators", "meter_title": "Operators", "peak": "38", "peak_hits": "1", "hour_peak": "21", "hour_peak_hits": "7", "before": "20", "change": "0.0500",
	}}, table(t, r, "concurrent_users"), "a peak without hand-over is not known of before there was one")
}

func TestAReportSaysWhetherItIsComplete(t *testing.T) {
	in := october(t, UsageSummary)
	require.Empty(t, Build(in).Notes)

	in.Basis = Billed
	in.Organizations[0].Meters[1].Version = 0
	in.Organizations[0].Meters[0].Incomplete, in.Organizations[0].Meters[2].Sampled = true, true
	in.Organizations = append(in.Organizations, Organization{ID: "new", Name: "New", Zone: time.UTC})
	require.Equal(t, []string{
		"Not closed yet, so that late events may still change the figures: Acme.",
		"The ledger has no figures of the period for: New.",
		"A limit refused users, so that these meters count too few: Acme (Minutes of audio).",
		"A sampler left items out, so that these meters count too few: Acme (Operators).",
		"As billed: figures are those that were known when the period was first billed; of what was not billed yet, those known now.",
	}, Build(in).Notes)

	running := october(t, UsageSummary)
	for i := range running.Organizations {
		running.Organizations[i].Running, running.Organizations[i].Silent = true, true
	}
	for range maxNamed {
		running.Organizations = append(running.Organizations, running.Organizations[0])
	}
	r := Build(running)
	require.True(t, r.Period.Running)
	require.Equal(t, "running", table(t, r, "")[0]["state"])
	require.Equal(t, []string{
		"The period is still running: figures are of what was received until 4 November 2026, 08:30 UTC.",
		"Telemetry is missing: nothing comes now, although it usually does at this hour, from Acme, Zeta, Acme, Acme, Acme, Acme, Acme, Acme, Acme, Acme and 2 more.",
	}, r.Notes)
}

func TestOneZoneIsThePeriodsOwn(t *testing.T) {
	in := october(t, UsageSummary)
	in.Organizations = in.Organizations[:1]
	in.Organization, in.Subject = "acme", "Acme"
	r := Build(in)
	require.Equal(t, "Europe/Berlin", r.Period.Zone)
	require.Equal(t, "2026-10-01T00:00:00+02:00 2026-11-01T00:00:00+01:00", r.Period.Start.Format(time.RFC3339)+" "+r.Period.End.Format(time.RFC3339))
	_, err := r.Section("top_organizations.minutes")
	require.Error(t, err, "of one there is no ranking")
}

func TestUsersAreReadWhileTheyAreWritten(t *testing.T) {
	in := october(t, Users)
	at := time.Date(2026, 10, 5, 6, 7, 8, 0, time.UTC)
	in.Users = func(yield func(User, error) bool) {
		u := User{Organization: "acme", ID: "jane", Pseudonym: "f00", Status: "registered", Meter: "people", Counts: true, Class: "onboarded", Billable: true, Last: at, Counted: at, Action: "login", Signal: "logs", Definition: usage.Date{Year: 2026, Month: 3, Day: 1}}
		_ = yield(u, nil) && yield(User{Organization: "zeta", ID: "joe", Meter: "minutes", Used: known(12.5)}, nil) && yield(User{}, usage.ErrUnavailable)
	}
	r := Build(in)
	s, err := r.Section("")
	require.NoError(t, err)
	var ids []string
	for row, err := range s.Rows {
		if err != nil {
			require.ErrorIs(t, err, usage.ErrUnavailable)
			break
		}
		ids = append(ids, row[2].Text+" "+row[7].Text+" "+row[9].Text+" "+row[16].Text+row[16].Unit)
		if row[2].Text == "jane" {
			require.Equal(t, "2026-10-05T08:07:08+02:00", row[12].At.Format(time.RFC3339))
			require.Equal(t, "2026-03-01", row[15].At.Format(time.DateOnly))
		}
	}
	require.Equal(t, []string{"jane yes yes ", "joe no  12.5min"}, ids)
}

func TestPeopleDoNotReadKeys(t *testing.T) {
	r := Build(october(t, UsageSummary)).ForPeople()
	for _, s := range r.Sections {
		for row, err := range s.Rows {
			require.NoError(t, err)
			require.Len(t, row, len(s.Columns))
		}
	}
	top, err := r.Section("top_organizations.minutes")
	require.NoError(t, err)
	require.Equal(t, "name", top.Columns[top.Chart.Label].Name)
	require.Equal(t, "used", top.Columns[top.Chart.Values[0]].Name)
	require.Equal(t, map[string]string{"rank": "1", "name": "Zeta", "used": "300", "share": "0.7500"}, table(t, r, "top_organizations.minutes")[0])
}
