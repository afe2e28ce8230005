// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sealed

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestWhatIsSealedIsFoundAgain(t *testing.T) {
	bytes := []byte{10, 0}
	for signal, again := range map[usage.Signal]func(otlp.Request) (otlp.Request, bool){
		usage.Logs:    func(r otlp.Request) (otlp.Request, bool) { return OfLogs(Logs(r)) },
		usage.Traces:  func(r otlp.Request) (otlp.Request, bool) { return OfTraces(Traces(r)) },
		usage.Metrics: func(r otlp.Request) (otlp.Request, bool) { return OfMetrics(Metrics(r)) },
	} {
		for _, b := range [][]byte{bytes, {}} {
			got, is := again(otlp.Request{Signal: signal, Bytes: b})
			require.True(t, is)
			require.Equal(t, signal, got.Signal)
			require.Equal(t, string(b), string(got.Bytes))
		}
	}
}

func TestTelemetryIsNotSealed(t *testing.T) {
	ld, td, md := plog.NewLogs(), ptrace.NewTraces(), pmetric.NewMetrics()
	for range 3 { // without a resource, with one, with two
		_, logs := OfLogs(ld)
		_, traces := OfTraces(td)
		_, metrics := OfMetrics(md)
		require.False(t, logs || traces || metrics)
		// An earlier process's name, or a guess.
		ld.ResourceLogs().AppendEmpty().Resource().Attributes().PutStr("usage.request.AAAAAAAAAAAAAAAAAAAAAAAAAA", "x")
		td.ResourceSpans().AppendEmpty()
		md.ResourceMetrics().AppendEmpty()
	}
}
