// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// bothStores sends the figures to the embedded store and to another one, and
// samples concurrent users each minute.
const bothStores = `
extensions:
  usage_ledger:
    meters:
      operators: {sample_interval: 1m, settle: 0s}
exporters:
  tsdb: {rule_files: []}      # what they record is in one store only
  prometheus_remote_write: %s
service:
  pipelines:
    metrics/usage: {exporters: [tsdb, prometheus_remote_write]}
`

// TestTheGoSDKIsCountedInBothStores sends every signal by the real SDK over both
// transports, and reads the figures from the embedded store and from
// VictoriaMetrics behind remote write, as config/victoriametrics.yaml has it.
func TestTheGoSDKIsCountedInBothStores(t *testing.T) {
	t.Parallel()
	victoria := startVictoriaMetrics(t)
	c := collector.Start(t, collector.Settings{Overlay: fmt.Sprintf(bothStores, remoteWrite(t, victoria))})
	send(t, c)

	shows := func(want map[string]float64, query string, labels ...string) {
		t.Helper()
		c.Eventually(t, func() error {
			got, err := values(c.Store, query, labels)
			if err == nil && !maps.Equal(got, want) {
				err = fmt.Errorf("%s is %v, not %v", query, got, want)
			}
			return err
		})
	}
	shows(map[string]float64{
		"by-grpc logs counted": 7, "by-grpc traces counted": 2, "by-grpc traces unmatched": 1, "by-grpc metrics counted": 2,
		"by-http logs counted": 7, "by-http traces counted": 2, "by-http traces unmatched": 1, "by-http metrics counted": 2,
		"cumulative metrics invalid": 2,
	}, `usage_items_total > 0`, "organization", "signal", "outcome")
	shows(map[string]float64{"by-grpc": 2, "by-http": 2},
		`usage_active_users{meter="active_learners",window="30d"}`, "organization")
	shows(map[string]float64{"by-grpc": 2, "by-http": 2},
		`sum by (organization) (usage_concurrent_users{meter="operators"})`, "organization")
	shows(map[string]float64{"by-grpc": 3, "by-http": 3},
		`usage_hour_users_peak{meter="operators",window="182d"}`, "organization")
	shows(map[string]float64{
		"by-grpc transcription_minutes": 12.5, "by-grpc documents": 1, "by-grpc api_calls": 5,
		"by-http transcription_minutes": 12.5, "by-http documents": 1, "by-http api_calls": 5,
	}, `usage_consumption_total > 0`, "organization", "meter")

	here, err := samples(c.Store)
	require.NoError(t, err)
	inInterface(t, here)
	c.Eventually(t, func() error { return same(victoria, here) })
}

// precision is that of VictoriaMetrics, which keeps twelve decimal digits: a
// projection may differ in those behind them, a count may not.
const precision = 1e-12

// same holds what a store behind remote write has against the samples that the
// embedded one had a moment ago: the same series, and the same values at the
// same times.
func same(address string, here map[string]map[int64]float64) error {
	there, err := samples(address)
	if err != nil {
		return err
	}
	mine, yours := slices.Sorted(maps.Keys(here)), slices.Sorted(maps.Keys(there))
	if !slices.Equal(mine, yours) {
		only := func(a, b []string) []string {
			return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
		}
		return fmt.Errorf("of %d and %d series, only embedded: %s; only behind remote write: %s", len(mine), len(yours), only(mine, yours), only(yours, mine))
	}
	for series, values := range here {
		for at, value := range values {
			if got, found := there[series][at]; !found || math.Abs(got-value) > precision*math.Abs(value) {
				return fmt.Errorf("%s at %d is %v (%t) behind remote write, %v embedded", series, at, got, found, value)
			}
		}
	}
	return nil
}

// interfaces are the labels that each series may have besides organization: all
// of a set, or all of another one.
var interfaces = map[string][]string{
	"usage_active_users":                           {"meter period window", "billable class meter period window"},
	"usage_incomplete":                             {"meter"},
	"usage_sampled":                                {"meter"},
	"usage_active_users_breakdown":                 {"dimension dimension_value meter period window"},
	"usage_organization_info":                      {"name timezone", "name reseller timezone", "name plan reseller timezone"},
	"usage_organization_account":                   {"client_id plan subdomain"},
	"usage_organization_notify":                    {"channel receiver"},
	"usage_organization_notify_channels":           {"notify"},
	"usage_registered_users":                       {"status"},
	"usage_concurrent_users":                       {"meter state"},
	"usage_concurrent_users_handover":              {"meter"},
	"usage_concurrent_users_net":                   {"meter"},
	"usage_concurrent_users_net_peak":              {"meter period window"},
	"usage_concurrent_users_net_peak_hits":         {"meter period window"},
	"usage_concurrent_users_peak":                  {"meter period window"},
	"usage_concurrent_users_peak_hits":             {"meter period window"},
	"usage_hour_users":                             {"meter period"},
	"usage_hour_users_peak":                        {"meter period window"},
	"usage_hour_users_peak_hits":                   {"meter period window"},
	"usage_consumption":                            {"meter period unit window"},
	"usage_consumption_breakdown":                  {"dimension dimension_value meter period window"},
	"usage_consumption_events":                     {"meter period window"},
	"usage_consumption_peak_day":                   {"meter period window"},
	"usage_consumption_peak_day_timestamp_seconds": {"meter period window"},
	"usage_past_period_used":                       {"meter start window"},
	"usage_consumption_by_day":                     {"day meter"},
	"usage_user_last_activity_timestamp_seconds":   {"dimension dimension_value meter"},
	"usage_consumption_total":                      {"meter unit"},
	"usage_average_sum":                            {"average meter period window", "average dimension dimension_value meter period window"},
	"usage_average_count":                          {"average meter period window", "average dimension dimension_value meter period window"},
	"usage_items_total":                            {"outcome signal"},
	"usage_meter_rejected_total":                   {"meter reason"},
	"usage_last_event_timestamp_seconds":           {""},
	"usage_stream_silent":                          {""},
	"usage_ledger_ready":                           {""},
	"usage_catalogue_refused":                      {""},
	"usage_ledger_damaged_files":                   {""},
	"usage_ledger_scrubbed_timestamp_seconds":      {""},
	"usage_deliveries_due":                         {""},
	"usage_deliveries_failed":                      {""},
	"usage_projected":                              {"meter window"},
	"usage_at_same_share":                          {"meter period window"},
	"usage_period_start_timestamp_seconds":         {"period window"},
	"usage_period_end_timestamp_seconds":           {"period window"},
	"usage_period_info":                            {"end period start timezone window"},
	"usage_meter_info":                             {"meter title type unit", "meter title type"},
	"usage_window_info":                            {"title window"},
}

// rare are the series that what is sent does not bring about.
var rare = []string{"usage_meter_rejected_total", "usage_active_users_breakdown", "usage_organization_account", "usage_organization_notify", "usage_projected", "usage_at_same_share", "usage_past_period_used", "usage_deliveries_due", "usage_deliveries_failed", "usage_ledger_scrubbed_timestamp_seconds"}

// inInterface holds the names and labels of a store's series against those that
// users rely on.
func inInterface(t *testing.T, store map[string]map[int64]float64) {
	t.Helper()
	seen := map[string]bool{}
	for series := range store {
		name, labels := parts(series)
		require.Contains(t, interfaces, name)
		require.Contains(t, labels, "organization", series)
		others := slices.DeleteFunc(labels, func(l string) bool { return l == "organization" })
		require.Contains(t, interfaces[name], strings.Join(others, " "), series)
		seen[name] = true
	}
	for name := range interfaces {
		require.True(t, seen[name] || slices.Contains(rare, name), "no %s", name)
	}
}

// remoteWrite is the exporter of config/victoriametrics.yaml, for an address.
func remoteWrite(t *testing.T, address string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(collector.Root(t), "config", "victoriametrics.yaml"))
	require.NoError(t, err)
	var shipped struct {
		Exporters map[string]map[string]any
	}
	require.NoError(t, yaml.Unmarshal(text, &shipped))
	exporter := shipped.Exporters["prometheus_remote_write"]
	require.Contains(t, exporter, "endpoint")
	exporter["endpoint"] = "http://" + address + "/api/v1/write"
	flow := &yaml.Node{}
	require.NoError(t, flow.Encode(exporter))
	flow.Style = yaml.FlowStyle
	text, err = yaml.Marshal(flow)
	require.NoError(t, err)
	return string(text)
}
