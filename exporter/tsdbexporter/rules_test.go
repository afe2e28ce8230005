// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package tsdbexporter

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-usage/otelcol-usage/exporter/tsdbexporter/internal/metadatatest"
)

// someUsers has an alert and a rule that cannot be evaluated: two series match one.
const someUsers = `
groups:
  - name: users
    rules:
      - record: failing
        expr: vector(1) * on () (usage_active_users or label_replace(usage_active_users, "a", "b", "", ""))
      - alert: SomeUsers
        expr: usage_active_users > 5
        annotations: {link: '{{ externalURL }}/d/users'}
`

func withRules(t *testing.T, alertmanagers ...string) func(*Config, *exporter.Settings) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(path, []byte(someUsers), 0o600))
	return func(c *Config, _ *exporter.Settings) { c.RuleFiles, c.Alertmanagers = []string{path}, alertmanagers }
}

func TestAnAlertIsOnItsWayAsSoonAsItsFiguresAreStored(t *testing.T) {
	told := make(chan string, 1)
	alertmanager := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is missing fails the test
		told <- string(body)
	}))
	t.Cleanup(alertmanager.Close)
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) })
	rules := withRules(t, alertmanager.URL)
	f := newFixture(t, t.TempDir(), func(c *Config, set *exporter.Settings) {
		rules(c, set)
		set.MeterProvider = telemetry.NewTelemetrySettings().MeterProvider
	})
	require.NoError(t, f.Start(t.Context(), componenttest.NewNopHost()))
	require.Empty(t, f.logs.FilterMessageSnippet("alerts reach nobody").All())

	require.NoError(t, f.ConsumeMetrics(t.Context(), sevenActiveUsers(time.Now().Truncate(time.Minute))))
	body := <-told
	require.Contains(t, body, `"alertname":"SomeUsers"`)
	require.Contains(t, body, `"link":"http://localhost:3000/d/users"`)
	for counted := false; !counted; { // a rule beside it, which may be evaluated later
		_, err := telemetry.GetMetric("otelcol_exporter_tsdb_rule_failures")
		counted = err == nil
	}
	metadatatest.AssertEqualExporterTsdbRuleFailures(t, telemetry, []metricdata.DataPoint[int64]{{Value: 1}}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, f.Shutdown(t.Context()))
}

func TestRequestsToAlertmanagersAreCounted(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) })
	rules := withRules(t, gone.URL)
	f := newFixture(t, t.TempDir(), func(c *Config, set *exporter.Settings) {
		rules(c, set)
		set.MeterProvider = telemetry.NewTelemetrySettings().MeterProvider
	})
	require.NoError(t, f.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, f.ConsumeMetrics(t.Context(), sevenActiveUsers(time.Now().Truncate(time.Minute))))
	require.Eventually(t, func() bool { return f.logs.FilterMessage("Error sending alerts").Len() > 0 }, time.Minute, time.Millisecond)
	metadatatest.AssertEqualExporterTsdbAlertRequests(t, telemetry, []metricdata.DataPoint[int64]{
		{Value: 0, Attributes: attribute.NewSet(attribute.String("outcome", "sent"))},
		{Value: 1, Attributes: attribute.NewSet(attribute.String("outcome", "failed"))},
	}, metricdatatest.IgnoreTimestamp())
}

func TestWithoutAnAlertmanagerTheLogSaysThatAlertsReachNobody(t *testing.T) {
	f := newFixture(t, t.TempDir(), withRules(t))
	require.NoError(t, f.Start(t.Context(), componenttest.NewNopHost()))
	require.Len(t, f.logs.FilterMessageSnippet("alerts reach nobody").All(), 1)
}

func TestABadRuleFileStopsTheStartAndLeavesNothingOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(someUsers, "> 5", "> ", 1)), 0o600))
	directory := t.TempDir()
	f := newFixture(t, directory, func(c *Config, _ *exporter.Settings) { c.RuleFiles = []string{path} })
	err := f.Start(t.Context(), componenttest.NewNopHost())
	require.ErrorContains(t, err, "rule_files: "+path+`: 8:15: group "users", rule 2, "SomeUsers"`)
	require.NoError(t, newFixture(t, directory, nil).Start(t.Context(), componenttest.NewNopHost()), "the directory is free again")
}

func TestAMinuteIsEvaluatedOnceItsCollectionIsThereOrLate(t *testing.T) {
	minute := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	before := minute.Add(-time.Minute)
	for name, c := range map[string]struct {
		now, collected, last time.Time
		at                   time.Time
		wait                 time.Duration
	}{
		"its collection is there":        {minute.Add(2 * time.Second), minute, before, minute, 0},
		"its collection is awaited":      {minute.Add(2 * time.Second), before, before, time.Time{}, 28 * time.Second},
		"its collection is late":         {minute.Add(30 * time.Second), before, before, minute, 0},
		"it has been evaluated":          {minute.Add(2 * time.Second), minute, minute, time.Time{}, 88 * time.Second},
		"nothing was ever collected":     {minute.Add(10 * time.Second), time.UnixMilli(0), time.Time{}, time.Time{}, 20 * time.Second},
		"after a pause of the process":   {minute.Add(4*time.Minute + time.Second), minute.Add(4 * time.Minute), minute, minute.Add(4 * time.Minute), 0},
		"the clock was set back an hour": {minute.Add(-time.Hour), minute, minute, time.Time{}, time.Hour + 90*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			at, wait := evaluation(c.now, c.collected, c.last, before)
			require.Equal(t, c.at, at)
			require.Equal(t, c.wait, wait)
		})
	}
}

func TestACollectionIsAwaitedAfterTheStart(t *testing.T) {
	minute := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	started := minute.Add(40 * time.Second)
	at, wait := evaluation(started, minute.Add(-time.Hour), time.Time{}, started)
	require.Equal(t, time.Time{}, at)
	require.Equal(t, 30*time.Second, wait)
	at, wait = evaluation(started.Add(time.Second), minute, time.Time{}, started)
	require.Equal(t, minute, at)
	require.Zero(t, wait)
}
