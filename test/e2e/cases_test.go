// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// odd telemetry, as SDKs and people send it: what came out wrong once. Each
// organization is a case of its own, sent as OTLP in JSON.
const oddMeters = `
extensions:
  usage_ledger:
    catalogue: %s
    meters:
      bytes: {type: consumption, windows: [month], actions: [upload.finished], value: size, unit: By}
`

const oddCatalogue = `
organizations:
  - id: sum-large
    quotas: {bytes: {limit: 9000000000000, window: month}}
`

// oddCase is what is sent for one organization and what is right.
type oddCase struct {
	logs    []string // log records
	points  []string // points of a delta sum api.calls, each in a resource of its own
	items   collector.Items
	figures map[string]float64
}

// record is a log record with a time of now in ms and some attributes; further
// fields stand before the time.
func record(action, fields string, attributes ...string) string {
	return fmt.Sprintf(`{"eventName": %q, %s "attributes": [%s]}`, action, fields, strings.Join(attributes, ", "))
}

func text(key, value string) string {
	return fmt.Sprintf(`{"key": %q, "value": {"stringValue": %q}}`, key, value)
}

func whole(key, value string) string {
	return fmt.Sprintf(`{"key": %q, "value": {"intValue": %q}}`, key, value)
}

func double(key, value string) string {
	return fmt.Sprintf(`{"key": %q, "value": {"doubleValue": %s}}`, key, value)
}

func oddCases(now time.Time) map[string]oddCase {
	at := fmt.Sprintf(`"timeUnixNano": "%d",`, now.UnixNano())
	active := text("user.status", "active")
	visit := func(user string) string { return record("course.accessed", at, user, active) }
	learners := `usage_active_users{meter="active_learners",period="current",window="month"}`
	calls := `usage_consumption{meter="api_calls",period="current",unit="calls",window="month"}`
	cases := map[string]oddCase{
		"id-double": {
			logs: []string{
				visit(whole("user.id", "3000000000")), visit(double("user.id", "3000000000")), visit(double("user.id", "3e9")), visit(text("user.id", "3000000000")),
			},
			items: collector.Items{"counted": 4}, figures: map[string]float64{learners: 1},
		},
		"id-blank": {
			logs: []string{
				visit(text("user.id", "L04")), visit(text("user.id", "L04 ")), visit(text("user.id", "L04\u200b")),
				visit(text("user.id", "Zo\u00eb")), visit(text("user.id", "Zoe\u0308")),
			},
			items: collector.Items{"counted": 5}, figures: map[string]float64{learners: 2},
		},
		"unit-standing": {
			logs: []string{record("social.connected", fmt.Sprintf(`"timeUnixNano": "%d",`, now.UnixMilli()),
				text("user.id", "ada"), text("social.network", "linkedin"))},
			items: collector.Items{"invalid": 1},
		},
		"twin-bodies": {
			logs: []string{
				record("api.called", at+`"body": {"stringValue": "a"},`, text("user.id", "ada")),
				record("api.called", at+`"body": {"stringValue": "b"},`, text("user.id", "ada")),
			},
			items: collector.Items{"counted": 2}, figures: map[string]float64{calls: 2},
		},
		"twin-spans": {
			logs: []string{
				record("api.called", at+`"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174",`, text("user.id", "ada")),
				record("api.called", at+`"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b175",`, text("user.id", "ada")),
			},
			items: collector.Items{"counted": 2}, figures: map[string]float64{calls: 2},
		},
		"twin-points": {
			points: []string{
				fmt.Sprintf(`{"startTimeUnixNano": "%d", %s "asInt": "3", "attributes": [%%s]}`, now.Add(-time.Minute).UnixNano(), at),
				fmt.Sprintf(`{"startTimeUnixNano": "%d", %s "asInt": "4", "attributes": [%%s]}`, now.Add(-2*time.Minute).UnixNano(), at),
			},
			items: collector.Items{"counted": 2}, figures: map[string]float64{calls: 7},
		},
	}
	large := oddCase{items: collector.Items{"counted": 12}, figures: map[string]float64{
		`usage_consumption{meter="bytes",period="current",unit="By",window="month"}`: 12e12,
		`usage_quota_threshold_reached{meter="bytes",threshold="1",window="month"}`:  1,
		`usage_quota_overage{meter="bytes",window="month"}`:                          3e12,
	}}
	for i := range 12 {
		large.logs = append(large.logs, record("upload.finished", at, whole("size", "1000000000000"), whole("log.record.uid", strconv.Itoa(i))))
	}
	cases["sum-large"] = large
	placeholders := oddCase{items: collector.Items{"counted": 5, "invalid": 5}, figures: map[string]float64{learners: 5}}
	for i := range 5 {
		user := text("user.id", fmt.Sprint("person ", i))
		placeholders.logs = append(placeholders.logs, record("user.alias", at, user, text("user.previous_id", "undefined")), visit(user))
	}
	cases["placeholder"] = placeholders
	return cases
}

func TestOddTelemetryIsCountedRight(t *testing.T) {
	t.Parallel()
	catalogue := filepath.Join(t.TempDir(), "organizations.yaml")
	require.NoError(t, os.WriteFile(catalogue, []byte(oddCatalogue), 0o600))
	c := collector.Start(t, collector.Settings{Overlay: fmt.Sprintf(oddMeters, catalogue)})
	cases := oddCases(time.Now().Truncate(time.Millisecond))
	send := func(path, body string) {
		status, err := c.Post(t.Context(), path, "application/json", []byte(body))
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, body)
	}
	sendAll := func() {
		for organization, of := range cases {
			for _, log := range of.logs {
				send("/v1/logs", fmt.Sprintf(`{"resourceLogs": [{"resource": {"attributes": [%s]}, "scopeLogs": [{"logRecords": [%s]}]}]}`,
					text("organization.id", organization), log))
			}
			for _, point := range of.points {
				send("/v1/metrics", fmt.Sprintf(`{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "api.calls", "sum": {"aggregationTemporality": 1, "isMonotonic": true, "dataPoints": [%s]}}]}]}]}`,
					fmt.Sprintf(point, text("organization.id", organization))))
			}
		}
	}
	sendAll()
	items, err := c.Items()
	require.NoError(t, err)
	for organization, of := range cases {
		require.Equal(t, of.items, nonzero(items[organization]), organization)
	}
	sendAll() // byte for byte: OTLP is at-least-once
	for organization, of := range cases {
		shows(t, c, organization, of.figures)
	}
}

func nonzero(items collector.Items) collector.Items {
	for outcome, n := range items {
		if n == 0 {
			delete(items, outcome)
		}
	}
	return items
}
