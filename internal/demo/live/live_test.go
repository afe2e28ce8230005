// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/otelcol-usage/otelcol-usage/internal/demo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector takes OTLP and keeps what identifies each item.
type collector struct {
	plogotlp.UnimplementedGRPCServer
	mu    sync.Mutex
	items []item
	calls int64 // sum of all delta points
}

type item struct {
	organization, action, user, uid string
	at                              time.Time
}

func (c *collector) add(resource pcommon.Map, action string, attributes pcommon.Map, uid string, at pcommon.Timestamp) {
	text := func(m pcommon.Map, key string) string {
		if v, found := m.Get(key); found {
			return v.Str()
		}
		return ""
	}
	if uid == "" {
		uid = text(attributes, "log.record.uid")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = append(c.items, item{text(resource, "organization.id"), action, text(attributes, "user.id"), uid, at.AsTime()})
}

func (c *collector) Export(_ context.Context, r plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	for _, resource := range r.Logs().ResourceLogs().All() {
		for _, record := range resource.ScopeLogs().At(0).LogRecords().All() {
			c.add(resource.Resource().Attributes(), record.EventName(), record.Attributes(), "", record.Timestamp())
		}
	}
	return plogotlp.NewExportResponse(), nil
}

type spans struct {
	ptraceotlp.UnimplementedGRPCServer
	*collector
}

func (c spans) Export(_ context.Context, r ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	for _, resource := range r.Traces().ResourceSpans().All() {
		for _, span := range resource.ScopeSpans().At(0).Spans().All() {
			c.add(resource.Resource().Attributes(), span.Name(), span.Attributes(), span.TraceID().String()+span.SpanID().String(), span.EndTimestamp())
		}
	}
	return ptraceotlp.NewExportResponse(), nil
}

type points struct {
	pmetricotlp.UnimplementedGRPCServer
	*collector
}

func (c points) Export(_ context.Context, r pmetricotlp.ExportRequest) (pmetricotlp.ExportResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range r.Metrics().ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() { // the SDK sends empty ones too
			sum := scope.Metrics().At(0).Sum()
			if sum.AggregationTemporality() == pmetric.AggregationTemporalityDelta {
				c.calls += sum.DataPoints().At(0).IntValue()
			}
		}
	}
	return pmetricotlp.NewExportResponse(), nil
}

// listen starts a collector for the duration of a test.
func listen(t *testing.T) (*collector, string) {
	t.Helper()
	c := &collector{}
	server := grpc.NewServer()
	plogotlp.RegisterGRPCServer(server, c)
	ptraceotlp.RegisterGRPCServer(server, &spans{collector: c})
	pmetricotlp.RegisterGRPCServer(server, &points{collector: c})
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-done)
	})
	return c, listener.Addr().String()
}

func TestWhatHappenedSinceTheHistoryIsSentAtOnce(t *testing.T) {
	c, endpoint := listen(t)
	now := time.Now()
	plan := demo.NewPlan(7, 1, now.Add(-26*time.Hour))
	s := Settings{Endpoint: endpoint, From: plan.Present, Until: now}
	var want []item
	var calls int64
	for e := range plan.Events(s.From, s.Until) {
		switch {
		case e.Signal == usage.Traces:
			trace, span := e.SpanIDs()
			want = append(want, item{e.Organization, e.Action, e.User, pcommon.TraceID(trace).String() + pcommon.SpanID(span).String(), e.At})
		case e.Signal == usage.Logs:
			want = append(want, item{e.Organization, e.Action, e.User, e.UID, e.At})
		case now.Sub(e.At) < pause-time.Minute:
			calls += e.Value
		}
	}
	var last Progress
	s.Progress = func(p Progress) { last = p }
	require.NoError(t, Run(t.Context(), plan, s))
	require.Greater(t, len(want), burst, "more than one burst")
	require.ElementsMatch(t, want, c.items)
	require.GreaterOrEqual(t, last.Events, len(want))
	require.Positive(t, c.calls)
	require.GreaterOrEqual(t, c.calls, calls)

	first := slices.Clone(c.items)
	c.items = nil
	require.NoError(t, Run(t.Context(), plan, s))
	require.ElementsMatch(t, first, c.items, "sent again under the same ids")
}

func TestEventsAreSentWhenTheirTimeComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		events := make([]demo.Event, 0, burst+8)
		for range burst + 5 {
			events = append(events, demo.Event{Arrives: start.Add(-time.Hour)})
		}
		for _, after := range []time.Duration{2 * time.Second, 2 * time.Second, 7 * time.Second} {
			events = append(events, demo.Event{Arrives: start.Add(after)})
		}
		type sent struct {
			events int
			after  time.Duration
		}
		var got []sent
		for due := range bursts(t.Context(), slices.Values(events), start.Add(10*time.Second)) {
			got = append(got, sent{len(due), time.Since(start)})
		}
		require.Equal(t, []sent{{burst, 0}, {5, 0}, {2, 2 * time.Second}, {1, 7 * time.Second}}, got)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestSendingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		events := []demo.Event{{Arrives: start}, {Arrives: start.Add(time.Hour)}}
		n := 0
		for range bursts(ctx, slices.Values(events), start.Add(2*time.Hour)) {
			n++
		}
		require.Equal(t, 1, n)
		require.Equal(t, time.Second, time.Since(start))
	})
}
