// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// given is a sample that a query is asked about.
type given struct {
	name   string
	labels map[string]string
	value  float64
}

var at = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// answersOf is what a panel's query of an instant says of samples of that
// minute, all of the organization acme.
func answersOf(t *testing.T, d *dashboard, title string, query int, chosen map[string]string, samples ...given) []result {
	t.Helper()
	store, err := promstore.Open(promstore.Settings{Directory: t.TempDir(), Retention: promstore.DefaultRetention})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	of := usage.OrganizationFigures{Organization: "acme"}
	for _, s := range samples {
		series := &usage.Series{Name: s.name}
		for _, label := range slices.Sorted(maps.Keys(s.labels)) {
			series.Labels = append(series.Labels, usage.Label{Name: label, Value: s.labels[label]})
		}
		of.Figures = append(of.Figures, usage.Figure{Series: series, Value: s.value})
	}
	require.NoError(t, store.Write(usage.Collection{At: at, Organizations: []usage.OrganizationFigures{of}}))
	r := &run{demo: &demo{at: at}, dashboard: d, t: t}
	form := url.Values{"query": {r.fill(d.titled(t, title).Targets[query].Expr, chosen, time.Minute)}, "time": {unix(at)}}
	answer := httptest.NewRecorder()
	store.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/api/v1/query?"+form.Encode(), nil))
	require.Equal(t, http.StatusOK, answer.Code, "%s: %s", form, answer.Body)
	var said struct {
		Data struct{ Result []result }
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &said))
	return said.Data.Result
}

var everybody = map[string]string{"organization": ".*", "reseller": ".*"}

// firing are three alerts of one customer, two of them of one rule and meter.
func firing() []given {
	samples := []given{{"usage_organization_info", map[string]string{"name": "Acme GmbH", "timezone": "UTC"}, 1}}
	begin := at.Add(-time.Hour)
	for _, labels := range []map[string]string{
		{"alertname": "UsageQuotaThresholdReached", "meter": "minutes", "window": "cycle", "threshold": "0.5", "severity": "info"},
		{"alertname": "UsageQuotaThresholdReached", "meter": "minutes", "window": "cycle", "threshold": "0.9", "severity": "warning"},
		{"alertname": "UsageQuotaExceeded", "meter": "users", "window": "30d", "severity": "critical"},
	} {
		samples = append(samples, given{"ALERTS_FOR_STATE", labels, float64(begin.Unix())})
		labels = maps.Clone(labels)
		labels["alertstate"] = "firing"
		samples = append(samples, given{"ALERTS", labels, 1})
	}
	return samples
}

// TestAlertsHaveARowForEachMeterAndThreshold, with its severity as the value,
// which colours it and sorts the table.
func TestAlertsHaveARowForEachMeterAndThreshold(t *testing.T) {
	d := load(t)["usage-alerts"]
	want := map[string]float64{"minutes: 50 % of cycle quota": 1, "minutes: 90 % of cycle quota": 2, "users: above 30d quota": 3}
	for _, title := range []string{"What fires", "History of alerts"} {
		rows := map[string]float64{}
		for _, r := range answersOf(t, d, title, 0, everybody, firing()...) {
			require.Equal(t, "Acme GmbH", r.Metric["name"], title)
			rows[r.Metric["message"]] = r.value()
		}
		require.Equal(t, want, rows, title)
	}
	for _, r := range answersOf(t, d, "What fires", 1, everybody, firing()...) {
		require.Contains(t, want, r.Metric["message"])
		require.InDelta(t, at.Add(-time.Hour).UnixMilli(), r.value(), 0)
	}
	var options struct {
		SortBy []struct {
			DisplayName string
			Desc        bool
		}
		PerPage int
	}
	require.NoError(t, json.Unmarshal(d.titled(t, "What fires").Options, &options))
	require.Equal(t, "Severity", options.SortBy[0].DisplayName)
	require.True(t, options.SortBy[0].Desc)
	colours := map[string]bool{}
	var mappings []struct {
		Options map[string]struct{ Text, Color string }
	}
	text, err := json.Marshal(d.titled(t, "History of alerts").FieldConfig.Defaults.Mappings)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &mappings))
	require.Len(t, mappings, 1)
	for value, severity := range map[string]string{"1": "info", "2": "warning", "3": "critical"} {
		require.Equal(t, severity, mappings[0].Options[value].Text)
		colours[mappings[0].Options[value].Color] = true
	}
	require.Len(t, colours, 3)
	require.NoError(t, json.Unmarshal(d.titled(t, "History of alerts").Options, &options))
	require.Equal(t, 12, options.PerPage)
}

// TestEveryAlertHasWords: a rule without would show by its name.
func TestEveryAlertHasWords(t *testing.T) {
	d := load(t)["usage-alerts"]
	files, err := filepath.Glob(filepath.Join(root, "rules", "*.yaml"))
	require.NoError(t, err)
	rules := 0
	for _, file := range files {
		var content struct {
			Groups []struct{ Rules []struct{ Alert string } }
		}
		readYAML(t, filepath.Join("rules", filepath.Base(file)), &content)
		for _, g := range content.Groups {
			for _, r := range g.Rules {
				if r.Alert == "" {
					continue
				}
				rules++
				labels := map[string]string{"alertname": r.Alert, "alertstate": "firing", "severity": "info"}
				said := answersOf(t, d, "What fires", 0, everybody, given{"usage_organization_info", map[string]string{"name": "Acme"}, 1}, given{"ALERTS", labels, 1})
				require.Len(t, said, 1, r.Alert)
				require.NotEqual(t, r.Alert, said[0].Metric["message"])
			}
		}
	}
	require.Positive(t, rules)
}

// TestThresholdsAreWrittenAsPercentages, also those that only a catalogue has.
func TestThresholdsAreWrittenAsPercentages(t *testing.T) {
	d := load(t)["usage-alerts"]
	for threshold, percent := range map[string]string{"0.75": "75 %", "0.8": "80 %", "1": "100 %", "1.2": "120 %", "1.25": "125 %", "0.125": "0.125"} {
		labels := map[string]string{"alertname": "UsageQuotaThresholdReached", "alertstate": "firing", "meter": "m", "window": "day", "threshold": threshold}
		said := answersOf(t, d, "What fires", 0, everybody, given{"usage_organization_info", map[string]string{"name": "Acme"}, 1}, given{"ALERTS", labels, 1})
		require.Len(t, said, 1)
		require.Equal(t, "m: "+percent+" of day quota", said[0].Metric["message"])
	}
}

// TestSharesAboveAllSayWhy: who is active without ever having registered.
func TestSharesAboveAllSayWhy(t *testing.T) {
	d := load(t)["usage-active-users"]
	chosen := map[string]string{"organization": "acme", "meter": "users"}
	users := func(active float64) []given {
		return []given{
			{"usage_active_users", map[string]string{"meter": "users", "window": "month", "period": "current"}, active},
			{"usage_registered_users", map[string]string{"status": "registered"}, 80},
			{"usage_registered_users", map[string]string{"status": "removed"}, 20},
		}
	}
	for active, why := range map[float64]string{100: "of all registered", 120: "above 100 %: some never registered"} {
		said := answersOf(t, d, "Active over registered", 0, chosen, users(active)...)
		require.Len(t, said, 1)
		require.Equal(t, why, said[0].Metric["why"])
		require.InDelta(t, active/100, said[0].value(), 1e-9)
	}
	total := answersOf(t, d, "Registered users", 0, chosen, users(1)...)
	require.Equal(t, "total", d.titled(t, "Registered users").Targets[0].LegendFormat)
	require.Len(t, total, 1)
	require.InDelta(t, 100, total[0].value(), 0)
}

// TestActiveUsersAreComparedInTheWindowOfTheCommittedNumber, and in the month
// where there is none.
func TestActiveUsersAreComparedInTheWindowOfTheCommittedNumber(t *testing.T) {
	active := []given{
		{"usage_active_users", map[string]string{"meter": "users", "window": "month", "period": "current"}, 229},
		{"usage_active_users", map[string]string{"meter": "users", "window": "30d", "period": "current"}, 436},
	}
	limit := given{"usage_quota_limit", map[string]string{"meter": "users", "window": "30d"}, 450}
	chosen := map[string]string{"organization": "acme", "meter": "users"}
	d := load(t)["usage-active-users"]
	for window, samples := range map[string][]given{"month": active, "30d": append(slices.Clone(active), limit)} {
		said := answersOf(t, d, "Active against registered and committed", 0, chosen, samples...)
		require.Len(t, said, 1)
		require.Equal(t, window, said[0].Metric["window"])
	}
	rows := map[string]float64{}
	for _, r := range answersOf(t, load(t)["usage-organization"], "Active and committed users", 1, chosen, append(active, limit)...) {
		rows[r.Metric["meter"]+" "+r.Metric["window"]] = r.value()
	}
	require.Equal(t, map[string]float64{"users month": 229, "users 30d": 436}, rows)
}
