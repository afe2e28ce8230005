// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestHistoryFilesHoldEveryEventAsOTLP(t *testing.T) {
	plan, dir := NewPlan(7, 1, present), t.TempDir()
	days := 0
	n, err := plan.WriteHistory(dir, func(time.Time, int) { days++ })
	require.NoError(t, err)
	require.Equal(t, 32, days)

	items := 0
	for _, line := range lines(t, dir) {
		items += itemsOf(t, line)
	}
	require.Equal(t, n, items)

	loaded, err := LoadPlan(dir)
	require.NoError(t, err)
	require.Equal(t, plan, loaded)
}

func TestHistoryFilesAreTheSameForASeed(t *testing.T) {
	plan := NewPlan(7, 1, present)
	one, two := t.TempDir(), t.TempDir()
	for _, dir := range []string{one, two} {
		_, err := plan.WriteHistory(dir, nil)
		require.NoError(t, err)
	}
	require.Equal(t, lines(t, one), lines(t, two))

	other := t.TempDir()
	_, err := NewPlan(8, 1, present).WriteHistory(other, nil)
	require.NoError(t, err)
	require.NotEqual(t, lines(t, one), lines(t, other))
}

func TestHistoryWithoutPlanIsNotLoaded(t *testing.T) {
	dir := t.TempDir()
	_, err := LoadPlan(dir)
	require.ErrorContains(t, err, "usagectl demo generate")

	require.NoError(t, os.WriteFile(filepath.Join(dir, planFile), []byte(`{"start":"2026-01-02T00:00:00Z","present":"2026-01-01T00:00:00Z"}`), 0o600))
	_, err = LoadPlan(dir)
	require.ErrorContains(t, err, "is not before present")
}

// lines returns the requests of all files in order.
func lines(t *testing.T, dir string) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 2, "October and November")
	var all [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all = append(all, bytes.Split(bytes.TrimSpace(text), []byte("\n"))...)
	}
	return all
}

func itemsOf(t *testing.T, line []byte) int {
	t.Helper()
	switch {
	case bytes.HasPrefix(line, []byte(`{"resourceLogs"`)):
		request, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(line)
		require.NoError(t, err)
		return request.LogRecordCount()
	case bytes.HasPrefix(line, []byte(`{"resourceSpans"`)):
		request, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		require.NoError(t, err)
		return request.SpanCount()
	default:
		request, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(line)
		require.NoError(t, err)
		return request.DataPointCount()
	}
}
