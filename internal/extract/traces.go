// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"encoding/hex"
	"strconv"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspanevent"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/content"
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
	content content.Shared
	says    bool // a sampler left others out, by trace state or attributes
	asked   bool // says is known
}

// reset is for another span.
func (f *forEvents) reset() {
	f.content.Reset()
	f.asked = false
}

// add adds to the content of an event what write writes of its span. kind is where the
// content says what it is of.
func (f *forEvents) add(h *content.Hash, kind int, write func(h *content.Hash)) {
	h.Add(&f.content, write)
	if f.content.Long() {
		h.Change(kind, kindEventOfLongSpan)
	}
}

// stand goes on to a span.
func (s *spanSource) stand(span ptrace.Span) {
	s.record = span
	s.events.reset()
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

func (s *spanSource) content(h *content.Hash) {
	h.Byte(kindSpan)
	trace, span, parent := s.record.TraceID(), s.record.SpanID(), s.record.ParentSpanID()
	h.ID(trace[:], 16)
	h.ID(span[:], 8)
	h.ID(parent[:], 8)
	h.Number(uint64(s.record.Kind()))
	h.Number(uint64(s.record.StartTimestamp()))
	h.Number(uint64(s.record.Status().Code()))
	h.Text(s.record.Status().Message())
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
func (s *spanEventSource) content(h *content.Hash) {
	kind := h.Len()
	h.Byte(kindSpanEvent)
	h.Number(uint64(s.index))
	s.span.events.add(h, kind, s.span.writeForEvents)
}

func (s *spanSource) writeForEvents(h *content.Hash) {
	h.Text(s.record.Name())
	h.Number(uint64(s.record.EndTimestamp()))
	h.Map(s.record.Attributes())
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
