// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// closed returns a book with a revised month of Berlin and a day of New York.
func closed() *fakeBook {
	b := kept()
	class := func(name, billable string) []usage.Label {
		return []usage.Label{{Name: "class", Value: name}, {Name: "billable", Value: billable}}
	}
	value := func(v string) []usage.Label {
		return []usage.Label{{Name: "dimension", Value: "feature"}, {Name: "dimension_value", Value: v}}
	}
	b.statements = []archive.Statement{
		{
			Organization: "acme", Meter: "api_calls", Window: "month",
			Start: time.Date(2026, 9, 30, 22, 0, 0, 0, time.UTC), End: time.Date(2026, 10, 31, 23, 0, 0, 0, time.UTC), Zone: "Europe/Berlin", Anchor: 15,
			Definition: usage.Date{Year: 2026, Month: 3, Day: 1}, Quota: &archive.Quota{Limit: wide.Of(2000e6), FlexPrice: "3.5", Currency: "EUR"}, Billed: 1,
			Versions: []archive.Version{
				{Number: 1, Made: time.Date(2026, 11, 3, 23, 0, 0, 0, time.UTC), Used: wide.Of(12e6), Figures: []archive.Figure{
					{Name: "usage_active_users", Labels: class("onboarded", "true"), Value: wide.Of(12e6)},
					{Name: "usage_active_users", Labels: class("email", "false"), Value: wide.Of(3e6)},
					{Name: "usage_active_users_breakdown", Labels: value("read"), Value: wide.Of(1e6)},
				}},
				{Number: 2, Made: time.Date(2026, 11, 5, 8, 1, 0, 0, time.UTC), Used: wide.Of(13e6), Reason: []archive.Revised{{Kind: "late_event", Events: 4}}, Figures: []archive.Figure{
					{Name: "usage_active_users", Labels: class("onboarded", "true"), Value: wide.Of(13e6)},
					{Name: "usage_active_users", Labels: class("email", "false"), Value: wide.Of(3e6)},
					{Name: "usage_active_users_breakdown", Labels: value("share"), Value: wide.Of(2.5e6)},
				}},
			},
		},
		{
			Organization: "acme", Meter: "api_calls", Window: "day",
			Start: time.Date(2026, 10, 1, 4, 0, 0, 0, time.UTC), End: time.Date(2026, 10, 2, 4, 0, 0, 0, time.UTC), Zone: "America/New_York", Anchor: 1,
			Versions: []archive.Version{{Number: 1, Made: time.Date(2026, 10, 5, 4, 0, 0, 0, time.UTC)}},
		},
	}
	return b
}

const revisedMonth = `{"meter":"api_calls","meter_title":"Api calls","window":"month","window_title":"Month","start":"2026-09-30T22:00:00Z","end":"2026-10-31T23:00:00Z","start_date":"2026-10-01","end_date":"2026-11-01",` +
	`"timezone":"Europe/Berlin","anchor_day":15,"definition":"2026-03-01","quota":{"limit":2000,"flex_price":"3.5","currency":"EUR"},"version":2,"as_billed":1,"versions":[` +
	`{"version":1,"made":"2026-11-03T23:00:00Z","reason":[],"used":12,"figures":[` +
	`{"name":"usage_active_users","labels":{"billable":"true","class":"onboarded"},"value":12},{"name":"usage_active_users","labels":{"billable":"false","class":"email"},"value":3},` +
	`{"name":"usage_active_users_breakdown","labels":{"dimension":"feature","dimension_value":"read"},"value":1}],"delta":[]},` +
	`{"version":2,"made":"2026-11-05T08:01:00Z","reason":[{"kind":"late_event","events":4}],"used":13,"figures":[` +
	`{"name":"usage_active_users","labels":{"billable":"true","class":"onboarded"},"value":13},{"name":"usage_active_users","labels":{"billable":"false","class":"email"},"value":3},` +
	`{"name":"usage_active_users_breakdown","labels":{"dimension":"feature","dimension_value":"share"},"value":2.5}],"delta":[` +
	`{"name":"usage_active_users","labels":{"billable":"true","class":"onboarded"},"value":1},` +
	`{"name":"usage_active_users_breakdown","labels":{"dimension":"feature","dimension_value":"share"},"value":2.5},` +
	`{"name":"usage_active_users_breakdown","labels":{"dimension":"feature","dimension_value":"read"},"value":-1}]}]}`

func TestStatementsAreGivenWithAllVersions(t *testing.T) {
	a := over(t, closed())
	for _, query := range []string{"window=month", "meter=api_calls&period=2026-10"} {
		w := get(t, a, "/api/v1/organizations/acme/statements?"+query)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var got struct {
			Data struct{ Statements []json.RawMessage }
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		require.JSONEq(t, revisedMonth, string(got.Data.Statements[0]))
	}
}

func TestFiltersOfStatementsFollowTheZoneOfThePeriod(t *testing.T) {
	b := closed()
	a := over(t, b)
	for query, windows := range map[string]string{
		"":                              "month day",
		"period=2026":                   "month day",
		"period=2026-10":                "month day",
		"period=2026-10-01":             "month day",
		"period=2026-09":                "",
		"from=2026-10-01&to=2026-10-02": "month day",
		"from=2026-10-02":               "",
		"to=2026-10-01":                 "",
		"from=2026-10-01T00:00:00Z":     "month day", // the fake book does not select
	} {
		w := get(t, a, "/api/v1/organizations/acme/statements?"+query)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var got struct {
			Data struct{ Statements []struct{ Window string } }
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		var found []string
		for _, s := range got.Data.Statements {
			found = append(found, s.Window)
		}
		require.Equal(t, windows, strings.Join(found, " "), query)
	}
	get(t, a, "/api/v1/organizations/acme/statements?meter=api_calls&window=day&from=2026-10-01T00:00:00Z&to=1791417600")
	require.Equal(t, ledger.StatementQuery{
		Organization: "acme", Meter: "api_calls", Window: "day", Limit: maxStatements,
		From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), To: time.Unix(1791417600, 0),
	}, b.asked)
}

func TestABadFilterOfStatementsIsRefusedWithARemedy(t *testing.T) {
	b := closed()
	a := over(t, b)
	for query, text := range map[string]string{
		"meter=calls":                    `meter: "calls": no such meter: use one of api_calls`,
		"window=hour":                    `window: "hour": there are statements of day, week, month, quarter, half, year and cycle`,
		"window=30d":                     `window: "30d": there are statements of day, week, month, quarter, half, year and cycle`,
		"windows=day":                    `windows: no such parameter: use meter, window, period, from, to`,
		"window=day&window=month":        `window: given 2 times: give it once`,
		"period=October":                 `period: "October": write a year, month or day in which it begins, as 2026, 2026-10 or 2026-10-15`,
		"period=2026-10&from=2026-10-01": `period: "2026-10": leave out from and to beside it`,
		"from=yesterday":                 `from: "yesterday": write a date as 2026-10-15, a time as 2026-11-21T14:05:00Z, or seconds since 1970`,
		"to=2026-13-01":                  `to: "2026-13-01": write a date as 2026-10-15, a time as 2026-11-21T14:05:00Z, or seconds since 1970`,
		"period=%zz":                     `query: invalid URL escape "%zz"`,
	} {
		w := get(t, a, "/api/v1/organizations/acme/statements?"+query)
		require.Equal(t, http.StatusBadRequest, w.Code, query)
		var got struct{ Status, ErrorType, Error string }
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
		require.Equal(t, [3]string{"error", "bad_data", text}, [3]string{got.Status, got.ErrorType, got.Error})
	}
	require.Equal(t, http.StatusNotFound, get(t, a, "/api/v1/organizations/initech/statements").Code)
	b.failure = archive.ErrTooMany
	require.Contains(t, get(t, a, "/api/v1/organizations/acme/statements").Body.String(), "narrow them with meter, window, period, from or to")
	b.failure = usage.ErrUnavailable
	require.Equal(t, http.StatusServiceUnavailable, get(t, a, "/api/v1/organizations/acme/statements").Code)
	b.failure = nil
}

func TestFiguresOfAClosedPeriodsEndAreThoseOfItsStatement(t *testing.T) {
	a := over(t, closed())
	w := get(t, a, "/api/v1/organizations/acme/figures?at="+url.QueryEscape("2026-11-01T00:00:00+01:00"))
	require.JSONEq(t, `{"status":"success","data":{"organization":"acme","at":"2026-10-31T23:00:00Z","figures":[
		{"name":"usage_active_users","labels":{"billable":"true","class":"onboarded","meter":"api_calls","window":"month","period":"previous"},"value":13},
		{"name":"usage_active_users","labels":{"billable":"false","class":"email","meter":"api_calls","window":"month","period":"previous"},"value":3},
		{"name":"usage_active_users_breakdown","labels":{"dimension":"feature","dimension_value":"share","meter":"api_calls","window":"month","period":"previous"},"value":2.5}],
		"statements":[{"meter":"api_calls","window":"month","start":"2026-09-30T22:00:00Z","version":2}]}}`, w.Body.String())
	require.Equal(t, http.StatusBadRequest, get(t, a, "/api/v1/organizations/acme/figures?at=2026-10-31T23:01:00Z").Code)

	early := closed() // statements are there before the first minute is
	early.latest = usage.Collection{}
	a = over(t, early)
	require.Equal(t, http.StatusOK, get(t, a, "/api/v1/organizations/acme/figures?at=2026-10-31T23:00:00Z").Code)
	require.Contains(t, get(t, a, "/api/v1/organizations/acme/figures?at=2026-10-31T23:01:00Z").Body.String(), "no minute has been collected yet")
	require.Equal(t, http.StatusServiceUnavailable, get(t, a, "/api/v1/organizations/acme/figures").Code)
}
