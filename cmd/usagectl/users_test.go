// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// answering serves an answer to all requests, and notes what was asked.
func answering(t *testing.T, status int, body string) (address string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.Method+" "+r.URL.String())
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

const twoUsers = `{"status":"success","data":{"organization":"acme","window":"month","period":"current","users":[
{"id":"ann","place":0,"status":"registered","standing":false,"first_activity":null,"last_activity":"2026-11-20T14:05:00Z","meters":[
 {"meter":"members","type":"active_users","counts":true,"class":"onboarded","first":{"time":"2026-11-02T08:00:00Z","action":"login","signal":"traces","definition":null}},
 {"meter":"minutes","type":"consumption","sum":2.5}]},
{"id":"","place":1,"standing":true,"first_activity":null,"last_activity":null,"meters":[{"meter":"members","type":"active_users","counts":false}]}
],"next":null}}`

func TestUsersAreListed(t *testing.T) {
	address, asked := answering(t, http.StatusOK, twoUsers)
	code, stdout, stderr := usagectl(t, "users", "north/sea", "--api", address)
	require.Equal(t, exitOK, code, stderr)
	require.Equal(t, `USER      STATUS      METER    COUNTS      SINCE                 BY              LAST ACTIVITY
ann       registered  members  onboarded   2026-11-02T08:00:00Z  login (traces)  2026-11-20T14:05:00Z
ann       registered  minutes  2.5                                               2026-11-20T14:05:00Z
(erased)              members  no: status                                        
`, stdout)
	require.Equal(t, []string{"GET /api/v1/organizations/north%2Fsea/users?period=current&window=month"}, *asked)

	code, stdout, stderr = usagectl(t, "users", "..", "--api", address, "--meter", "minutes", "--window", "30d", "--period", "previous", "--limit", "7", "-o", "json")
	require.Equal(t, exitOK, code, stderr)
	_, list, _ := strings.Cut(twoUsers, `"users":`)
	list, _, _ = strings.Cut(list, `,"next"`)
	require.JSONEq(t, list, stdout)
	require.Equal(t, "GET /api/v1/organizations/=../users?limit=7&meter=minutes&period=previous&window=30d", (*asked)[1])

	code, stdout, stderr = usagectl(t, "users", "acme", "--api", address, "-o", "csv")
	require.Equal(t, exitOK, code, stderr)
	require.Equal(t, twoUsers, stdout, "as it comes") //nolint:testifylint // byte for byte, not what it means
	require.Contains(t, (*asked)[2], "format=csv")
}

func TestAListOfUsersThatBreaksOffIsAnError(t *testing.T) {
	for _, tc := range []struct {
		status     int
		body, says string
	}{
		{http.StatusOK, twoUsers[:len(twoUsers)/2], "broke off"},
		{http.StatusOK, strings.TrimSuffix(twoUsers, "}}"), "broke off"},
		{http.StatusOK, "{}", "does not answer as the usage API does"},
		{http.StatusBadRequest, `{"status":"error","error":"window: \"moon\""}`, `window: "moon"`},
	} {
		address, _ := answering(t, tc.status, tc.body)
		for _, output := range []string{"table", "json"} {
			code, _, stderr := usagectl(t, "users", "acme", "--api", address, "-o", output)
			require.Equal(t, exitError, code)
			require.Contains(t, stderr, tc.says)
		}
	}
}

const head = `{"status":"success","data":{"organization":"acme","meter":"members","window":"month","period":"current","start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z",
"timezone":"UTC","as_of":"2026-11-20T14:05:00Z","state":"running","definition":"2026-03-01",`

func TestAFigureIsExplained(t *testing.T) {
	const common = `figure      members of acme, month, current
period      from 2026-11-01T00:00:00Z to 2026-12-01T00:00:00Z (UTC), running
definition  of 2026-03-01
as of       2026-11-20T14:05:00Z
`
	for _, tc := range []struct{ of, says string }{
		{`"incomplete":true,"classes":[{"class":"onboarded","users":2,"billable":true,"requires":"registered","actions":["login","open"],"condition":"x"}],
			"quota":{"limit":1,"used":2,"remaining":0,"overage":1,"ratio":2,"flex_price":"2.50","currency":"EUR"}}}`,
			"incomplete a limit refused users: there are more\nclass onboarded 2 users, by login, open if x, who are registered, billable\nquota 2 of 1 used (200.0 %), 0 remaining, 1 over at 2.50 EUR each\n"},
		{`"unit":"min","sum":2.5,"events":3,"versions":[{"version":1,"made":"2026-12-04T00:00:00Z","reason":[],"used":2}],"as_billed":1}}`,
			"sum 2.5 min of 3 events\nversion 1 2 used, closed, made 2026-12-04T00:00:00Z, as billed\n"},
		{`"peaks":{"connected_users":{"users":3,"hits":1},"net_connected_users":null,"users_in_the_hour":{"users":2,"hits":4},"busiest_hours":["2026-11-20T14:00:00Z"]}}}`,
			"users in the hour 2 at most, in 4 hours, first at 2026-11-20T14:00:00Z\nconnected users 3 at most, in 1 samples\n"},
		{`"user":{"id":"ann@home","verdict":"counts","became":"ann","status_then":"registered","part":{"meter":"members","class":"onboarded"},
			"classes":[{"class":"onboarded","met":true,"first":{"time":"2026-11-02T08:00:00Z","action":"login","signal":"logs","uid":"1","definition":null}},
			{"class":"paid","met":false,"requires":"registered"},{"class":"anonymous","met":true,"standing_since":"2026-11-03T08:00:00Z","key":"linkedin"}]}}}`,
			"user ann@home\nis now ann, by an alias; what follows is of both\ncounts yes\nclass onboarded\nstatus then registered\n" +
				"matched onboarded first by login (logs) at 2026-11-02T08:00:00Z, definition the first one, uid 1\nmatched paid requires the status registered\n" +
				"matched anonymous standing activity linkedin since 2026-11-03T08:00:00Z\n"},
		{`"user":{"id":"zoe","verdict":"not_known"}}}`, "user zoe\ncounts no: the organization never had an item of this user\n"},
	} {
		address, asked := answering(t, http.StatusOK, head+tc.of)
		code, stdout, stderr := usagectl(t, "explain", "acme", "members", "month", "ann@home", "--api", address)
		require.Equal(t, exitOK, code, stderr)
		require.Equal(t, strings.Fields(common+tc.says), strings.Fields(stdout))
		require.Equal(t, "GET /api/v1/organizations/acme/explain?meter=members&period=current&user=ann%40home&window=month", (*asked)[0])
		code, stdout, _ = usagectl(t, "explain", "acme", "members", "month", "--api", address, "-o", "csv")
		require.Equal(t, exitOK, code)
		require.Contains(t, stdout, "what,is\nfigure,\"members of acme, month, current\"\n")
		code, stdout, _ = usagectl(t, "explain", "acme", "members", "month", "--api", address, "-o", "json")
		require.Equal(t, exitOK, code)
		require.JSONEq(t, head+tc.of, `{"status":"success","data":`+stdout+`}`)
	}
}

func TestABackupThatIsNoneIsNotRestored(t *testing.T) {
	address, _ := answering(t, http.StatusOK, "no archive")
	file := filepath.Join(t.TempDir(), "ledger.tar")
	code, stdout, stderr := usagectl(t, "backup", file, "--api", address)
	require.Equal(t, exitOK, code, stderr)
	require.Equal(t, file+"\n", stdout)
	dir := filepath.Join(t.TempDir(), "ledger")
	code, _, stderr = usagectl(t, "restore", file, dir)
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "this is no backup of a ledger")
	require.NoDirExists(t, dir)
	code, _, _ = usagectl(t, "restore", file+".gone", dir)
	require.Equal(t, exitError, code)

	address, _ = answering(t, http.StatusForbidden, `{"status":"error","error":"this needs a principal with role admin"}`)
	missing := filepath.Join(t.TempDir(), "ledger.tar")
	code, _, stderr = usagectl(t, "backup", missing, "--api", address)
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "this needs a principal")
	require.NoFileExists(t, missing)
}
