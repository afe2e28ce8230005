// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

var update = flag.Bool("update", false, "rewrite the expected files of testdata")

// TestAppend is told as stories: each directory of testdata/append holds OTLP
// requests that are sent one after the other, N.json, and what the store then
// holds, want.txt. The clock stands five minutes after noon.
func TestAppend(t *testing.T) {
	stories, err := filepath.Glob("testdata/append/*")
	require.NoError(t, err)
	require.NotEmpty(t, stories)
	for _, story := range stories {
		t.Run(filepath.Base(story), func(t *testing.T) {
			t.Helper()
			store := openStore(t, Settings{})
			requests, err := filepath.Glob(filepath.Join(story, "*.json"))
			require.NoError(t, err)
			require.NotEmpty(t, requests)
			for _, request := range requests {
				data, err := os.ReadFile(request)
				require.NoError(t, err)
				metrics, err := (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(data)
				require.NoError(t, err)
				_, err = store.Append(t.Context(), metrics, noon.Add(5*time.Minute))
				require.NoError(t, err)
			}
			got := report(t, store)
			want := filepath.Join(story, "want.txt")
			if *update {
				require.NoError(t, os.WriteFile(want, []byte(got), 0o600))
			}
			expected, err := os.ReadFile(want)
			require.NoError(t, err)
			require.Equal(t, string(expected), got)
		})
	}
}

// report is the series, then the metadata, then the refusals.
func report(t *testing.T, store *Store) string {
	t.Helper()
	var b strings.Builder
	for _, line := range dump(t, store) {
		fmt.Fprintln(&b, line)
	}
	for _, line := range dump(t, store) {
		_, rest, _ := strings.Cut(line, `__name__="`)
		name, _, _ := strings.Cut(rest, `"`)
		m, ok := store.metadata.GetMetadata(name)
		require.True(t, ok, name)
		if entry := fmt.Sprintf("# %s: %s: %s\n", name, m.Type, m.Help); !strings.Contains(b.String(), entry) {
			b.WriteString(entry)
		}
	}
	totals := store.Totals()
	fmt.Fprintf(&b, "# stored %d\n", totals.Stored)
	for i, n := range totals.Refused {
		if n > 0 {
			fmt.Fprintf(&b, "# refused %s %d\n", Refusal(i), n)
		}
	}
	return b.String()
}

// gauge is one point of usage.active_users as the receiver sends it.
func gauge(at time.Time, value float64) pmetric.Metrics {
	metrics := pmetric.NewMetrics()
	metric := metrics.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	metric.SetName("usage.active_users")
	point := metric.SetEmptyGauge().DataPoints().AppendEmpty()
	point.SetTimestamp(pcommon.NewTimestampFromTime(at))
	point.SetDoubleValue(value)
	for key, value := range map[string]string{"organization": "acme", "meter": "operators", "window": "month", "period": "current"} {
		point.Attributes().PutStr(key, value)
	}
	return metrics
}

func TestAppendAndWriteMakeTheSameSeries(t *testing.T) {
	appended, replayed := openStore(t, Settings{}), openStore(t, Settings{})
	_, err := appended.Append(t.Context(), gauge(noon, 7), noon)
	require.NoError(t, err)
	require.NoError(t, replayed.Write(figures(noon, 7)))
	require.Equal(t, dump(t, replayed), dump(t, appended))
}

// TestOneTimestampDoesNotPoisonTheStore sends times that a broken clock makes
// and checks that an ordinary sample is still taken.
func TestOneTimestampDoesNotPoisonTheStore(t *testing.T) {
	for name, at := range map[string]pcommon.Timestamp{
		"zero":              0,
		"the first ns":      1,
		"1970":              pcommon.Timestamp(time.Hour),
		"retention ago":     pcommon.NewTimestampFromTime(noon.Add(-DefaultRetention - time.Minute)),
		"beyond the limit":  pcommon.NewTimestampFromTime(noon.Add(futureLimit + time.Minute)),
		"2098":              pcommon.NewTimestampFromTime(noon.AddDate(72, 0, 0)),
		"largest int64":     1<<63 - 1,
		"negative as int64": 1 << 63,
		"largest":           1<<64 - 1,
	} {
		t.Run(name, func(t *testing.T) {
			store := openStore(t, Settings{})
			metrics := gauge(noon, 1)
			metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Gauge().DataPoints().At(0).SetTimestamp(at)
			result, err := store.Append(t.Context(), metrics, noon)
			require.NoError(t, err)
			require.Zero(t, result.Stored)
			require.True(t, result.AnyRefused())

			result, err = store.Append(t.Context(), gauge(noon, 7), noon)
			require.NoError(t, err)
			require.Equal(t, Result{Stored: 1}, result)
			require.Len(t, dump(t, store), 1)
		})
	}
}

func TestASampleWithinTheFutureLimitIsTaken(t *testing.T) {
	store := openStore(t, Settings{})
	result, err := store.Append(t.Context(), gauge(noon.Add(futureLimit), 7), noon)
	require.NoError(t, err)
	require.Equal(t, Result{Stored: 1}, result)
}

func TestMetadataIsBounded(t *testing.T) {
	var book metadataBook
	for i := range metadataKept + 10 {
		book.note(fmt.Sprintf("m%d", i), "gauge", "help")
	}
	require.Equal(t, metadataKept, book.LengthMetadata())
	book.note("m0", "gauge", "")
	m, _ := book.GetMetadata("m0")
	require.Equal(t, "help", m.Help, "an unknown help does not replace a known one")
}

func BenchmarkAppend(b *testing.B) {
	const points = 1500
	store, err := Open(Settings{Directory: b.TempDir(), Retention: DefaultRetention})
	require.NoError(b, err)
	defer func() { require.NoError(b, store.Close()) }()
	metrics := gauge(noon, 1)
	slice := metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Gauge().DataPoints()
	for i := 1; i < points; i++ {
		slice.At(0).CopyTo(slice.AppendEmpty())
		slice.At(i).Attributes().PutStr("organization", strconv.Itoa(i))
	}
	b.ReportAllocs()
	n, at := 0, noon
	for b.Loop() {
		n++
		at = at.Add(time.Minute)
		for i := range points {
			slice.At(i).SetTimestamp(pcommon.NewTimestampFromTime(at))
			slice.At(i).SetDoubleValue(float64(n / (i + 1)))
		}
		_, err := store.Append(b.Context(), metrics, at)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*points), "ns/sample")
}
