// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageprocessor

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/processor/usageprocessor/internal/metadata"
)

// sentAt is the time of all items.
const sentAt pcommon.Timestamp = 1_778_403_600e9

// fakeLedger remembers the items that it was given.
type fakeLedger struct {
	component.StartFunc
	component.ShutdownFunc
	bind  string
	fails error
	panic string

	mu    sync.Mutex
	items []usage.Item
}

func (l *fakeLedger) Extraction() usage.Extraction {
	return usage.Extraction{
		Organization:     []string{"organization.id"},
		User:             []string{"user.id", "enduser.id"},
		BindOrganization: l.bind,
		AliasActions:     []string{"user.alias"},
		AliasFrom:        "user.previous_id",
		AliasTo:          "user.id",
		Meters: []usage.Meter{{
			Name: "members", Type: usage.ActiveUsers, Classes: []string{""},
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"app.opened"}}}}},
		}},
	}
}

func (l *fakeLedger) Record(_ context.Context, b *usage.Batch) error {
	if l.panic != "" {
		panic(l.panic)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails == nil {
		l.items = append(l.items, slices.Clone(b.Items)...)
	}
	return l.fails
}

func (l *fakeLedger) Collect(context.Context, time.Time) (usage.Collection, error) {
	return usage.Collection{}, nil
}

// keyedLedger knows pseudonyms as well.
type keyedLedger struct{ fakeLedger }

func (*keyedLedger) Pseudonym(organization, user string) string {
	return fmt.Sprintf("%s-%d", organization, len(user))
}

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

var ledgerID = component.MustNewID("usage_ledger")

// pipeline is one started processor for each signal, on one ledger.
type pipeline struct {
	logs        processor.Logs
	traces      processor.Traces
	metrics     processor.Metrics
	logsSink    consumertest.LogsSink
	tracesSink  consumertest.TracesSink
	metricsSink consumertest.MetricsSink
}

func newPipeline(t *testing.T, ledger component.Component, change func(*Config)) *pipeline {
	t.Helper()
	p := &pipeline{}
	set, cfg := processortest.NewNopSettings(metadata.Type), createDefaultConfig()
	if change != nil {
		change(cfg.(*Config))
	}
	var err error
	p.logs, err = NewFactory().CreateLogs(t.Context(), set, cfg, &p.logsSink)
	require.NoError(t, err)
	p.traces, err = NewFactory().CreateTraces(t.Context(), set, cfg, &p.tracesSink)
	require.NoError(t, err)
	p.metrics, err = NewFactory().CreateMetrics(t.Context(), set, cfg, &p.metricsSink)
	require.NoError(t, err)
	for _, c := range []component.Component{p.logs, p.traces, p.metrics} {
		require.NoError(t, c.Start(t.Context(), host{ledgerID: ledger}))
		t.Cleanup(func() { require.NoError(t, c.Shutdown(context.Background())) })
	}
	return p
}

// fill puts a resource's, scope's and record's attributes in place.
func fill(t *testing.T, places ...pcommon.Map) {
	t.Helper()
	for _, a := range places {
		require.NoError(t, a.FromRaw(map[string]any{
			"organization.id": "acme", "user.id": secret, "enduser.id": secret, "user.previous_id": secret, "page": "home",
		}))
	}
}

// secret is a user id that must not be found where users are hidden.
const secret = "ann@example.com"

func someLogs(t *testing.T) plog.Logs {
	t.Helper()
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	sl := rl.ScopeLogs().AppendEmpty()
	lr := sl.LogRecords().AppendEmpty()
	lr.SetEventName("app.opened")
	lr.SetTimestamp(sentAt)
	fill(t, rl.Resource().Attributes(), sl.Scope().Attributes(), lr.Attributes())
	return ld
}

func someTraces(t *testing.T) ptrace.Traces {
	t.Helper()
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	ss := rs.ScopeSpans().AppendEmpty()
	fill(t, rs.Resource().Attributes(), ss.Scope().Attributes())
	for range 2 {
		s := ss.Spans().AppendEmpty()
		s.SetName("app.opened")
		s.SetEndTimestamp(sentAt)
		e := s.Events().AppendEmpty()
		e.SetName("app.opened")
		e.SetTimestamp(sentAt)
		fill(t, s.Attributes(), e.Attributes(), s.Links().AppendEmpty().Attributes())
	}
	return td
}

func someMetrics(t *testing.T) pmetric.Metrics {
	t.Helper()
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	sm := rm.ScopeMetrics().AppendEmpty()
	fill(t, rm.Resource().Attributes(), sm.Scope().Attributes())
	sum := sm.Metrics().AppendEmpty()
	sum.SetName("app.opened")
	sum.SetEmptySum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	p := sum.Sum().DataPoints().AppendEmpty()
	p.SetIntValue(1)
	p.SetTimestamp(sentAt)
	fill(t, p.Attributes(), p.Exemplars().AppendEmpty().FilteredAttributes())
	g := sm.Metrics().AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty()
	fill(t, g.Attributes(), g.Exemplars().AppendEmpty().FilteredAttributes())
	h := sm.Metrics().AppendEmpty().SetEmptyHistogram().DataPoints().AppendEmpty()
	fill(t, h.Attributes(), h.Exemplars().AppendEmpty().FilteredAttributes())
	e := sm.Metrics().AppendEmpty().SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
	fill(t, e.Attributes(), e.Exemplars().AppendEmpty().FilteredAttributes())
	fill(t, sm.Metrics().AppendEmpty().SetEmptySummary().DataPoints().AppendEmpty().Attributes())
	return md
}

// wire is telemetry as bytes, for comparing and searching all of it.
func wire(t *testing.T, telemetry any) []byte {
	t.Helper()
	var b []byte
	var err error
	switch d := telemetry.(type) {
	case plog.Logs:
		b, err = (&plog.ProtoMarshaler{}).MarshalLogs(d)
	case ptrace.Traces:
		b, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(d)
	case pmetric.Metrics:
		b, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(d)
	}
	require.NoError(t, err)
	require.NotEmpty(t, b)
	return b
}

// start starts a processor of logs whose configuration may be wrong.
func start(t *testing.T, h component.Host, change func(*Config)) error {
	t.Helper()
	set, cfg := processortest.NewNopSettings(metadata.Type), createDefaultConfig()
	set.ID = component.MustNewIDWithName("usage", "eu")
	if change != nil {
		change(cfg.(*Config))
	}
	p, err := NewFactory().CreateLogs(t.Context(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	err = p.Start(t.Context(), h)
	require.NoError(t, p.Shutdown(t.Context()), "also where start failed")
	return err
}
