// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// call is one item of api.called, without a uid, in each shape that OTLP has,
// with something in every field that a sender fills in.
type call struct {
	logs    plog.Logs
	traces  ptrace.Traces
	metrics pmetric.Metrics
}

func newCall(t *testing.T) call {
	t.Helper()
	c := call{plog.NewLogs(), ptrace.NewTraces(), pmetric.NewMetrics()}
	rl, rs, rm := c.logs.ResourceLogs().AppendEmpty(), c.traces.ResourceSpans().AppendEmpty(), c.metrics.ResourceMetrics().AppendEmpty()
	sl, ss, sm := rl.ScopeLogs().AppendEmpty(), rs.ScopeSpans().AppendEmpty(), rm.ScopeMetrics().AppendEmpty()
	for _, resource := range []pcommon.Resource{rl.Resource(), rs.Resource(), rm.Resource()} {
		fill(t, resource.Attributes(), attrs{"organization.id": "acme", "service.name": "shop", "host.name": "a"})
	}
	for _, scope := range []pcommon.InstrumentationScope{sl.Scope(), ss.Scope(), sm.Scope()} {
		scope.SetName("shop/api")
		scope.SetVersion("1.2")
		fill(t, scope.Attributes(), attrs{"short": true})
	}
	record := attrs{"user.id": "ann", "route": "/a", "list": []any{1, 2.5, "x"}, "map": map[string]any{"a": 1, "b": []byte{1}}}

	log := sl.LogRecords().AppendEmpty()
	log.SetEventName("api.called")
	log.SetTimestamp(someTime)
	log.SetObservedTimestamp(someTime + 5)
	log.SetSeverityNumber(plog.SeverityNumberInfo)
	log.SetSeverityText("info")
	log.SetTraceID(pcommon.TraceID{1, 15: 2})
	log.SetSpanID(pcommon.SpanID{3, 7: 4})
	log.Body().SetStr("called")
	fill(t, log.Attributes(), record)

	span := ss.Spans().AppendEmpty()
	span.SetName("api.called")
	span.SetStartTimestamp(someTime - 5)
	span.SetEndTimestamp(someTime)
	span.SetTraceID(pcommon.TraceID{1, 15: 2})
	span.SetParentSpanID(pcommon.SpanID{3, 7: 4})
	span.SetKind(ptrace.SpanKindServer)
	span.Status().SetCode(ptrace.StatusCodeOk)
	fill(t, span.Attributes(), record)
	event := span.Events().AppendEmpty()
	event.SetName("api.called")
	event.SetTimestamp(someTime - 1)
	fill(t, event.Attributes(), record)

	m := sm.Metrics().AppendEmpty()
	m.SetName("api.called")
	m.SetUnit("1")
	m.SetEmptySum().SetIsMonotonic(true)
	m.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	point := m.Sum().DataPoints().AppendEmpty()
	point.SetStartTimestamp(someTime - 60)
	point.SetTimestamp(someTime)
	point.SetIntValue(3)
	fill(t, point.Attributes(), record)
	return c
}

func fill(t *testing.T, m pcommon.Map, a attrs) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(a)) {
		_ = m.PutEmpty(key).FromRaw(a[key])
	}
}

// items extracts the call: a log record, a span, a span event, a data point.
func (c call) items(t *testing.T) []usage.Item {
	t.Helper()
	x := definitions()
	x.FormerBefore = int64(someTime) + 1
	e := newExtractor(t, x)
	var b usage.Batch
	e.Logs(c.logs, "", &b)
	e.Traces(c.traces, "", &b)
	e.Metrics(c.metrics, "", &b)
	items := slices.DeleteFunc(b.Items, func(it usage.Item) bool { return it.Outcome == usage.Unmatched })
	require.Len(t, items, 4)
	for _, it := range items {
		require.Equal(t, usage.Pending, it.Outcome)
		require.Empty(t, it.UID)
	}
	return items
}

func (c call) span() ptrace.Span {
	return c.traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}

func (c call) metric() pmetric.Metric {
	return c.metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
}

func (c call) point() pmetric.NumberDataPoint { return c.metric().Sum().DataPoints().At(0) }

func (c call) resources(change func(pcommon.Map)) {
	change(c.logs.ResourceLogs().At(0).Resource().Attributes())
	change(c.traces.ResourceSpans().At(0).Resource().Attributes())
	change(c.metrics.ResourceMetrics().At(0).Resource().Attributes())
}

func (c call) scopes(change func(pcommon.InstrumentationScope)) {
	change(c.logs.ResourceLogs().At(0).ScopeLogs().At(0).Scope())
	change(c.traces.ResourceSpans().At(0).ScopeSpans().At(0).Scope())
	change(c.metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Scope())
}

func TestTheContentHashesAreTheSameInEveryRelease(t *testing.T) {
	var content, former []usage.UID
	for _, it := range newCall(t).items(t) {
		content, former = append(content, it.Content), append(former, it.Former)
	}
	require.Equal(t, []usage.UID{
		{0x3993ac66e11981e3, 0xbfbfe5c2da0430ab},
		{0x59bec693a7793e50, 0x5e2ea5fbb90450fd},
		{0x797515402d81cdca, 0x7ef6f22c7bc38fd0},
		{0xddcba9b76fae15b5, 0x8468a218f24efe46},
	}, content)
	require.Equal(t, []usage.UID{ // as the program of format 3 made them
		{0x77f4d5bf27fb7017, 0xbd42a24a36c8e1a4},
		{0x77f4d5bf27fb7017, 0xbd42a24a36c8e1a4},
		{0xed8632c8dd04f22f, 0xb900fad078813131},
		{0x4329fe71adb6a3d7, 0xec19a2425fd4b609},
	}, former)
}

func TestFormerContentIsOfTheTimeBeforeItsEndOnly(t *testing.T) {
	x := definitions()
	x.FormerBefore = int64(someTime)
	it, _ := the(t, x, "", newCall(t).logs)
	require.NotZero(t, it.Content)
	require.Zero(t, it.Former)
	x.FormerBefore++
	it, _ = the(t, x, "", newCall(t).logs)
	require.NotZero(t, it.Former)
}

// TestAResendHasTheSameContent sends the call as its bytes, as JSON, and with
// what a Collector on the way may have changed.
func TestAResendHasTheSameContent(t *testing.T) {
	once := contents(newCall(t).items(t))
	for name, resend := range map[string]func(c *call){
		"protobuf": func(c *call) { *c = throughProtobuf(t, *c) },
		"JSON":     func(c *call) { *c = throughJSON(t, *c) },
		"observed": func(c *call) { only(c.logs).SetObservedTimestamp(someTime + 9) },
		"dropped": func(c *call) {
			only(c.logs).SetDroppedAttributesCount(1)
			c.logs.ResourceLogs().At(0).SetSchemaUrl("x")
			c.traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetDroppedEventsCount(1)
			c.metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).SetSchemaUrl("x")
		},
		"order": func(c *call) {
			only(c.logs).Attributes().Remove("route")
			only(c.logs).Attributes().PutStr("route", "/a")
			c.logs.ResourceLogs().At(0).Resource().Attributes().Remove("host.name")
			c.logs.ResourceLogs().At(0).Resource().Attributes().PutStr("host.name", "a")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCall(t)
			resend(&c)
			require.Equal(t, once, contents(c.items(t)))
		})
	}
}

func contents(items []usage.Item) (all []usage.UID) {
	for _, it := range items {
		all = append(all, it.Content)
	}
	return all
}

func throughProtobuf(t *testing.T, c call) call {
	t.Helper()
	l, err := (&plog.ProtoMarshaler{}).MarshalLogs(c.logs)
	require.NoError(t, err)
	s, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(c.traces)
	require.NoError(t, err)
	m, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(c.metrics)
	require.NoError(t, err)
	c.logs, err = (&plog.ProtoUnmarshaler{}).UnmarshalLogs(l)
	require.NoError(t, err)
	c.traces, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(s)
	require.NoError(t, err)
	c.metrics, err = (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(m)
	require.NoError(t, err)
	return c
}

func throughJSON(t *testing.T, c call) call {
	t.Helper()
	l, err := (&plog.JSONMarshaler{}).MarshalLogs(c.logs)
	require.NoError(t, err)
	s, err := (&ptrace.JSONMarshaler{}).MarshalTraces(c.traces)
	require.NoError(t, err)
	m, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(c.metrics)
	require.NoError(t, err)
	c.logs, err = (&plog.JSONUnmarshaler{}).UnmarshalLogs(l)
	require.NoError(t, err)
	c.traces, err = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(s)
	require.NoError(t, err)
	c.metrics, err = (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(m)
	require.NoError(t, err)
	return c
}

// TestTwinsHaveContentsOfTheirOwn changes one field at a time, and names the
// items of the call (0 log, 1 span, 2 span event, 3 point) that it is of.
func TestTwinsHaveContentsOfTheirOwn(t *testing.T) {
	for name, twin := range map[string]struct {
		change func(c *call)
		of     []int
	}{
		"body":          {func(c *call) { only(c.logs).Body().SetStr("b") }, []int{0}},
		"body's type":   {func(c *call) { only(c.logs).Body().SetEmptyBytes().FromRaw([]byte("called")) }, []int{0}},
		"severity":      {func(c *call) { only(c.logs).SetSeverityNumber(plog.SeverityNumberWarn) }, []int{0}},
		"severity text": {func(c *call) { only(c.logs).SetSeverityText("b") }, []int{0}},
		"trace of log":  {func(c *call) { only(c.logs).SetTraceID(pcommon.TraceID{9}) }, []int{0}},
		"span of log":   {func(c *call) { only(c.logs).SetSpanID(pcommon.SpanID{9}) }, []int{0}},
		"log attribute": {func(c *call) { only(c.logs).Attributes().PutStr("b", "") }, []int{0}},
		"log time":      {func(c *call) { only(c.logs).SetTimestamp(someTime - 2) }, []int{0}},

		"trace":          {func(c *call) { c.span().SetTraceID(pcommon.TraceID{9}) }, []int{1, 2}},
		"parent":         {func(c *call) { c.span().SetParentSpanID(pcommon.SpanID{9}) }, []int{1, 2}},
		"start of span":  {func(c *call) { c.span().SetStartTimestamp(someTime - 6) }, []int{1, 2}},
		"kind":           {func(c *call) { c.span().SetKind(ptrace.SpanKindClient) }, []int{1, 2}},
		"status":         {func(c *call) { c.span().Status().SetCode(ptrace.StatusCodeError) }, []int{1, 2}},
		"message":        {func(c *call) { c.span().Status().SetMessage("b") }, []int{1, 2}},
		"span attribute": {func(c *call) { c.span().Attributes().PutStr("b", "") }, []int{1, 2}},
		"end of span":    {func(c *call) { c.span().SetEndTimestamp(someTime - 2) }, []int{1, 2}},
		"event":          {func(c *call) { c.span().Events().At(0).Attributes().PutStr("b", "") }, []int{2}},
		"index": {func(c *call) {
			events := c.span().Events()
			events.At(0).CopyTo(events.AppendEmpty())
			events.At(0).SetName("mouse.moved")
		}, []int{2}},

		"value":           {func(c *call) { c.point().SetIntValue(4) }, []int{3}},
		"value as double": {func(c *call) { c.point().SetDoubleValue(3) }, []int{3}},
		"tiny difference": {func(c *call) { c.point().SetDoubleValue(3.00000001) }, []int{3}},
		"start of point":  {func(c *call) { c.point().SetStartTimestamp(someTime - 61) }, []int{3}},
		"time of point":   {func(c *call) { c.point().SetTimestamp(someTime - 2) }, []int{3}},
		"point attribute": {func(c *call) { c.point().Attributes().PutStr("b", "") }, []int{3}},
		"unit":            {func(c *call) { c.metric().SetUnit("By") }, []int{3}},
		"monotonic":       {func(c *call) { c.metric().Sum().SetIsMonotonic(false) }, []int{3}},

		"resource": {func(c *call) { c.resources(func(m pcommon.Map) { m.PutStr("host.name", "b") }) }, []int{0, 1, 2, 3}},
		"scope attribute": {func(c *call) {
			c.scopes(func(s pcommon.InstrumentationScope) { s.Attributes().PutBool("short", false) })
		}, []int{0, 1, 2, 3}},
		"scope name":    {func(c *call) { c.scopes(func(s pcommon.InstrumentationScope) { s.SetName("b") }) }, []int{0, 1, 2, 3}},
		"scope version": {func(c *call) { c.scopes(func(s pcommon.InstrumentationScope) { s.SetVersion("b") }) }, []int{0, 1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCall(t)
			once := contents(c.items(t))
			twin.change(&c)
			var changed []int
			for i, content := range contents(c.items(t)) {
				if content != once[i] {
					changed = append(changed, i)
				}
			}
			require.Equal(t, twin.of, changed)
		})
	}
}

func TestEachResourceAndScopeIsHashedForItself(t *testing.T) {
	c := newCall(t)
	hosts := []string{"a", "b", "c"}
	for _, host := range hosts[1:] {
		another := c.logs.ResourceLogs().AppendEmpty()
		c.logs.ResourceLogs().At(0).CopyTo(another)
		another.Resource().Attributes().PutStr("host.name", host)
		scope := another.ScopeLogs().AppendEmpty()
		another.ScopeLogs().At(0).CopyTo(scope)
		scope.Scope().SetName("another")
	}
	var b usage.Batch
	newExtractor(t, definitions()).Logs(c.logs, "", &b)
	require.Len(t, b.Items, 5)
	seen := map[usage.UID]bool{}
	for _, it := range b.Items {
		seen[it.Content] = true
	}
	require.Len(t, seen, 5)
}
