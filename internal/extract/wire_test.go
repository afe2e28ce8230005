// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var roomy = otlp.Limits{Elements: 1 << 20, Nesting: 64}

// wired are definitions with all that can be read of an item: hashes of older
// ledgers, spellings, and a condition in each form.
func wired() usage.Extraction {
	x := definitions()
	x.FormerBefore = math.MaxInt64
	x.Meters[workspace].Versions[0].Classes[0].Condition = `attributes["user.type"] == "a" or resource.attributes["cloud"] == "b" or attributes["app.feature"] != nil`
	x.Meters[credits].Versions[0].Classes[0].Condition = `attributes["user.status"] != nil`
	return x
}

// decoded fills a batch by way of pdata.
func decoded(t testing.TB, e *Extractor, signal usage.Signal, bound string, b []byte) *usage.Batch {
	t.Helper()
	var batch usage.Batch
	switch signal {
	case usage.Logs:
		r := plogotlp.NewExportRequest()
		require.NoError(t, r.UnmarshalProto(b))
		e.Logs(r.Logs(), bound, &batch)
	case usage.Traces:
		r := ptraceotlp.NewExportRequest()
		require.NoError(t, r.UnmarshalProto(b))
		e.Traces(r.Traces(), bound, &batch)
	case usage.Metrics:
		r := pmetricotlp.NewExportRequest()
		require.NoError(t, r.UnmarshalProto(b))
		e.Metrics(r.Metrics(), bound, &batch)
	}
	return &batch
}

// requireEqualItems holds the walk over the bytes against the one over pdata. What
// it leaves in the batch outlives the bytes.
func requireEqualItems(t testing.TB, e *Extractor, signal usage.Signal, bound string, b []byte) {
	t.Helper()
	want := decoded(t, e, signal, bound, b)
	bytes := slices.Clone(b)
	request, err := otlp.Check(signal, bytes, roomy)
	require.NoError(t, err)
	require.LessOrEqual(t, len(want.Items), request.Items)
	var got usage.Batch
	e.Request(request, bound, &got)
	for i := range bytes {
		bytes[i] = '#'
	}
	require.Equal(t, want.Items, got.Items)
	require.Equal(t, want.Effects, got.Effects)
	require.Equal(t, want.Values, got.Values)
	require.Equal(t, want.Averages, got.Averages)
}

// telling are requests that say all that is read of items, and more.
func telling(t testing.TB) (out []wireRequest) {
	t.Helper()
	for _, action := range []string{
		"app.opened", "post.viewed", "task.finished", "api.called", "course.accessed", "user.alias", "credit.spent",
		"social.connected", "social.disconnected", "user.registered", "transcription.finished", "nobody's",
	} {
		ld := logs(t, action, member(attrs{
			"transcription.minutes": "1.5", "transcription.language": "de", "transcription.accuracy": 0.75, "credit.amount": -3,
			"user.status": "active", "user.type": "a", "app.feature": true, "social.network": "x", "sampling.ratio": 0.1,
			"user.previous_id": "bob ", "list": []any{map[string]any{"k": []byte{1, 2}}, 1, nil, 2.5, false, "text"},
		}))
		lr := only(ld)
		lr.SetObservedTimestamp(5)
		lr.SetSeverityNumber(plog.SeverityNumberError)
		lr.SetSeverityText("bad")
		lr.SetTraceID(pcommon.TraceID{1})
		lr.SetSpanID(pcommon.SpanID{2})
		require.NoError(t, lr.Body().FromRaw([]any{"body", 1}))
		rl := ld.ResourceLogs().At(0)
		rl.Resource().Attributes().PutStr("cloud", "b")
		rl.ScopeLogs().At(0).Scope().SetName("scope")
		rl.ScopeLogs().At(0).Scope().SetVersion("2")
		rl.ScopeLogs().At(0).Scope().Attributes().PutInt("user.id", 7)
		wire, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
		require.NoError(t, err)
		out = append(out, wireRequest{usage.Logs, wire})

		td, _ := spans()
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					s.SetName(action)
					s.SetKind(ptrace.SpanKindServer)
					s.Status().SetCode(ptrace.StatusCodeError)
					s.Status().SetMessage("no")
					lr.Attributes().CopyTo(s.Attributes())
					e := s.Events().AppendEmpty()
					e.SetName(action)
					e.SetTimestamp(someTime)
					lr.Attributes().CopyTo(e.Attributes())
				}
			}
		}
		wire, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
		require.NoError(t, err)
		out = append(out, wireRequest{usage.Traces, wire})
		span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
		long(span.Attributes())
		span.Events().At(0).CopyTo(span.Events().AppendEmpty())
		wire, err = (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
		require.NoError(t, err)
		out = append(out, wireRequest{usage.Traces, wire})

		md, m := metrics(action)
		m.SetUnit("s")
		point := deltaSum(m)
		point.SetDoubleValue(1.5)
		lr.Attributes().CopyTo(point.Attributes())
		wire, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
		require.NoError(t, err)
		out = append(out, wireRequest{usage.Metrics, wire})
		scope := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Scope().Attributes()
		long(scope)
		wire, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
		require.NoError(t, err)
		out = append(out, wireRequest{usage.Metrics, wire})
		scope.Clear()
		for _, set := range []func(){
			func() { m.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(3) },
			func() { m.SetEmptyHistogram().DataPoints().AppendEmpty().BucketCounts().FromRaw([]uint64{1, 2}) },
			func() {
				m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty().Positive().BucketCounts().FromRaw([]uint64{1})
			},
			func() { m.SetEmptySummary().DataPoints().AppendEmpty().QuantileValues().AppendEmpty() },
		} {
			set()
			wire, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
			require.NoError(t, err)
			out = append(out, wireRequest{usage.Metrics, wire})
		}
	}
	return out
}

type wireRequest struct {
	signal usage.Signal
	bytes  []byte
}

func TestBytesAndPdataGiveTheSameItems(t *testing.T) {
	e := newExtractor(t, wired())
	require.True(t, e.Decodes())
	for i, r := range telling(t) {
		t.Run(fmt.Sprint(i, " ", r.signal), func(t *testing.T) { requireEqualItems(t, e, r.signal, "", r.bytes) })
	}
}

// The kinds of values are pdata's by their numbers, which are in hashes.
func TestKindsAreThoseOfPdata(t *testing.T) {
	require.Equal(t, map[otlp.Kind]pcommon.ValueType{
		otlp.Empty: pcommon.ValueTypeEmpty, otlp.String: pcommon.ValueTypeStr, otlp.Int: pcommon.ValueTypeInt, otlp.Double: pcommon.ValueTypeDouble,
		otlp.Bool: pcommon.ValueTypeBool, otlp.KeyValues: pcommon.ValueTypeMap, otlp.List: pcommon.ValueTypeSlice, otlp.Binary: pcommon.ValueTypeBytes,
	}, map[otlp.Kind]pcommon.ValueType{0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7})
}

func TestBytesAndPdataAgreeOnBoundSenders(t *testing.T) {
	x := wired()
	x.BindOrganization = "tenant"
	e := newExtractor(t, x)
	for _, r := range telling(t) {
		requireEqualItems(t, e, r.signal, "acme", r.bytes)
		requireEqualItems(t, e, r.signal, "other", r.bytes)
		requireEqualItems(t, e, r.signal, "", r.bytes)
	}
}

func put(number int, parts ...[]byte) []byte {
	content := slices.Concat(parts...)
	b := binary.AppendUvarint(nil, uint64(number)<<3|2)
	b = binary.AppendUvarint(b, uint64(len(content)))
	return append(b, content...)
}

func text8(number int, s string) []byte { return put(number, []byte(s)) }

func attribute(number int, key, value string) []byte {
	return put(number, text8(1, key), put(2, text8(1, value)))
}

func time8(number int, ns uint64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{byte(number<<3 | 1)}, ns)
}

// TestFieldsMayComeInAnyOrderAndPartsAndTheLastCounts are requests that no
// exporter of today writes and protobuf allows.
func TestFieldsMayComeInAnyOrderAndPartsAndTheLastCounts(t *testing.T) {
	now := uint64(someTime)
	record := slices.Concat(attribute(6, "user.id", "ann"), time8(1, now), text8(12, "api.called"))
	for name, logs := range map[string][]byte{
		"resource behind its scopes":   put(1, put(2, put(2, record)), put(1, attribute(1, "organization.id", "acme"))),
		"resource in parts":            put(1, put(1, attribute(1, "organization.id", "acme")), put(2, put(2, record)), put(1, attribute(1, "cloud", "b"))),
		"scope behind its records":     put(1, put(2, put(2, record), put(1, attribute(3, "organization.id", "acme")))),
		"scope in parts":               put(1, put(2, put(1, text8(1, "a"), text8(2, "1")), put(2, record), put(1, text8(1, "b"), attribute(3, "tenant.id", "acme")))),
		"scopes by their old number":   put(1, put(1, attribute(1, "organization.id", "acme")), put(1000, put(2, record))),
		"scopes by both numbers":       put(1, put(1000, put(2, record, attribute(6, "tenant.id", "old"))), put(2, put(2, record, attribute(6, "tenant.id", "new")))),
		"a name twice":                 put(1, put(2, put(2, record, text8(12, "task.finished"), attribute(6, "tenant.id", "acme")))),
		"a time twice":                 put(1, put(2, put(2, record, time8(1, now+1), attribute(6, "tenant.id", "acme")))),
		"no time but an observed one":  put(1, put(2, put(2, time8(11, now), text8(12, "api.called"), attribute(6, "tenant.id", "acme")))),
		"an action as attribute":       put(1, put(2, put(2, time8(1, now), attribute(6, "event.name", "api.called"), attribute(6, "tenant.id", "acme")))),
		"an attribute twice":           put(1, put(2, put(2, record, attribute(6, "tenant.id", "acme"), attribute(6, "tenant.id", "other")))),
		"a value before its key":       put(1, put(2, put(2, record, put(6, put(2, text8(1, "acme")), text8(1, "tenant.id"))))),
		"a value in parts":             put(1, put(2, put(2, record, put(6, text8(1, "tenant.id"), put(2, text8(1, "other")), put(2, text8(1, "acme")), put(2))))),
		"a value of several kinds":     put(1, put(2, put(2, record, put(6, text8(1, "tenant.id"), put(2, text8(1, "other"), []byte{3 << 3, 7}))))),
		"a body in parts":              put(1, put(2, put(2, record, put(5, text8(1, "one")), put(5, text8(1, "two")), put(5), attribute(6, "tenant.id", "acme")))),
		"fields that nobody knows":     put(1, text8(77, "x"), put(2, text8(78, "x"), put(2, record, time8(15, 1), []byte{13 << 3, 1, 14<<3 | 5, 0, 0, 0, 0}, attribute(6, "tenant.id", "acme")))),
		"no resource and no scope":     put(1, put(2, put(2, record))),
		"a trace id and then none":     put(1, put(2, put(2, record, put(9, make([]byte, 15), []byte{1}), put(9), attribute(6, "tenant.id", "acme")))),
		"a severity beyond 32 bits":    put(1, put(2, put(2, record, []byte{2 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, attribute(6, "tenant.id", "acme")))),
		"a string of profiles":         put(1, put(2, put(2, record, put(6, text8(1, "x"), put(2, []byte{8 << 3, 1})), attribute(6, "tenant.id", "acme")))),
		"several of everything":        append(put(1, put(2, put(2, record), put(2, record)), put(2, put(2, record))), put(1, put(2, put(2, record)))...),
		"an id that is a whole double": put(1, put(2, put(2, record, put(6, text8(1, "tenant.id"), put(2, time8(4, math.Float64bits(42))))))),
	} {
		t.Run(name, func(t *testing.T) { requireEqualItems(t, newExtractor(t, wired()), usage.Logs, "", logs) })
	}
	sum := slices.Concat(put(1, time8(3, now), time8(6, 3), attribute(7, "tenant.id", "acme")), []byte{2 << 3, 1, 3 << 3, 1})
	for name, metrics := range map[string][]byte{
		"temporality behind the points":  put(1, put(2, put(2, text8(1, "api.called"), put(7, sum)))),
		"two kinds of metric":            put(1, put(2, put(2, put(7, sum), put(5, sum[:len(sum)-4]), text8(1, "api.called")))),
		"the other way round":            put(1, put(2, put(2, put(5, sum[:len(sum)-4]), text8(1, "api.called"), put(7, sum)))),
		"a sum twice":                    put(1, put(2, put(2, text8(1, "api.called"), put(7, sum), put(7, sum)))),
		"a point with two numbers":       put(1, put(2, put(2, text8(1, "api.called"), put(7, put(1, time8(3, now), time8(4, math.Float64bits(1.5)), time8(6, 3), attribute(7, "tenant.id", "acme")), []byte{2 << 3, 1})))),
		"a point without":                put(1, put(2, put(2, text8(1, "api.called"), put(7, put(1, time8(3, now)), []byte{2 << 3, 1})))),
		"a point of nothing recorded":    put(1, put(2, put(2, text8(1, "api.called"), put(7, put(1, time8(3, now), time8(6, 3), []byte{8 << 3, 1}), []byte{2 << 3, 1})))),
		"buckets packed and one by one":  put(1, put(2, put(2, text8(1, "api.called"), put(9, put(1, time8(3, now), put(6, make([]byte, 16)), time8(6, 1), attribute(9, "tenant.id", "acme")))))),
		"a metric of no kind":            put(1, put(2, put(2, text8(1, "api.called")))),
		"a temporality beyond 32 bits":   put(1, put(2, put(2, text8(1, "api.called"), put(7, sum[:len(sum)-4], []byte{2 << 3, 0x81, 0x80, 0x80, 0x80, 0x10})))),
		"an exponential histogram":       put(1, put(2, put(2, text8(1, "api.called"), put(10, put(1, attribute(1, "tenant.id", "acme"), time8(3, now), []byte{10 << 3, 1}))))),
		"a summary":                      put(1, put(2, put(2, text8(1, "api.called"), put(11, put(1, attribute(7, "tenant.id", "acme"), time8(3, now)))))),
		"a name behind, a description":   put(1, put(2, put(2, put(7, sum), text8(2, "x"), text8(3, "s"), text8(1, "api.called")))),
		"scopes of metrics, old numbers": put(1, put(1000, put(2, text8(1, "api.called"), put(7, sum)))),
	} {
		t.Run(name, func(t *testing.T) { requireEqualItems(t, newExtractor(t, wired()), usage.Metrics, "", metrics) })
	}
	span := slices.Concat(text8(5, "api.called"), time8(8, now), attribute(9, "tenant.id", "acme"))
	for name, traces := range map[string][]byte{
		"a status in parts":     put(1, put(2, put(2, span, put(15, text8(2, "a")), put(15, []byte{3 << 3, 2})))),
		"events before a name":  put(1, put(2, put(2, put(11, time8(1, now), text8(2, "api.called"), attribute(3, "tenant.id", "b")), span, put(11, text8(2, "api.called"))))),
		"ids of zeros":          put(1, put(2, put(2, span, put(1, make([]byte, 16)), put(2, make([]byte, 8))))),
		"a sampled trace state": put(1, put(2, put(2, span, text8(3, "a=b,ot=th:8"), put(11, time8(1, now), text8(2, "api.called"), attribute(3, "tenant.id", "b"))))),
		"a sampled span":        put(1, put(2, put(2, span, put(9, text8(1, "sampling.ratio"), put(2, time8(4, math.Float64bits(0.5)))), put(11, time8(1, now), text8(2, "api.called"), attribute(3, "tenant.id", "b"))))),
	} {
		t.Run(name, func(t *testing.T) { requireEqualItems(t, newExtractor(t, wired()), usage.Traces, "", traces) })
	}
}

func TestExtractorsThatNeedNoPdataSaySo(t *testing.T) {
	x := wired()
	x.Meters[workspace].Versions[0].Classes[0].Condition = ""
	require.False(t, newExtractor(t, x).Decodes())
}

// FuzzWire holds the walk over bytes against the one over pdata for whatever
// passes the door.
func FuzzWire(f *testing.F) {
	for _, r := range telling(f) {
		f.Add(uint8(r.signal), r.bytes)
	}
	e := newExtractor(f, wired())
	f.Fuzz(func(t *testing.T, signal uint8, b []byte) {
		s := usage.Signal(signal % uint8(usage.NumSignals))
		if _, err := otlp.Check(s, b, roomy); err == nil {
			requireEqualItems(t, e, s, "", b)
		}
	})
}
