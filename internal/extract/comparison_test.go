// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// compared are conditions that are judged without OTTL.
var compared = []string{
	`attributes["user.type"] == "member"`,
	`  attributes["user.type"]=="member" `,
	`attributes["user.type"] == ""`,
	`attributes["user.type"] == "1"`,
	`attributes["user.type"] == "true"`,
	`attributes["user.type"] == "nil"`,
	`attributes["user.type"] != "member"`,
	`attributes["user.type"] != ""`,
	`attributes["user.type"] == nil`,
	`attributes["user.type"] != nil`,
	`attributes["user.type"]!=nil`,
}

func TestAComparisonIsJudgedAsOTTLJudgesIt(t *testing.T) {
	conditions := parsers(t)
	for _, text := range compared {
		c, err := conditions.compile(text)
		require.NoError(t, err)
		require.NotNil(t, c.comparison, text)
		for _, value := range []any{
			nil, "member", "Member", "member ", "nil", "", "1", 1, 0, 1.0, true, false,
			[]any{"member"}, []any{}, map[string]any{"user.type": "member"}, map[string]any{}, []byte("member"), []byte{},
		} {
			for _, a := range []attrs{{"user.type": value}, {"x": value}, {}} {
				m := pcommon.NewMap()
				require.NoError(t, m.FromRaw(a))
				requireSame(t, c, text, m)
			}
		}
	}
}

// FuzzComparison holds every condition that is recognised, of any text, against
// OTTL, on whatever decodes as the attributes of a log record.
func FuzzComparison(f *testing.F) {
	conditions := parsers(f)
	for _, text := range compared {
		for _, value := range []any{"member", []byte{}, nil} {
			wire, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs(f, "app.opened", attrs{"user.type": value}))
			require.NoError(f, err)
			f.Add(text, wire)
		}
	}
	f.Fuzz(func(t *testing.T, text string, wire []byte) {
		ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(wire)
		if err != nil || comparisonOf(text) == nil {
			return
		}
		c, err := conditions.compile(text)
		if err != nil {
			return
		}
		delete(conditions.compiled, text)
		for _, resource := range ld.ResourceLogs().All() {
			for _, scope := range resource.ScopeLogs().All() {
				for _, record := range scope.LogRecords().All() {
					requireSame(t, c, text, record.Attributes())
				}
			}
		}
	})
}

func parsers(t testing.TB) *conditions {
	t.Helper()
	c, err := newConditions()
	require.NoError(t, err)
	return c
}

// requireSame judges a comparison with and without OTTL in every signal.
func requireSame(t *testing.T, c *condition, text string, attributes pcommon.Map) {
	t.Helper()
	got := c.comparison.holds(&pdataMap{attributes})
	for signal, s := range everywhere(attributes) {
		want, ok := s.holds(c)
		require.True(t, ok, "%s on %s", text, signal)
		require.Equal(t, want, got, "%s on %s with %v", text, signal, attributes.AsRaw())
	}
}

// everywhere is a record of each kind with the attributes. Its scope and its
// resource, and the span of a span event, are all of type member.
func everywhere(attributes pcommon.Map) map[string]source {
	member := func(m pcommon.Map) { m.PutStr("user.type", "member") }

	log := logSource{plog.NewResourceLogs(), plog.NewScopeLogs(), plog.NewLogRecord()}
	member(log.resource.Resource().Attributes())
	member(log.scope.Scope().Attributes())
	attributes.CopyTo(log.record.Attributes())

	span := spanSource{resource: ptrace.NewResourceSpans(), scope: ptrace.NewScopeSpans(), record: ptrace.NewSpan()}
	member(span.resource.Resource().Attributes())
	member(span.scope.Scope().Attributes())
	event := spanEventSource{span: &spanSource{resource: span.resource, scope: span.scope, record: ptrace.NewSpan()}, record: ptrace.NewSpanEvent()}
	member(event.span.record.Attributes())
	attributes.CopyTo(span.record.Attributes())
	attributes.CopyTo(event.record.Attributes())

	point := pointSource{pmetric.NewResourceMetrics(), pmetric.NewScopeMetrics(), pmetric.NewMetric(), pmetric.NewNumberDataPoint()}
	member(point.resource.Resource().Attributes())
	member(point.scope.Scope().Attributes())
	attributes.CopyTo(point.record.Attributes())

	return map[string]source{"a log record": &log, "a span": &span, "a span event": &event, "a data point": &point}
}

func TestOtherFormsAreLeftToOTTL(t *testing.T) {
	for _, text := range []string{
		`attributes["a"] < "b"`, `attributes["a"] == "b" or true`, `not attributes["a"] == "b"`, `attributes["a"]["b"] == "c"`,
		`resource.attributes["a"] == "b"`, `attributes["a"] == "\"b"`, `attributes["a"] == b`, `attributes["a"] == 1`,
		`attributes["a"] == nilly`, `nil != attributes["a"]`, `attributes["a"] != nil and attributes["b"] == nil`, `attributes[""] == nil`,
		"attributes[\"a\"] == \"\xff\"", "attributes[\"\xff\"] == nil",
	} {
		require.Nil(t, comparisonOf(text), text)
	}
}
