// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime/pprof"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// BenchmarkRecord is extraction and recording in memory alone, for comparing
// two states of the code: processor time, with all users known. In a profile,
// -tagfocus=measured leaves the making of users out.
func BenchmarkRecord(b *testing.B) {
	for _, users := range []int{20_000, 300_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) { benchmarkRecord(b, users) })
	}
}

func benchmarkRecord(b *testing.B, users int) {
	b.Helper()
	memory, err := inMemory(full().tmpfs, "")
	require.NoError(b, err)
	to, err := openPipeline(filepath.Join("..", "..", "config", "default.yaml"), memory)
	require.NoError(b, err)
	t := newTraffic(evenly(full().organizations, users))
	require.NoError(b, t.everyone(b.Context(), greetings, to, b.Logf))
	require.NoError(b, to.list(b.Context(), t))
	requests, err := newPool(t, pooled)
	require.NoError(b, err)
	var one sender
	quiet()
	start := cpuTime()
	pprof.Do(b.Context(), pprof.Labels("stage", "measured"), func(ctx context.Context) {
		for b.Loop() {
			require.NoError(b, one.send(ctx, requests, to))
		}
	})
	b.ReportMetric(perRecord(cpuTime()-start, b.N*recordsPerRequest), "cpu-ns/record")
	b.StopTimer()
	require.NoError(b, to.close())
}

// BenchmarkDoor is what the two doors do to a request before the ledger sees
// its items: decode it and extract, or check its bytes and extract from them.
func BenchmarkDoor(b *testing.B) {
	memory, err := inMemory(full().tmpfs, "")
	require.NoError(b, err)
	to, err := openPipeline(filepath.Join("..", "..", "config", "default.yaml"), memory)
	require.NoError(b, err)
	bodies, err := newTraffic(evenly(full().organizations, 20_000)).encoded(pooled)
	require.NoError(b, err)
	doors := map[string]func(body []byte, batch *usage.Batch) error{
		"decode": func(body []byte, batch *usage.Batch) error {
			r := plogotlp.NewExportRequest()
			err := r.UnmarshalProto(body)
			to.extractor.Logs(r.Logs(), "", batch)
			return err
		},
		"bytes": func(body []byte, batch *usage.Batch) error {
			r, err := otlp.Check(usage.Logs, body, otlp.Limits{Elements: 1_000_000, Nesting: 64})
			to.extractor.Request(r, "", batch)
			return err
		},
		"check alone": func(body []byte, _ *usage.Batch) error {
			_, err := otlp.Check(usage.Logs, body, otlp.Limits{Elements: 1_000_000, Nesting: 64})
			return err
		},
	}
	for _, name := range []string{"decode", "bytes", "check alone"} {
		b.Run(name, func(b *testing.B) {
			var batch usage.Batch
			quiet()
			start, n := cpuTime(), 0
			b.ReportAllocs()
			for b.Loop() {
				batch.Reset()
				require.NoError(b, doors[name](bodies[n%len(bodies)], &batch))
				n++
			}
			b.ReportMetric(perRecord(cpuTime()-start, n*recordsPerRequest), "cpu-ns/record")
		})
	}
	require.NoError(b, to.close())
}
