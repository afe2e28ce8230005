// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageencoding

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/extension/usageencoding/internal/metadata"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
)

func made(t *testing.T) *encoding {
	t.Helper()
	f := NewFactory()
	x, err := f.Create(t.Context(), extensiontest.NewNopSettings(metadata.Type), f.CreateDefaultConfig())
	require.NoError(t, err)
	return x.(*encoding)
}

func TestAMessageIsTheRequestAsItCame(t *testing.T) {
	// A field that pdata does not know would be lost by decoding.
	message := append([]byte{10, 0}, 0xf8, 0x07, 1)
	x := made(t)
	ld, err := x.UnmarshalLogs(message)
	require.NoError(t, err)
	td, err := x.UnmarshalTraces(message)
	require.NoError(t, err)
	md, err := x.UnmarshalMetrics(message)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1, 1}, []int{ld.LogRecordCount(), td.SpanCount(), md.DataPointCount()}, "what the Collector counts is messages")
	for _, marshal := range []func() ([]byte, error){
		func() ([]byte, error) { return x.MarshalLogs(ld) },
		func() ([]byte, error) { return x.MarshalTraces(td) },
		func() ([]byte, error) { return x.MarshalMetrics(md) },
	} {
		again, err := marshal()
		require.NoError(t, err)
		require.Equal(t, message, again)
	}
}

func TestTelemetryBecomesARequest(t *testing.T) {
	x := made(t)
	ld, td, md := plog.NewLogs(), ptrace.NewTraces(), pmetric.NewMetrics()
	ld.ResourceLogs().AppendEmpty().SetSchemaUrl("of logs")
	td.ResourceSpans().AppendEmpty().SetSchemaUrl("of traces")
	md.ResourceMetrics().AppendEmpty().SetSchemaUrl("of metrics")
	logs, err := x.MarshalLogs(ld)
	require.NoError(t, err)
	require.Contains(t, string(logs), "of logs")
	traces, err := x.MarshalTraces(td)
	require.NoError(t, err)
	require.Contains(t, string(traces), "of traces")
	metrics, err := x.MarshalMetrics(md)
	require.NoError(t, err)
	require.Contains(t, string(metrics), "of metrics")
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	x := made(t)
	for _, message := range [][]byte{{10, 5}, []byte("no request")} {
		_, err := x.UnmarshalLogs(message)
		require.ErrorIs(t, err, otlp.ErrMalformed)
		_, err = x.UnmarshalTraces(message)
		require.ErrorIs(t, err, otlp.ErrMalformed)
		_, err = x.UnmarshalMetrics(message)
		require.ErrorIs(t, err, otlp.ErrMalformed)
	}
}
