// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"maps"
	"net/http"
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
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // senders compress
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/receiver/usageotlpreceiver/internal/metadata"
)

const sentAt pcommon.Timestamp = 1_778_403_600e9

// ledger remembers the items that it was given, and makes of them what it is
// told to.
type ledger struct {
	component.StartFunc
	component.ShutdownFunc
	bind   string
	became func(usage.Item) (usage.Outcome, usage.Reason)

	mu    sync.Mutex
	fails error
	wait  chan struct{} // closed or sent to for each request that may be counted; nil: all
	items []usage.Item
}

func (l *ledger) Extraction() usage.Extraction {
	return usage.Extraction{
		Organization:     []string{"organization.id"},
		User:             []string{"user.id"},
		BindOrganization: l.bind,
		Meters: []usage.Meter{{
			Name: "members", Type: usage.ActiveUsers, Classes: []string{""},
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"app.opened"}}}}},
		}},
	}
}

func (l *ledger) Record(ctx context.Context, b *usage.Batch) error {
	if l.wait != nil {
		select {
		case <-l.wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails != nil {
		return l.fails
	}
	for i := range b.Items {
		it := &b.Items[i]
		it.Became, it.Because = it.Outcome, it.Reason
		if it.Outcome == usage.Pending {
			it.Became = usage.Counted
		}
		if l.became != nil {
			it.Became, it.Because = l.became(*it)
		}
	}
	l.items = append(l.items, slices.Clone(b.Items)...)
	return nil
}

func (l *ledger) Collect(context.Context, time.Time) (usage.Collection, error) {
	return usage.Collection{}, nil
}

func (l *ledger) counted() []usage.Item {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.items)
}

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

var ledgerID = component.MustNewID("usage_ledger")

// door is a started receiver of all signals, with clients.
type door struct {
	ledger  *ledger
	config  *Config
	grpcAt  string
	httpAt  string
	conn    *grpc.ClientConn
	logs    consumertest.LogsSink
	traces  consumertest.TracesSink
	metrics consumertest.MetricsSink
	r       *otlpReceiver
}

// told are settings of a receiver whose log can be read.
func told() (receiver.Settings, *observer.ObservedLogs) {
	core, logs := observer.New(zap.InfoLevel)
	set := receivertest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	return set, logs
}

// listens returns where a server listens by what was logged at its start, and "" if it
// was not started.
func listens(logs *observer.ObservedLogs, message string) string {
	for _, entry := range logs.FilterMessage(message).All() {
		return entry.ContextMap()["endpoint"].(string)
	}
	return ""
}

func open(t testing.TB, l *ledger, change func(*Config), more host) *door {
	t.Helper()
	d := &door{ledger: l, config: createDefaultConfig().(*Config)}
	d.config.Protocols.GRPC.GetOrInsertDefault().NetAddr.Endpoint = "localhost:0"
	d.config.Protocols.HTTP.GetOrInsertDefault().NetAddr.Endpoint = "localhost:0"
	if change != nil {
		change(d.config)
	}
	require.NoError(t, d.config.Validate())
	set, told := told()
	f := NewFactory()
	logs, err := f.CreateLogs(t.Context(), set, d.config, &d.logs)
	require.NoError(t, err)
	traces, err := f.CreateTraces(t.Context(), set, d.config, &d.traces)
	require.NoError(t, err)
	metrics, err := f.CreateMetrics(t.Context(), set, d.config, &d.metrics)
	require.NoError(t, err)
	h := host{ledgerID: l}
	maps.Copy(h, more)
	for _, c := range []component.Component{logs, traces, metrics} {
		require.NoError(t, c.Start(t.Context(), h))
		t.Cleanup(func() { require.NoError(t, c.Shutdown(context.Background())) })
	}
	d.r = logs.(*otlpReceiver)
	d.grpcAt, d.httpAt = listens(told, "Starting GRPC server"), listens(told, "Starting HTTP server")
	d.conn, err = grpc.NewClient(d.grpcAt, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.conn.Close()) })
	return d
}

// raw is a client's codec for bytes as they are.
type raw struct{}

func (raw) Name() string { return "proto" }
func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

var _ encoding.CodecV2 = raw{}

// grpc sends bytes as a request, and returns those of the answer.
func (d *door) grpc(ctx context.Context, signal usage.Signal, body []byte, options ...grpc.CallOption) ([]byte, error) {
	var out []byte
	err := d.conn.Invoke(ctx, "/"+services[signal]+"/Export", body, &out,
		append(options, grpc.ForceCodecV2(raw{}), grpc.MaxCallSendMsgSize(64*mib))...)
	return out, err
}

type httpAnswer struct {
	code   int
	header http.Header
	body   []byte
}

// http sends a body with headers in pairs.
func (d *door) http(t testing.TB, signal usage.Signal, body io.Reader, headers ...string) httpAnswer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+d.httpAt+paths[signal], body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", protobufType)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	out, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return httpAnswer{resp.StatusCode, resp.Header, out}
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	require.NoError(t, err)
	_, err = w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// who are the attributes of acme's user ann, put on a map.
func who(m pcommon.Map) {
	m.PutStr("organization.id", "acme")
	m.PutStr("user.id", "ann")
	m.PutStr("page", "home")
}

// sample is a request of each signal, of two items that count: a span has an
// event.
func sample(t testing.TB, signal usage.Signal, json bool) []byte {
	t.Helper()
	var out []byte
	var err error
	switch signal {
	case usage.Logs:
		ld := plog.NewLogs()
		records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
		for range 2 {
			lr := records.AppendEmpty()
			lr.SetEventName("app.opened")
			lr.SetTimestamp(sentAt)
			who(lr.Attributes())
		}
		if out, err = (&plog.ProtoMarshaler{}).MarshalLogs(ld); json {
			out, err = (&plog.JSONMarshaler{}).MarshalLogs(ld)
		}
	case usage.Traces:
		td := ptrace.NewTraces()
		s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetName("app.opened")
		s.SetEndTimestamp(sentAt)
		who(s.Attributes())
		e := s.Events().AppendEmpty()
		e.SetName("app.opened")
		e.SetTimestamp(sentAt)
		who(e.Attributes())
		if out, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(td); json {
			out, err = (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		}
	case usage.Metrics:
		md := pmetric.NewMetrics()
		m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		m.SetName("app.opened")
		m.SetEmptySum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		for range 2 {
			p := m.Sum().DataPoints().AppendEmpty()
			p.SetIntValue(1)
			p.SetTimestamp(sentAt)
			who(p.Attributes())
		}
		if out, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(md); json {
			out, err = (&pmetric.JSONMarshaler{}).MarshalMetrics(md)
		}
	}
	require.NoError(t, err)
	return out
}

// put is a length-delimited field of protobuf.
func put(number int, content []byte) []byte {
	b := binary.AppendUvarint(nil, uint64(number)<<3|2)
	b = binary.AppendUvarint(b, uint64(len(content)))
	return append(b, content...)
}

func code(err error) codes.Code { return status.Code(err) }

func every(t *testing.T, test func(t *testing.T, signal usage.Signal)) {
	t.Helper()
	for signal := range usage.Signal(usage.NumSignals) {
		t.Run(signal.String(), func(t *testing.T) { test(t, signal) })
	}
}
