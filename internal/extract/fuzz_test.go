// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// The fuzz tests hand whatever decodes as OTLP to an extractor and check what
// holds of every batch.

func FuzzLogs(f *testing.F) {
	e := newExtractor(f, definitions())
	for _, action := range []string{"app.opened", "task.finished", "api.called", "course.accessed", "user.alias"} {
		wire, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs(f, action, member(attrs{
			"transcription.minutes": "1.5", "user.status": "active", "user.previous_id": []any{map[string]any{}, 1, nil},
		})))
		require.NoError(f, err)
		f.Add(wire)
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(wire)
		if err != nil {
			return
		}
		var b usage.Batch
		e.Logs(ld, "", &b)
		requireWhole(t, &b, ld.LogRecordCount())
	})
}

func FuzzTraces(f *testing.F) {
	e := newExtractor(f, definitions())
	td, _ := spans()
	wire, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(f, err)
	f.Add(wire)
	f.Fuzz(func(t *testing.T, wire []byte) {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(wire)
		if err != nil {
			return
		}
		events := 0
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					events += s.Events().Len()
				}
			}
		}
		var b usage.Batch
		e.Traces(td, "", &b)
		requireWhole(t, &b, td.SpanCount()+events)
	})
}

func FuzzMetrics(f *testing.F) {
	e := newExtractor(f, definitions())
	md, m := metrics("api.called")
	deltaSum(m).SetDoubleValue(1.5)
	wire, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	require.NoError(f, err)
	f.Add(wire)
	m.SetEmptyHistogram().DataPoints().AppendEmpty()
	wire, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	require.NoError(f, err)
	f.Add(wire)
	f.Fuzz(func(t *testing.T, wire []byte) {
		md, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(wire)
		if err != nil {
			return
		}
		var b usage.Batch
		e.Metrics(md, "", &b)
		requireWhole(t, &b, md.DataPointCount())
	})
}

// requireWhole checks that a batch has every item and that each is judged and
// lies within its arenas.
func requireWhole(t *testing.T, b *usage.Batch, items int) {
	t.Helper()
	require.Len(t, b.Items, items)
	effects := 0
	for i := range b.Items {
		it := &b.Items[i]
		require.NotEqual(t, usage.ReasonPanic, it.Reason)
		require.NotEmpty(t, it.Organization)
		own := b.EffectsOf(it)
		effects += len(own)
		require.True(t, it.Outcome != usage.Pending || len(own) > 0)
		require.True(t, it.Outcome != usage.Unmatched || len(own) == 0)
		for j := range own {
			b.ValuesOf(&own[j])
			b.AveragesOf(&own[j])
			require.True(t, own[j].Kind != usage.Consume || it.Outcome != usage.Pending || it.UID != "" || it.Content != usage.UID{})
		}
	}
	require.Len(t, b.Effects, effects)
}
