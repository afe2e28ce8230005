// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/content"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// long is more than items share as it is.
func long(to pcommon.Map) {
	for i := range content.MaxShared/16 + 1 {
		to.PutStr(fmt.Sprint("attribute-", i), "v")
	}
}

// Two events of a long span are two items, and so are those of another span however
// little it differs; a resend is the same.
func TestEventsOfLongSpansAreToldApart(t *testing.T) {
	of := func(change func(s ptrace.Span)) (contents []usage.UID) {
		c := newCall(t)
		long(c.span().Attributes())
		c.span().Events().At(0).CopyTo(c.span().Events().AppendEmpty())
		change(c.span())
		var b usage.Batch
		newExtractor(t, definitions()).Traces(c.traces, "", &b)
		for _, it := range b.Items[1:] {
			require.Equal(t, usage.Pending, it.Outcome)
			contents = append(contents, it.Content)
		}
		return contents
	}
	same := of(func(ptrace.Span) {})
	require.Equal(t, same, of(func(ptrace.Span) {}))
	seen := map[usage.UID]bool{same[0]: true, same[1]: true}
	require.Len(t, seen, 2)
	for _, change := range []func(s ptrace.Span){
		func(s ptrace.Span) { s.SetName("other") },
		func(s ptrace.Span) { s.Attributes().PutStr("attribute-7", "w") },
		func(s ptrace.Span) { s.Status().SetMessage(strings.Repeat("m", content.MaxShared)) },
		func(s ptrace.Span) { s.SetParentSpanID([8]byte{1}) },
	} {
		for _, content := range of(change) {
			require.False(t, seen[content])
			seen[content] = true
		}
	}
}

// Former content is that of the resource and scope at hand, and none where one is long.
func TestFormerContentIsOfItsResource(t *testing.T) {
	m := newCall(t).metrics
	for range 3 {
		m.ResourceMetrics().At(0).CopyTo(m.ResourceMetrics().AppendEmpty())
	}
	m.ResourceMetrics().At(1).Resource().Attributes().PutStr("other", "x")
	long(m.ResourceMetrics().At(2).Resource().Attributes())
	long(m.ResourceMetrics().At(3).ScopeMetrics().At(0).Scope().Attributes())
	x := definitions()
	x.FormerBefore = int64(someTime) + 1
	var b usage.Batch
	newExtractor(t, x).Metrics(m, "", &b)
	require.Len(t, b.Items, 4)
	require.NotZero(t, b.Items[0].Former)
	require.NotZero(t, b.Items[1].Former)
	require.NotEqual(t, b.Items[0].Former, b.Items[1].Former)
	require.Zero(t, b.Items[2].Former)
	require.Zero(t, b.Items[3].Former)
}

// What many items share is written once, whatever it is: a request with four times as much
// of both is written in four times as many bytes, not in sixteen times.
func TestWhatItemsShareIsWrittenOnce(t *testing.T) {
	written := func(n int) (bytes int) {
		w := newWalker(newExtractor(t, definitions()), 1)
		span := ptrace.NewSpan()
		for i := range n {
			span.Attributes().PutStr(strconv.Itoa(i), "v")
		}
		w.span.stand(span)
		w.spanEvent = spanEventSource{span: &w.span}
		for i := range n {
			w.spanEvent.index = i
			w.hash.Reset()
			w.spanEvent.content(&w.hash)
			bytes += w.hash.Len()
		}
		return bytes
	}
	const n = 4096
	require.LessOrEqual(t, written(4*n), 4*written(n))
	m := pmetric.NewMetrics().ResourceMetrics().AppendEmpty()
	for i := range n {
		m.Resource().Attributes().PutStr(strconv.Itoa(i), "v")
	}
	o := origin{resource: &pdataMap{m.Resource().Attributes()}}
	var h content.Hash
	writes := 0
	for range 3 {
		h.Add(&o.formerResource, func(h *content.Hash) {
			writes++
			o.writeFormerResource(h)
		})
	}
	require.Equal(t, 1, writes)
	require.Equal(t, 3*16, h.Len())
}

// A number that many records share is read once.
func TestASharedNumberIsReadOnce(t *testing.T) {
	var l level
	l.cells = make([]cell, 2)
	var names wants
	names.add("n", 1)
	m := pcommon.NewMap()
	m.PutStr("n", "12.5")
	l.scan(&pdataMap{m}, &names)
	n, reason := l.number(1).inMillionths()
	require.Equal(t, int64(12_500_000), n)
	require.Equal(t, usage.ReasonNone, reason)
	m.PutStr("n", "13") // behind the walker's back: not looked at again
	n, _ = l.number(1).inMillionths()
	require.Equal(t, int64(12_500_000), n)
	l.scan(&pdataMap{m}, &names)
	n, _ = l.number(1).inMillionths()
	require.Equal(t, int64(13_000_000), n)
}
