// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"encoding/hex"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/content"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
)

// wireSpan is the span at which a walker stands.
type wireSpan struct {
	walker *walker
	otlp.Span
	attributes wireMap
	events     forEvents
}

func (w *walker) wireSpan(b []byte) {
	s := &w.wire.span
	s.walker, s.Span = w, otlp.SpanOf(b)
	s.events.reset()
	s.attributes = wireMap{s.Attributes}
	w.item(record{
		source:     s,
		action:     borrow(s.Name),
		time:       pcommon.Timestamp(s.End),
		attributes: &s.attributes,
	})
	w.wire.at.part = 0
	for event := range s.Events() {
		w.wireSpanEvent(event)
		w.wire.at.part++
	}
}

func (w *walker) wireSpanEvent(b []byte) {
	s := &w.wire.spanEvent
	*s = wireSpanEvent{span: &w.wire.span, index: w.wire.at.part}
	event := otlp.SpanEventOf(b)
	w.wire.record = wireMap{event.Attributes}
	w.item(record{
		source:     s,
		action:     borrow(event.Name),
		time:       pcommon.Timestamp(event.Time),
		attributes: &w.wire.record,
	})
}

func (s *wireSpan) uid(*walker) string {
	var buffer [48]byte
	return string(s.appendUID(buffer[:0]))
}

func (s *wireSpan) appendUID(b []byte) []byte {
	if isZero(s.Trace) || isZero(s.Span.Span) {
		return nil
	}
	return hex.AppendEncode(hex.AppendEncode(b, s.Trace), s.Span.Span)
}

func isZero(id []byte) bool {
	for _, b := range id {
		if b != 0 {
			return false
		}
	}
	return true
}

func (s *wireSpan) content(h *content.Hash) {
	h.Byte(kindSpan)
	h.ID(s.Trace, 16)
	h.ID(s.Span.Span, 8)
	h.ID(s.Parent, 8)
	h.Enumeration(s.Kind)
	h.Number(s.Start)
	code, message := otlp.Status(s.Status)
	h.Enumeration(code)
	h.Bytes(message)
}

func (s *wireSpan) thinned() bool { return thinned(borrow(s.State)) }

// decoded is the span as pdata has it.
func (s *wireSpan) decoded() spanSource {
	r := &s.walker.wire
	r.decode()
	resource := r.traces.ResourceSpans().At(r.at.resource)
	scope := resource.ScopeSpans().At(r.at.scope)
	return spanSource{resource: resource, scope: scope, record: scope.Spans().At(r.at.record)}
}

func (s *wireSpan) holds(c *condition) (bool, bool) {
	decoded := s.decoded()
	return decoded.holds(c)
}

// wireSpanEvent is the span event at which a walker stands.
type wireSpanEvent struct {
	span  *wireSpan
	index int
}

func (s *wireSpanEvent) uid(*walker) string {
	var buffer [64]byte
	uid := s.span.appendUID(buffer[:0])
	if uid == nil {
		return ""
	}
	return string(strconv.AppendInt(append(uid, '/'), int64(s.index), 10))
}

func (s *wireSpanEvent) content(h *content.Hash) {
	kind := h.Len()
	h.Byte(kindSpanEvent)
	h.Number(uint64(s.index))
	s.span.events.add(h, kind, s.span.writeForEvents)
}

func (s *wireSpan) writeForEvents(h *content.Hash) {
	h.Bytes(s.Name)
	h.Number(s.End)
	s.attributes.hash(h)
	s.content(h)
}

func (s *wireSpanEvent) thinned() bool {
	of := &s.span.events
	if !of.asked {
		of.says, of.asked = s.span.thinned() || s.span.attributes.says(), true
	}
	return of.says
}

func (s *wireSpanEvent) holds(c *condition) (bool, bool) {
	span := s.span.decoded()
	decoded := spanEventSource{&span, span.record.Events().At(s.index), s.index}
	return decoded.holds(c)
}
