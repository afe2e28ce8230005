// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkRecord is extraction and recording in memory alone, for comparing
// two states of the code: processor time, with all users known.
func BenchmarkRecord(b *testing.B) {
	for _, users := range []int{20_000, 300_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) { benchmarkRecord(b, users) })
	}
}

func benchmarkRecord(b *testing.B, users int) {
	b.Helper()
	memory, err := inMemory("")
	require.NoError(b, err)
	to, err := openPipeline(filepath.Join("..", "..", "config", "default.yaml"), memory)
	require.NoError(b, err)
	t := newTraffic(evenly(full().organizations, users))
	require.NoError(b, t.everyone(b.Context(), greetings, to, b.Logf))
	requests, err := newPool(t, pooled)
	require.NoError(b, err)
	var one sender
	quiet()
	start := cpuTime()
	for b.Loop() {
		require.NoError(b, one.send(b.Context(), requests, to))
	}
	b.ReportMetric(perRecord(cpuTime()-start, b.N*recordsPerRequest), "cpu-ns/record")
	b.StopTimer()
	require.NoError(b, to.close())
}
