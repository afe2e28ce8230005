// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// usagectl runs a command line and returns what it printed.
func usagectl(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestWrongUsageIsExitCode2AndSaysWhereToLook(t *testing.T) {
	for _, args := range [][]string{
		{"nonsense"},
		{"version", "extra"},
		{"replay"},
		{"replay", "x.jsonl"},
		{"replay", "--nonsense"},
		{"demo", "generate"},
		{"demo", "generate", "--out", "x", "--until", "yesterday"},
		{"demo", "generate", "--out", "x", "--months", "0"},
		{"catalogue", "check"},
		{"erase"},
		{"erase", "acme"}, // nobody to ask
		{"erase", "acme", "ann"},
		{"erase", "acme", "ann", "bob"},
		{"users"},
		{"users", "acme", "--output", "xml"},
		{"explain", "acme", "members"},
		{"explain", "acme", "members", "month", "--output", "xml"},
		{"backup"},
		{"restore", "backup.tar"},
		{"statement"},
		{"statement", "acme", "--output", "xml"},
		{"statement", "acme", "--header", "secret"},
	} {
		code, stdout, stderr := usagectl(t, args...)
		require.Equal(t, exitUsage, code, "%s: %s", args, stderr)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "--help`", args)
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	for _, path := range []string{"replay", "demo generate", "demo live", "catalogue check", "statement", "users", "explain", "erase", "backup", "restore", "ready", "version"} {
		code, stdout, _ := usagectl(t, append(strings.Fields(path), "--help")...)
		require.Equal(t, exitOK, code)
		require.Contains(t, stdout, "Examples:\n  usagectl "+path)
	}
	code, stdout, _ := usagectl(t)
	require.Equal(t, exitOK, code)
	require.Contains(t, stdout, "Available Commands:")
}

func TestVersion(t *testing.T) {
	code, stdout, _ := usagectl(t, "version")
	require.Equal(t, exitOK, code)
	require.Regexp(t, `^usagectl \S+.* go\S+ \w+/\w+\n$`, stdout)
}

func TestCatalogueCheck(t *testing.T) {
	for _, file := range []string{"../../config/demo-organizations.yaml", "../../config/organizations.yaml"} {
		for _, config := range [][]string{nil, {"--config", "../../config/default.yaml"}} {
			code, stdout, stderr := usagectl(t, append([]string{"catalogue", "check", file}, config...)...)
			require.Equal(t, exitOK, code, stderr)
			require.Contains(t, stdout, "good")
		}
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("organizations:\n  - {id: acme, timezone: Mars/Olympus}\n"), 0o600))
	code, _, stderr := usagectl(t, "catalogue", "check", bad)
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "bad.yaml:2")

	require.NoError(t, os.WriteFile(bad, []byte("organizations:\n  - id: acme\n    quotas: {operatrs: {limit: 40, window: month}}\n"), 0o600))
	code, _, stderr = usagectl(t, "catalogue", "check", bad)
	require.Equal(t, exitOK, code, stderr)
	code, _, stderr = usagectl(t, "catalogue", "check", bad, "--config", "../../config/default.yaml")
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "bad.yaml:3: organizations[0].quotas.operatrs: unknown meter; do you mean operators?")
	code, _, stderr = usagectl(t, "catalogue", "check", bad, "--config", "nowhere.yaml")
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "nowhere.yaml")
}

// demoDirs are the directories of a replayed month of the demo.
type demoDirs struct{ history, ledger, tsdb string }

func (d demoDirs) replay(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return usagectl(t, append([]string{
		"replay", "--config", "../../config/default.yaml", "--catalogue", "../../config/demo-organizations.yaml",
		"--ledger", d.ledger, "--tsdb", d.tsdb,
	}, args...)...)
}

// coarse are steps that make a replay quick.
var coarse = []string{"--step", "6h", "--fine", "30m"}

func month(t *testing.T) (demoDirs, []string) {
	t.Helper()
	dir := t.TempDir()
	d := demoDirs{filepath.Join(dir, "history"), filepath.Join(dir, "ledger"), filepath.Join(dir, "tsdb")}
	code, stdout, stderr := usagectl(t, "demo", "generate", "--out", d.history, "--months", "1", "--until", "2026-10-20T12:00")
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "items from 2026-09-20 to 2026-10-20T12:00:00Z")
	files, err := filepath.Glob(filepath.Join(d.history, "*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 2)
	return d, files
}

func TestReplayOfTheDemoFillsLedgerAndStore(t *testing.T) {
	d, files := month(t)
	code, stdout, stderr := d.replay(t, append(coarse, files...)...)
	require.Equal(t, exitOK, code, stderr)
	for _, organization := range []string{"acme", "brightpost", "kaveri", "learnwell", "nordhafen", "tasman", "__none__"} {
		require.Contains(t, stdout, organization)
	}
	require.Contains(t, stderr, "items/s")
	got := figures(t, d, "2026-10-20T12:00:00Z")
	for _, series := range []string{
		`usage_active_users{meter="active_learners",organization="learnwell",period="current",window="month"}`,
		`usage_hour_users_peak{meter="operators",organization="nordhafen",period="current",window="month"}`,
		`usage_consumption{meter="transcription_minutes",organization="kaveri",period="current",unit="min",window="cycle"}`,
	} {
		require.Contains(t, got, series)
		require.NotEqual(t, "0", got[series], series)
	}
}

func TestARepeatedReplayAndOtherStepsGiveTheSameFigures(t *testing.T) {
	const later = "2026-10-20T12:01:00Z"
	d, files := month(t)
	code, _, stderr := d.replay(t, append(coarse, files...)...)
	require.Equal(t, exitOK, code, stderr)
	// Everything again, and one minute more to see what that did.
	code, stdout, stderr := d.replay(t, append([]string{"--until", later, "--step", "6h", "--fine", "1h"}, files...)...)
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "steps had been collected before")
	require.Contains(t, stdout, " 1 collections stored")

	once := demoDirs{d.history, filepath.Join(t.TempDir(), "ledger"), filepath.Join(t.TempDir(), "tsdb")}
	code, _, stderr = once.replay(t, append([]string{"--until", later, "--step", "3h", "--fine", "7m"}, files...)...)
	require.Equal(t, exitOK, code, stderr)

	want, got := figures(t, once, later), figures(t, d, later)
	require.Greater(t, len(want), 500)
	require.Len(t, got, len(want))
	for series, value := range want {
		require.Equal(t, value, got[series], series)
	}
}

func TestReplayReportsBadLinesAndGoesOn(t *testing.T) {
	d, files := month(t)
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	require.NoError(t, os.WriteFile(bad, []byte("nonsense\n"), 0o600))
	code, stdout, stderr := d.replay(t, append(coarse, bad, files[0])...)
	require.Equal(t, exitBad, code)
	require.Contains(t, stdout, bad+":1: no OTLP request")
	require.Contains(t, stdout, "nordhafen")
	require.Contains(t, stderr, "1 lines or files were left out")
}

func TestReplayRefusesWhatItCannotUse(t *testing.T) {
	d := demoDirs{ledger: t.TempDir(), tsdb: t.TempDir()}
	code, _, stderr := d.replay(t, filepath.Join(t.TempDir(), "missing.jsonl"))
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "missing.jsonl")

	empty := filepath.Join(t.TempDir(), "empty.jsonl")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	code, stdout, stderr := d.replay(t, empty)
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "no OTLP request; nothing was counted")
	require.Contains(t, stdout, empty+": no OTLP request in it: the file is empty")

	timeless := filepath.Join(t.TempDir(), "timeless.jsonl")
	require.NoError(t, os.WriteFile(timeless, []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}`), 0o600))
	code, _, stderr = d.replay(t, timeless)
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "--until")
}

func TestLiveNeedsAHistory(t *testing.T) {
	code, _, stderr := usagectl(t, "demo", "live", "--history", t.TempDir())
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "usagectl demo generate")
}

// figures returns the samples of a minute in the store, but for those that
// tell one ledger or one replay from another: pseudonyms, and how many items
// came and when.
func figures(t *testing.T, d demoDirs, at string) map[string]string {
	t.Helper()
	store, err := promstore.Open(promstore.Settings{Directory: d.tsdb, Retention: promstore.DefaultRetention})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	answer := httptest.NewRecorder()
	query := url.Values{"query": {`{__name__=~"usage_.+",__name__!~"usage_items_total|usage_stream_silent",dimension!="user"}`}, "time": {at}}
	store.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/api/v1/query?"+query.Encode(), nil))
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	var response struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any // time, value as text
			}
		}
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &response))
	samples := map[string]string{}
	for _, r := range response.Data.Result {
		var labels []string
		for _, name := range slices.Sorted(maps.Keys(r.Metric)) {
			if name != "__name__" {
				labels = append(labels, fmt.Sprintf("%s=%q", name, r.Metric[name]))
			}
		}
		samples[r.Metric["__name__"]+"{"+strings.Join(labels, ",")+"}"] = fmt.Sprint(r.Value[1])
	}
	return samples
}

func TestReadySaysWhetherTheCollectorTakesUsageIn(t *testing.T) {
	full := false
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/-/ready":
			http.NotFound(w, r)
		case full:
			http.Error(w, "disk is full", http.StatusServiceUnavailable)
		}
	}))
	defer api.Close()

	code, _, stderr := usagectl(t, "ready", "--api", api.URL+"/")
	require.Equal(t, exitOK, code, stderr)

	full = true
	code, _, stderr = usagectl(t, "ready", "--api", api.URL)
	require.Equal(t, exitError, code)
	require.Equal(t, "usagectl: the collector at "+api.URL+" answers 503 Service Unavailable: disk is full\n", stderr)

	api.Close()
	code, _, stderr = usagectl(t, "ready", "--api", api.URL)
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "connection refused")

	code, _, _ = usagectl(t, "ready", "--api", "%")
	require.Equal(t, exitUsage, code)
}
