// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/concurrent"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

const usersOfAcme = "/api/v1/organizations/acme/users"

func TestUsersOfAPeriodInJSON(t *testing.T) {
	b := kept()
	a := over(t, b)
	ann := `{"id":"=ann","pseudonym":"5f2c","place":3,"status":"registered","standing":false,"first_activity":"2026-10-20T14:05:00Z","last_activity":"2026-11-20T14:05:00Z",
		"meters":[{"meter":"members","type":"active_users","counts":true,"class":"onboarded","billable":true,"last":"2026-11-20T14:05:00Z",
			"first":{"time":"2026-11-20T13:05:00Z","action":"login","signal":"logs","uid":"=1","definition":"2026-03-01"}},
			{"meter":"api_calls","type":"consumption","sum":2.5}]}`
	erased := `{"id":"","place":7,"standing":true,"first_activity":null,"last_activity":null,
		"meters":[{"meter":"members","type":"active_users","counts":false},{"meter":"operators","type":"concurrent_users","hours":4}]}`
	for _, tc := range []struct{ query, head, users, next string }{
		{"?window=month", `"window":"month","period":"current"`, ann + "," + erased, "null"},
		{"?window=30d&meter=members&period=previous&limit=1", `"meter":"members","window":"30d","period":"previous"`, ann, "3"},
		{"?window=month&after=3", `"window":"month","period":"current"`, erased, "null"},
		{"?window=month&after=7", `"window":"month","period":"current"`, "", "null"},
		{"?window=month&limit=2", `"window":"month","period":"current"`, ann + "," + erased, "null"},
	} {
		w := get(t, a, usersOfAcme+tc.query)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.JSONEq(t, `{"status":"success","data":{"organization":"acme",`+tc.head+`,"users":[`+tc.users+`],"next":`+tc.next+`}}`, w.Body.String())
	}
	get(t, a, usersOfAcme+"?window=30d&meter=members&period=2_ago&after=41")
	require.Equal(t, inquiry.UsersQuery{Organization: "acme", Meter: "members", Window: "30d", Period: 2, From: 42}, b.users)
}

func TestUsersOfAPeriodInCSV(t *testing.T) {
	a := over(t, kept())
	w := get(t, a, usersOfAcme+"?window=month&format=csv")
	require.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
	const head = "id,pseudonym,place,status,standing,first_activity,last_activity,meter,type,counts,class,billable,counted_since,counted_by,signal,uid,definition,last,sum,hours\n"
	require.Equal(t, head+
		"'=ann,5f2c,3,registered,false,2026-10-20T14:05:00Z,2026-11-20T14:05:00Z,members,active_users,true,onboarded,true,2026-11-20T13:05:00Z,login,logs,'=1,2026-03-01,2026-11-20T14:05:00Z,,\n"+
		"'=ann,5f2c,3,registered,false,2026-10-20T14:05:00Z,2026-11-20T14:05:00Z,api_calls,consumption,,,,,,,,,,2.5,\n"+
		",,7,,true,,,members,active_users,false,,false,,,,,,,,\n"+
		",,7,,true,,,operators,concurrent_users,,,,,,,,,,,4\n", w.Body.String())
	require.Equal(t, head, get(t, a, usersOfAcme+"?window=month&format=csv&after=9").Body.String())
	require.NotContains(t, get(t, a, usersOfAcme+"?window=month&format=csv&meter=members").Body.String(), "operators")
}

func TestWhatCannotBeAnsweredOfUsersIsSaid(t *testing.T) {
	b := kept()
	a := over(t, b)
	for query, says := range map[string]string{
		"?window=month&period=last": `period: \"last\": use current, previous or 2_ago`,
		"?window=month&limit=0":     `limit: \"0\": write how many users`,
		"?window=month&limit=ten":   `limit: \"ten\"`,
		"?window=month&after=-1":    `after: \"-1\": write the place`,
		"?window=month&format=xml":  `format: \"xml\": use json or csv`,
	} {
		w := get(t, a, usersOfAcme+query)
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Contains(t, w.Body.String(), says)
	}
	for _, tc := range []struct {
		err  error
		code int
		says string
	}{
		{&inquiry.QueryError{Parameter: "window", Value: "moon", Problem: "use another"}, http.StatusBadRequest, `window: \"moon\": use another`},
		{&inquiry.PeriodError{Window: "month", Period: "2_ago", Problem: "it is too old"}, http.StatusBadRequest, "period 2_ago of window month: it is too old"},
		{fmt.Errorf("%w: the disk is full", usage.ErrUnavailable), http.StatusServiceUnavailable, "the disk is full"},
		{inquiry.ErrNoOrganization, http.StatusNotFound, "not in the catalogue"},
		{errors.New("damaged"), http.StatusInternalServerError, "internal error"},
	} {
		b.failure = tc.err
		for _, target := range []string{usersOfAcme + "?window=month", "/api/v1/organizations/acme/explain?meter=members&window=month", "/api/v1/backup"} {
			if target == "/api/v1/backup" && tc.code < http.StatusInternalServerError {
				continue // it is of no organization
			}
			w := get(t, a, target)
			require.Equal(t, tc.code, w.Code, target)
			require.Contains(t, w.Body.String(), tc.says, target)
		}
	}
}

func TestAUserIsErasedByDeleteWhateverTheirID(t *testing.T) {
	b := kept()
	a := over(t, b)
	for path, id := range map[string]string{
		"ann@example.org": "ann@example.org", "north%2Fsea": "north/sea", "%2E%2E": "..", "=..": "..", "=.": ".", "==..": "=..", "=": "=", "%2e": ".", "a%20b%3Fc%23": "a b?c#", "%25": "%", "%E4%BD%A0": "你", "a%2F..%2Fb": "a/../b",
	} {
		b.erased = nil
		w := request(t, a, http.MethodDelete, usersOfAcme+"/"+path)
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", path, w.Body)
		require.JSONEq(t, `{"status":"success","data":{"organization":"acme","ids":2}}`, w.Body.String())
		require.Equal(t, []string{"acme " + id}, b.erased)
	}
	b.erased = nil
	for _, path := range []string{"..", ".", "../../acme", "", "/ann", "a/b"} { // which may be another thing to delete
		w := serve(t, a.Handler(), http.MethodDelete, usersOfAcme+"/"+path, "")
		require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, w.Code, path)
	}
	w := request(t, a, http.MethodDelete, usersOfAcme+"/nobody")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Contains(t, w.Body.String(), "no item of this user was seen")
	require.Empty(t, b.erased)
}

func TestAnExplanationInJSON(t *testing.T) {
	b := kept()
	a := over(t, b)
	x := &inquiry.Explanation{
		Organization: "acme", Meter: "members", Type: usage.ActiveUsers, Window: "month", Period: "previous", Start: at.AddDate(0, -2, 0), End: at.AddDate(0, -1, 0), Zone: "UTC", Anchor: 1, AsOf: at,
		State: inquiry.Closed, Definition: usage.Date{Year: 2026, Month: 3, Day: 1}, Sampled: true,
		Classes:  []inquiry.ClassExplanation{{Name: "onboarded", Users: 2, Billable: true, Requires: "registered", Actions: []string{"login"}}},
		Quota:    &inquiry.QuotaExplanation{Limit: wide.Int{}, Used: wide.Of(2_000_000), Overage: wide.Of(2_000_000), Ratio: math.Inf(1), Thresholds: []inquiry.ThresholdExplanation{{Share: 0.5, Reached: true}}, FlexPrice: "2.5", Currency: "EUR"},
		Versions: []archive.Version{{Number: 1, Made: at, Used: wide.Of(1_000_000)}, {Number: 2, Made: at, Used: wide.Of(2_000_000), Reason: []archive.Revised{{Kind: "late_event", Events: 3}}}},
		Billed:   1,
	}
	const head = `"organization":"acme","meter":"members","window":"month","period":"previous","start":"2026-09-20T14:05:00Z","end":"2026-10-20T14:05:00Z","timezone":"UTC","anchor_day":1,
		"as_of":"2026-11-20T14:05:00Z","state":"closed","definition":"2026-03-01","incomplete":false,"sampled":true,`
	asked := func(more string) string {
		b.explanation = x
		w := get(t, a, "/api/v1/organizations/acme/explain?meter=members&window=month&period=previous"+more)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		return w.Body.String()
	}
	require.JSONEq(t, `{"status":"success","data":{`+head+`"type":"active_users",
		"classes":[{"class":"onboarded","users":2,"billable":true,"requires":"registered","actions":["login"]}],
		"quota":{"limit":0,"used":2,"remaining":0,"overage":2,"ratio":"+Inf","thresholds":[{"share":0.5,"reached":true}],"flex_price":"2.5","currency":"EUR"},
		"versions":[{"version":1,"made":"2026-11-20T14:05:00Z","reason":[],"used":1},{"version":2,"made":"2026-11-20T14:05:00Z","reason":[{"kind":"late_event","events":3}],"used":2}],"as_billed":1}}`, asked(""))

	x.Classes, x.Quota, x.Versions, x.Billed, x.Type = nil, nil, nil, 0, usage.ConcurrentUsers
	x.Peaks = &inquiry.PeaksExplanation{Connected: concurrent.Peak{Max: 3, Hits: 1}, Hours: concurrent.Peak{Max: 2, Hits: 4}, Busiest: []time.Time{at}}
	require.JSONEq(t, `{"status":"success","data":{`+head+`"type":"concurrent_users",
		"peaks":{"connected_users":{"users":3,"hits":1},"net_connected_users":null,"users_in_the_hour":{"users":2,"hits":4},"busiest_hours":["2026-11-20T14:05:00Z"]}}}`, asked(""))

	x.User = &inquiry.UserExplanation{
		ID: "ann", Verdict: inquiry.Counts, Became: "anna", StatusThen: usage.Registered,
		Person: &inquiry.User{ID: "anna", Parts: []inquiry.UserPart{}}, Part: &inquiry.UserPart{Meter: "members", Type: usage.ConcurrentUsers, Hours: 1},
		Classes: []inquiry.MatchedClass{{Name: "onboarded", Requires: "registered", Met: true, StandingSince: at, Key: "linkedin"}},
		Session: &inquiry.SessionExplanation{LastOn: at, Sample: at, Hours: 1, HoursFrom: at},
	}
	require.JSONEq(t, `{"status":"success","data":{`+head+`"type":"concurrent_users","user":{"id":"ann","verdict":"counts","became":"anna","status_then":"registered",
		"person":{"id":"anna","place":0,"standing":false,"first_activity":null,"last_activity":null,"meters":[]},
		"part":{"meter":"members","type":"concurrent_users","hours":1},
		"classes":[{"class":"onboarded","requires":"registered","met":true,"standing_since":"2026-11-20T14:05:00Z","key":"linkedin"}],
		"session":{"last_on":"2026-11-20T14:05:00Z","last_off":null,"connected":false,"sample":"2026-11-20T14:05:00Z","hours":1,"hours_from":"2026-11-20T14:05:00Z"}}}}`, asked("&user=ann"))
}

func TestABackupIsAFile(t *testing.T) {
	w := get(t, over(t, kept()), "/api/v1/backup")
	require.Equal(t, "a backup", w.Body.String())
	require.Equal(t, "application/x-tar", w.Header().Get("Content-Type"))
	require.Equal(t, `attachment; filename="usage-ledger-20261120T140500Z.tar"`, w.Header().Get("Content-Disposition"))
}
