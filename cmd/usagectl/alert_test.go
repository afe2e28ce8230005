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

// stations are a collector, what evaluates its rules and an Alertmanager that
// say what a test of theirs makes them say. That the real ones say so is held
// by the tests of the whole chain in test/e2e.
type stations struct {
	firing, alertmanager string
	tried, failed        int
	asked                int
}

func (s *stations) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "POST /api/v1/organizations/acme/alerts/test":
		s.say(w, `{"status":"success","data":{"organization":"acme","started":"2026-11-20T12:00:00Z","until":"2026-11-20T12:05:00Z"}}`)
	case "GET /api/v1/alerts":
		s.say(w, s.firing)
	case "GET /api/v2/alerts":
		s.say(w, s.alertmanager)
	case "GET /metrics":
		tried, failed := 3, 0
		if s.asked++; s.asked > 1 {
			tried, failed = tried+s.tried, s.failed
		}
		s.say(w, fmt.Sprintf(`# TYPE alertmanager_notifications_total counter
alertmanager_notifications_total{integration="email"} %d
# TYPE alertmanager_notifications_failed_total counter
alertmanager_notifications_failed_total{integration="email",reason="other"} %d
`, tried, failed))
	default:
		http.NotFound(w, r)
	}
}

func (*stations) say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

const (
	fires  = `{"data":{"alerts":[{"state":"firing","labels":{"alertname":"UsageAlertTest","organization":"acme","started":"2026-11-20T12:00:00Z"}}]}}`
	routed = `[{"labels":{"alertname":"UsageAlertTest","organization":"acme","started":"2026-11-20T12:00:00Z"},"receivers":[{"name":"operator"},{"name":"customer"}]}]`
)

func (s *stations) test(t *testing.T, organization string) (code int, stdout, stderr string) {
	t.Helper()
	server := httptest.NewServer(s)
	defer server.Close()
	return usagectl(t, "alert", "test", organization, "--api", server.URL, "--rules", server.URL, "--alertmanager", server.URL, "--timeout", "20ms")
}

func TestATestAlertIsFollowedToItsReceivers(t *testing.T) {
	code, stdout, stderr := (&stations{firing: fires, alertmanager: routed, tried: 1}).test(t, "acme")
	require.Equal(t, exitOK, code, stderr)
	require.Equal(t, `collector     has begun the test of acme at 2026-11-20T12:00:00Z
rules         UsageAlertTest fires
Alertmanager  tells customer, operator
receivers     have been told
`, stdout)
}

func TestATestAlertSaysWhereItGotStuck(t *testing.T) {
	for name, test := range map[string]struct {
		stations     stations
		organization string
		want         string
	}{
		"unknown organization":    {stations{}, "initech", "start the test: "},
		"rules that do not fire":  {stations{firing: `{"data":{"alerts":[]}}`}, "acme", "UsageAlertTest does not fire at "},
		"an earlier test":         {stations{firing: `{"data":{"alerts":[{"state":"firing","labels":{"alertname":"UsageAlertTest","organization":"acme","started":"2025"}}]}}`}, "acme", "does not fire at "},
		"no way to Alertmanager":  {stations{firing: fires, alertmanager: `[]`}, "acme", "is it among the alertmanagers of what evaluates the rules?"},
		"receivers of no address": {stations{firing: fires, alertmanager: routed}, "acme", "Alertmanager has told nobody yet"},
		"a mail that fails":       {stations{firing: fires, alertmanager: routed, tried: 1, failed: 1}, "acme", "notification by email has failed: Alertmanager's log says why"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := test.stations.test(t, test.organization)
			require.Equal(t, exitError, code)
			require.Contains(t, stderr, test.want)
		})
	}

	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	code, stdout, stderr := usagectl(t, "alert", "test", "acme", "--alertmanager", gone.URL)
	require.Equal(t, exitError, code)
	require.Empty(t, stdout, "nothing has begun")
	require.Contains(t, stderr, "ask Alertmanager: ")
}
