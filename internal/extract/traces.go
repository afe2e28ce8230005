// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"encoding/hex"
	"strconv"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspanevent"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Traces appends one item for each span and, after it, one for each of its
// events.
func (e *Extractor) Traces(td ptrace.Traces, bound string, b *usage.Batch) {
	w := e.walker(usage.Traces, bound, b)
	defer w.release()
	for _, resource := range td.ResourceSpans().All() {
		w.atPdata(resource.Resource())
		for _, scope := range resource.ScopeSpans().All() {
			w.atPdataScope(scope.Scope())
			w.span.resource, w.span.scope = resource, scope
			for _, span := range scope.Spans().All() {
				w.span.stand(span)
				w.item(record{
					source:     &w.span,
					action:     span.Name(),
					time:       span.EndTimestamp(),
					attributes: w.pdata(span.Attributes()),
				})
				w.spanEvents(span)
			}
		}
	}
}

func (w *walker) spanEvents(span ptrace.Span) {
	for i, event := range span.Events().All() {
		w.spanEvent = spanEventSource{span: &w.span, record: event, index: i}
		w.item(record{
			source:     &w.spanEvent,
			action:     event.Name(),
			time:       event.Timestamp(),
			attributes: w.pdata(event.Attributes()),
		})
	}
}

// spanSource is the span at which a walker stands.
type spanSource struct {
	resource ptrace.ResourceSpans
	scope    ptrace.ScopeSpans
	record   ptrace.Span

	events forEvents
}

// forEvents is what the events of a span have of it, found when the first of them
// asks.
type forEvents struct {
	content shared
	says    bool // a sampler left others out, by trace state or attributes
	asked   bool // says is known
}

// add adds to the content of an event what write writes of its span. kind is where the
// content says what it is of.
func (f *forEvents) add(h *hasher, kind int, write func(h *hasher)) {
	h.add(&f.content, write)
	if f.content.long {
		h.buffer[kind] = kindEventOfLongSpan
	}
}

// stand goes on to a span.
func (s *spanSource) stand(span ptrace.Span) {
	s.record, s.events.content.written, s.events.asked = span, false, false
}

// uid is empty where the span lacks an id that would make it the only one.
func (s *spanSource) uid(*walker) string {
	var buffer [48]byte
	return string(s.appendUID(buffer[:0]))
}

func (s *spanSource) appendUID(b []byte) []byte {
	trace, span := s.record.TraceID(), s.record.SpanID()
	if trace.IsEmpty() || span.IsEmpty() {
		return nil
	}
	return hex.AppendEncode(hex.AppendEncode(b, trace[:]), span[:])
}

func (s *spanSource) content(h *hasher) {
	h.buffer = append(h.buffer, kindSpan)
	trace, span, parent := s.record.TraceID(), s.record.SpanID(), s.record.ParentSpanID()
	h.buffer = append(h.buffer, trace[:]...)
	h.buffer = append(h.buffer, span[:]...)
	h.buffer = append(h.buffer, parent[:]...)
	h.number(uint64(s.record.Kind()))
	h.number(uint64(s.record.StartTimestamp()))
	h.number(uint64(s.record.Status().Code()))
	h.text(s.record.Status().Message())
}

func (s *spanSource) thinned() bool { return thinned(s.record.TraceState().AsRaw()) }

func (s *spanSource) holds(c *condition) (bool, bool) {
	item := ottlspan.NewTransformContext(s.resource, s.scope, s.record)
	defer item.Close()
	return holds(c.span, item)
}

// spanEventSource is the span event at which a walker stands.
type spanEventSource struct {
	span   *spanSource
	record ptrace.SpanEvent
	index  int
}

func (s *spanEventSource) uid(*walker) string {
	var buffer [64]byte
	uid := s.span.appendUID(buffer[:0])
	if uid == nil {
		return ""
	}
	return string(strconv.AppendInt(append(uid, '/'), int64(s.index), 10))
}

// content is the index, and all of the span that the event is in.
func (s *spanEventSource) content(h *hasher) {
	kind := len(h.buffer)
	h.buffer = append(h.buffer, kindSpanEvent)
	h.number(uint64(s.index))
	s.span.events.add(h, kind, s.span.writeForEvents)
}

func (s *spanSource) writeForEvents(h *hasher) {
	h.text(s.record.Name())
	h.number(uint64(s.record.EndTimestamp()))
	h.attributes(s.record.Attributes(), 0)
	s.content(h)
}

// An event goes with its span.
func (s *spanEventSource) thinned() bool {
	of := &s.span.events
	if !of.asked {
		of.says, of.asked = s.span.thinned() || (&pdataMap{s.span.record.Attributes()}).says(), true
	}
	return of.says
}

func (s *spanEventSource) holds(c *condition) (bool, bool) {
	item := ottlspanevent.NewTransformContext(s.span.resource, s.span.scope, s.span.record, s.record,
		ottlspanevent.WithEventIndex(int64(s.index)))
	defer item.Close()
	return holds(c.spanEvent, item)
}
