// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

const oneSchedule = `{"id":"bill","name":"Bill","report":"billing","organization":"acme","formats":["pdf"],"recipients":["=jane@example.com"],"cadence":"monthly","time":"07:00","enabled":true,
	"created":"2026-11-20T14:05:00Z","changed":"2026-11-20T14:05:00Z","next":"2026-12-04T06:00:00Z","next_period":{"window":"month","name":"2026-11","start":"2026-11-01T00:00:00Z","end":"2026-12-01T00:00:00Z"},"due":1,"failed":2}`

const oneDelivery = `{"id":"0f","schedule":"bill","run":"2026-10","period":{"window":"month","name":"2026-10","start":"2026-10-01T00:00:00Z","end":"2026-11-01T00:00:00Z"},"recipient":"jane@example.com",
	"state":"%s","due":"2026-11-04T06:00:00Z","created":"2026-11-04T06:00:00Z","attempts":3,"error":"550"}`

// scheduling answers as the usage API does, and notes what was asked.
func scheduling(t *testing.T, state string) (asked *[]string, address string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		data := oneSchedule
		switch delivery := fmt.Sprintf(oneDelivery, state); {
		case r.URL.Path == "/api/v1/schedules/none":
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"status":"error","error":"schedule \"none\": there is none"}`)
			return
		case r.URL.Path == "/api/v1/schedules" && r.Method == http.MethodPost:
			w.WriteHeader(http.StatusCreated)
		case r.URL.Path == "/api/v1/schedules":
			data = "[" + oneSchedule + "]"
		case r.URL.Path == "/api/v1/schedules/bill/deliveries", r.URL.Path == "/api/v1/schedules/bill/test":
			data = "[" + delivery + "]"
		case r.URL.Path == "/api/v1/schedules/bill/retry":
			data = `{"schedule":"bill","deliveries":2}`
		}
		_, _ = io.WriteString(w, `{"status":"success","data":`+data+`}`)
	}))
	t.Cleanup(server.Close)
	return asked, server.URL
}

func TestScheduleVerbsAskTheAPI(t *testing.T) {
	asked, api := scheduling(t, "delivered")
	for _, tt := range []struct {
		args         []string
		asks, prints string
	}{
		{[]string{"list"}, "GET /api/v1/schedules ", "bill  Bill  billing  acme  monthly  pdf"},
		{[]string{"list", "--organization", "a b"}, "GET /api/v1/schedules?organization=a+b ", "2026-12-04T06:00:00Z  2026-11  1"},
		{[]string{"list", "--output", "csv"}, "GET /api/v1/schedules ", "bill,Bill,billing,acme,monthly,pdf,'=jane@example.com,2026-12-04T06:00:00Z,2026-11,1,2,,\n"},
		{[]string{"list", "--output", "json"}, "GET /api/v1/schedules ", `"next": "2026-12-04T06:00:00Z"`},
		{
			[]string{"create", "--name", "Bill", "--report", "billing", "--organization", "acme", "--format", "pdf", "--to", "jane@example.com", "--to", "directory", "--day", "5"},
			`POST /api/v1/schedules {"name":"Bill","report":"billing","organization":"acme","formats":["pdf"],"recipients":["jane@example.com","directory"],"cadence":"monthly","day":"5","enabled":true}`,
			"bill: next on 2026-12-04T06:00:00Z, about 2026-11\n",
		},
		{
			[]string{"change", "bill", "--enabled=false", "--time", ""},
			`PUT /api/v1/schedules/bill {"id":"bill","name":"Bill","report":"billing","organization":"acme","formats":["pdf"],"recipients":["=jane@example.com"],"cadence":"monthly","enabled":false,`,
			"bill: next on",
		},
		{[]string{"delete", "bill"}, "DELETE /api/v1/schedules/bill ", "bill is deleted\n"},
		{[]string{"test", "bill"}, "POST /api/v1/schedules/bill/test {}", "jane@example.com  delivered  3"},
		{[]string{"test", "bill", "--to", "me@example.com"}, `POST /api/v1/schedules/bill/test {"to":"me@example.com"}`, "delivered"},
		{[]string{"history", "bill"}, "GET /api/v1/schedules/bill/deliveries ", "2026-11-04T06:00:00Z  2026-10  jane@example.com  delivered  3"},
		{[]string{"history", "bill", "--output", "csv"}, "GET /api/v1/schedules/bill/deliveries ", "2026-11-04T06:00:00Z,2026-10,jane@example.com,delivered,3,,,0,,0f,550\n"},
		{[]string{"retry", "bill"}, "POST /api/v1/schedules/bill/retry ", "2 deliveries are due again\n"},
	} {
		*asked = nil
		code, stdout, stderr := usagectl(t, append(append([]string{"schedule"}, tt.args...), "--api", api)...)
		require.Equal(t, exitOK, code, "%v: %s", tt.args, stderr)
		require.Contains(t, (*asked)[len(*asked)-1], tt.asks, "%v", tt.args)
		require.Contains(t, stdout, tt.prints, "%v", tt.args)
	}
}

func TestScheduleErrors(t *testing.T) {
	asked, api := scheduling(t, "failed")
	for _, tt := range []struct {
		code  int
		error string
		args  []string
	}{
		{exitUsage, "--name, --report, --format and --to are needed", []string{"create", "--name", "Bill"}},
		{exitUsage, `--output "xml": use table, json or csv`, []string{"list", "--output", "xml"}},
		{exitUsage, "accepts 1 arg", []string{"history"}},
		{exitError, `schedule "none": there is none`, []string{"delete", "none"}},
		{exitError, "not all have arrived", []string{"test", "bill"}},
	} {
		code, _, stderr := usagectl(t, append(append([]string{"schedule"}, tt.args...), "--api", api)...)
		require.Equal(t, tt.code, code, "%v: %s", tt.args, stderr)
		require.Contains(t, stderr, tt.error)
	}
	require.NotEmpty(t, *asked)
}
