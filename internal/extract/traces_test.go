// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// spans is a request of one span with two events.
func spans() (ptrace.Traces, ptrace.Span) {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("organization.id", "acme")
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetName("api.called")
	s.SetStartTimestamp(someTime - 5)
	s.SetEndTimestamp(someTime)
	s.SetTraceID(pcommon.TraceID{1, 15: 2})
	s.SetSpanID(pcommon.SpanID{3, 7: 4})
	s.Attributes().PutStr("user.id", "ann")
	for i, name := range []string{"exception", "app.opened"} {
		e := s.Events().AppendEmpty()
		e.SetName(name)
		e.SetTimestamp(someTime - pcommon.Timestamp(2-i))
		e.Attributes().PutStr("user.id", "bob")
	}
	return td, s
}

func extracted(t *testing.T, td ptrace.Traces) ([]usage.Item, *usage.Batch) {
	t.Helper()
	var b usage.Batch
	newExtractor(t, definitions()).Traces(td, "", &b)
	return b.Items, &b
}

func TestASpanAndEachOfItsEventsIsAnItem(t *testing.T) {
	td, _ := spans()
	it, b := extracted(t, td)
	require.Len(t, it, 3)

	require.Equal(t, "api.called", it[0].Action)
	require.EqualValues(t, someTime, it[0].Time, "its end")
	require.Equal(t, "01000000000000000000000000000002"+"0300000000000004", it[0].UID)
	require.Equal(t, "ann", it[0].User)
	require.Equal(t, usage.Consume, b.EffectsOf(&it[0])[0].Kind)

	require.Equal(t, usage.Unmatched, it[1].Outcome)

	require.Equal(t, "app.opened", it[2].Action)
	require.EqualValues(t, someTime-1, it[2].Time)
	require.Equal(t, it[0].UID+"/1", it[2].UID)
	require.Equal(t, "bob", it[2].User)
	require.Equal(t, usage.Active, b.EffectsOf(&it[2])[0].Kind)
}

func TestASpanWithoutIDsIsKnownByItsContent(t *testing.T) {
	td, s := spans()
	s.SetSpanID(pcommon.SpanID{})
	s.Events().At(1).SetName("api.called")
	it, _ := extracted(t, td)
	for _, i := range []int{0, 2} {
		require.Empty(t, it[i].UID)
		require.NotZero(t, it[i].Content)
	}
	require.NotEqual(t, it[0].Content, it[2].Content)
}

func TestASpanThatHasNotEndedIsInvalid(t *testing.T) {
	td, s := spans()
	s.SetEndTimestamp(0)
	it, _ := extracted(t, td)
	require.Equal(t, usage.Invalid, it[0].Outcome)
	require.Equal(t, usage.ReasonNoTime, it[0].Reason)
}
