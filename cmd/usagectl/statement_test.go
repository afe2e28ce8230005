// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const statementAnswer = `{"status":"success","data":{"organization":"acme/north","statements":[{"meter":"workspace_users","meter_title":"Workspace users","window":"month","window_title":"Contract month",
"start":"2026-09-30T22:00:00Z","end":"2026-10-31T23:00:00Z","start_date":"2026-10-01","end_date":"2026-11-01","timezone":"Europe/Berlin","anchor_day":15,
"definition":null,"quota":{"limit":2000.5,"flex_price":"3.50","currency":"EUR"},"version":2,"as_billed":1,"versions":[
{"version":1,"made":"2026-11-03T23:00:00Z","reason":[],"used":12,"figures":[{"name":"usage_active_users","labels":{"billable":"true","class":"onboarded"},"value":12}],"delta":[]},
{"version":2,"made":"2026-11-05T08:01:00Z","reason":[{"kind":"late_event","events":3},{"kind":"alias","events":1}],"used":13,"figures":[{"name":"usage_active_users","labels":{"billable":"true","class":"onboarded"},"value":13},
{"name":"usage_active_users_breakdown","labels":{"dimension":"feature","dimension_value":"a, b"},"value":0.000001}],"delta":[]}]}]}}`

// api is a usage API that gives one answer; asked is what it was asked.
func api(t *testing.T, status int, answer string) (address string, asked *http.Request) {
	t.Helper()
	asked = &http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = *r
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestStatementsAreShownInThreeForms(t *testing.T) {
	address, asked := api(t, http.StatusOK, statementAnswer)
	code, stdout, stderr := usagectl(t, "statement", "acme/north", "--api", address, "--window", "month", "--period", "2026-10", "--header", "Authorization: Bearer secret")
	require.Equal(t, exitOK, code, stderr)
	require.Equal(t, `METER            WINDOW          FROM        TO          ZONE           VERSION  MADE                  USED  LIMIT   BILLED  REASON
Workspace users  Contract month  2026-10-01  2026-11-01  Europe/Berlin  2        2026-11-05T08:01:00Z  13    2000.5  1       late event: 3, alias: 1
`, stdout)
	require.Equal(t, "/api/v1/organizations/acme%2Fnorth/statements?period=2026-10&window=month", asked.RequestURI)
	require.Equal(t, "Bearer secret", asked.Header.Get("Authorization"))

	_, stdout, _ = usagectl(t, "statement", "acme/north", "--api", address, "--versions")
	require.Contains(t, stdout, "1        2026-11-03T23:00:00Z  12    2000.5  1       closed\n")

	_, stdout, _ = usagectl(t, "statement", "acme/north", "--api", address, "--output", "csv")
	require.Equal(t, `organization,meter,window,from,to,timezone,version,made,reason,billed,limit,flex_price,currency,used,figure,value,unit,class,billable,dimension,dimension_value,average,meter_title,window_title
acme/north,workspace_users,month,2026-10-01,2026-11-01,Europe/Berlin,2,2026-11-05T08:01:00Z,"late event: 3, alias: 1",1,2000.5,3.50,EUR,13,usage_active_users,13,,onboarded,true,,,,Workspace users,Contract month
acme/north,workspace_users,month,2026-10-01,2026-11-01,Europe/Berlin,2,2026-11-05T08:01:00Z,"late event: 3, alias: 1",1,2000.5,3.50,EUR,13,usage_active_users_breakdown,0.000001,,,,feature,"a, b",,Workspace users,Contract month
`, stdout)

	_, stdout, _ = usagectl(t, "statement", "acme/north", "--api", address, "-o", "json")
	require.JSONEq(t, statementAnswer, `{"status":"success","data":`+stdout+`}`)
}

// What a customer is called, and what senders wrote, is no program.
func TestFormulasInStatementsAreGuardedAndNumbersAreNot(t *testing.T) {
	answer := strings.NewReplacer(`"a, b"`, `"=HYPERLINK(\"http://x\",\"y\")"`, `"used":13`, `"used":-13.5`, `"value":0.000001`, `"value":-0.000001`).Replace(statementAnswer)
	address, _ := api(t, http.StatusOK, answer)
	code, stdout, stderr := usagectl(t, "statement", "=cmd|' /C calc'!A0", "--api", address, "--output", "csv")
	require.Equal(t, exitOK, code, stderr)
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	require.NoError(t, err)
	cell := func(row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
	require.Len(t, rows, 3)
	require.Equal(t, "'=cmd|' /C calc'!A0", cell(2, "organization"))
	require.Equal(t, `'=HYPERLINK("http://x","y")`, cell(2, "dimension_value"))
	require.Equal(t, "-13.5", cell(2, "used"))
	require.Equal(t, "-0.000001", cell(2, "value"))
}

func TestStatementsThatCannotBeHadSayWhy(t *testing.T) {
	for _, test := range []struct {
		status       int
		answer, text string
	}{
		{http.StatusBadRequest, `{"status":"error","errorType":"bad_data","error":"window: \"hour\": there are statements of day"}`, `400 Bad Request: window: "hour": there are statements of day`},
		{http.StatusUnauthorized, "", "it wants credentials; give them with --header"},
		{http.StatusOK, "<html>", "and not as the usage API does"},
	} {
		address, _ := api(t, test.status, test.answer)
		code, stdout, stderr := usagectl(t, "statement", "acme", "--api", address)
		require.Equal(t, exitError, code)
		require.Empty(t, stdout)
		require.Contains(t, stderr, test.text)
	}
	code, _, stderr := usagectl(t, "statement", "acme", "--api", "http://localhost:1")
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "is the collector running there")
	address, _ := api(t, http.StatusOK, `{"status":"success","data":{"statements":[]}}`)
	_, stdout, _ := usagectl(t, "statement", "acme", "--api", address)
	require.True(t, strings.HasPrefix(stdout, "no statements;"))
}
