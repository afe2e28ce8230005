// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
)

// BenchmarkRecord is extraction and recording in memory alone, for comparing
// two states of the code: processor time, with all users known.
func BenchmarkRecord(b *testing.B) {
	for _, users := range []int{20, 300} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) { benchmarkRecord(b, users) })
	}
}

func benchmarkRecord(b *testing.B, users int) {
	b.Helper()
	s := full()
	s.config = "../../config/default.yaml"
	memory, err := inMemory("")
	require.NoError(b, err)
	to, err := openBook(s, memory)
	require.NoError(b, err)
	t := newTraffic(s.organizations, users)
	require.NoError(b, t.everyone(greetings, func(now time.Time, ld plog.Logs) error { return to.take(b.Context(), now, ld) }))
	f := &flight{}
	for range pooled {
		f.pool = append(f.pool, t.request())
	}
	f.began, f.uid = t.now, t.uids
	var one sender
	quiet()
	start := cpuTime()
	for b.Loop() {
		require.NoError(b, one.send(b.Context(), f, to))
	}
	b.ReportMetric(perRecord(cpuTime()-start, b.N*recordsPerRequest), "cpu-ns/record")
	b.StopTimer()
	require.NoError(b, to.close())
}
