// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"encoding/hex"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
)

// wireSpan is the span at which a walker stands.
type wireSpan struct {
	walker              *walker
	trace, span, parent []byte
	state, name         []byte
	kind, start, end    uint64
	status              []byte
	attributes          wireMap
	events              forEvents
}

const (
	fieldOfSpan      = 9 // attributes
	fieldOfSpanEvent = 3
)

func (w *walker) wireSpan(b []byte) {
	s := &w.wire.span
	*s = wireSpan{walker: w, events: forEvents{content: shared{bytes: s.events.content.bytes}}}
	var attributes, events stretch
	for rest := b; len(rest) > 0; {
		var number int32
		var bits uint64
		var bytes []byte
		before := rest
		switch number, bits, bytes, rest = otlp.Next(rest); number {
		case 1:
			s.trace = bytes
		case 2:
			s.span = bytes
		case 3:
			s.state = bytes
		case 4:
			s.parent = bytes
		case 5:
			s.name = bytes
		case 6:
			s.kind = bits
		case 7:
			s.start = bits
		case 8:
			s.end = bits
		case fieldOfSpan:
			attributes.note(b, before, rest)
		case 11:
			events.note(b, before, rest)
		case 15:
			s.status = merged(s.status, bytes)
		}
	}
	s.attributes = wireMap{b[attributes.from:attributes.to], fieldOfSpan}
	w.item(record{
		source:     s,
		action:     borrow(s.name),
		time:       pcommon.Timestamp(s.end),
		attributes: &s.attributes,
	})
	w.wire.at.part = 0
	for b = b[events.from:events.to]; len(b) > 0; {
		var number int32
		var event []byte
		if number, _, event, b = otlp.Next(b); number == 11 {
			w.wireSpanEvent(event)
			w.wire.at.part++
		}
	}
}

func (w *walker) wireSpanEvent(b []byte) {
	s := &w.wire.spanEvent
	*s = wireSpanEvent{span: &w.wire.span, index: w.wire.at.part}
	var time uint64
	var name []byte
	for rest := b; len(rest) > 0; {
		var number int32
		var bits uint64
		var bytes []byte
		switch number, bits, bytes, rest = otlp.Next(rest); number {
		case 1:
			time = bits
		case 2:
			name = bytes
		}
	}
	w.wire.record = wireMap{b, fieldOfSpanEvent}
	w.item(record{
		source:     s,
		action:     borrow(name),
		time:       pcommon.Timestamp(time),
		attributes: &w.wire.record,
	})
}

func (s *wireSpan) uid(*walker) string {
	var buffer [48]byte
	return string(s.appendUID(buffer[:0]))
}

func (s *wireSpan) appendUID(b []byte) []byte {
	if isZero(s.trace) || isZero(s.span) {
		return nil
	}
	return hex.AppendEncode(hex.AppendEncode(b, s.trace), s.span)
}

func isZero(id []byte) bool {
	for _, b := range id {
		if b != 0 {
			return false
		}
	}
	return true
}

func (s *wireSpan) content(h *hasher) {
	h.buffer = append(h.buffer, kindSpan)
	h.id(s.trace, 16)
	h.id(s.span, 8)
	h.id(s.parent, 8)
	h.enumeration(s.kind)
	h.number(s.start)
	var code uint64
	var message []byte
	for rest := s.status; len(rest) > 0; {
		var number int32
		var bits uint64
		var bytes []byte
		switch number, bits, bytes, rest = otlp.Next(rest); number {
		case 2:
			message = bytes
		case 3:
			code = bits
		}
	}
	h.enumeration(code)
	h.text(borrow(message))
}

func (s *wireSpan) thinned() bool { return thinned(borrow(s.state)) }

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

func (s *wireSpanEvent) content(h *hasher) {
	kind := len(h.buffer)
	h.buffer = append(h.buffer, kindSpanEvent)
	h.number(uint64(s.index))
	s.span.events.add(h, kind, s.span.writeForEvents)
}

func (s *wireSpan) writeForEvents(h *hasher) {
	h.text(borrow(s.name))
	h.number(s.end)
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
