// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"hash/maphash"
	"strings"
	"unsafe"

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

// Request appends one item for each record of a request that is bytes still:
// the items that its pdata would give, in the same order. Nothing of the bytes
// is kept in the batch.
func (e *Extractor) Request(r otlp.Request, bound string, b *usage.Batch) {
	w := e.walker(r.Signal, bound, b)
	defer w.release()
	w.wire.request = r
	for body := r.Bytes; len(body) > 0; {
		var number int32
		var resource []byte
		if number, _, resource, body = otlp.Next(body); number == 1 {
			w.wireResource(resource)
			w.wire.at.resource++
		}
	}
}

// Decodes reports whether extraction may have to decode a request: OTTL knows
// pdata only.
func (e *Extractor) Decodes() bool { return e.decodes }

// wire is a request of bytes, and where in it the walker stands.
type wire struct {
	request otlp.Request // Bytes is nil where the walker has pdata
	at      struct{ resource, scope, record, part int }

	log       wireLog
	span      wireSpan
	spanEvent wireSpanEvent
	point     wirePoint

	record, scope, resource wireMap

	// The whole request as pdata, for conditions; decoded when the first asks.
	decoded bool
	logs    plog.Logs
	traces  ptrace.Traces
	metrics pmetric.Metrics
}

// The numbers that OTLP gives fields of all signals.
const (
	fieldAbove      = 1    // the resource of scopes, the scope of records
	fieldBelow      = 2    // scopes, records
	fieldDeprecated = 1000 // scopes, where there are none by the other number

	fieldOfResource = 1 // attributes
	fieldOfScope    = 3
)

// wireResource goes through what is of one resource. It may be said before or
// behind its scopes, and in parts.
func (w *walker) wireResource(body []byte) {
	var resource []byte
	below := int32(fieldDeprecated)
	for rest := body; len(rest) > 0; {
		var number int32
		var bytes []byte
		switch number, _, bytes, rest = otlp.Next(rest); number {
		case fieldAbove:
			resource = merged(resource, bytes)
		case fieldBelow:
			below = fieldBelow
		}
	}
	w.wire.resource = wireMap{resource, fieldOfResource}
	w.atResource(&w.wire.resource)
	w.wire.at.scope = 0
	for len(body) > 0 {
		var number int32
		var scope []byte
		if number, _, scope, body = otlp.Next(body); number == below {
			w.wireScope(scope)
			w.wire.at.scope++
		}
	}
}

func (w *walker) wireScope(body []byte) {
	var scope []byte
	for rest := body; len(rest) > 0; {
		var number int32
		var bytes []byte
		if number, _, bytes, rest = otlp.Next(rest); number == fieldAbove {
			scope = merged(scope, bytes)
		}
	}
	var name, version []byte
	for rest := scope; len(rest) > 0; {
		var number int32
		var bytes []byte
		switch number, _, bytes, rest = otlp.Next(rest); number {
		case 1:
			name = bytes
		case 2:
			version = bytes
		}
	}
	w.wire.scope = wireMap{scope, fieldOfScope}
	w.atScope(borrow(name), borrow(version), &w.wire.scope)
	w.wire.at.record = 0
	for len(body) > 0 {
		var number int32
		var record []byte
		if number, _, record, body = otlp.Next(body); number != fieldBelow {
			continue
		}
		switch w.signal {
		case usage.Logs:
			w.wireLog(record)
		case usage.Traces:
			w.wireSpan(record)
		case usage.Metrics:
			w.wireMetric(record)
		}
		w.wire.at.record++
	}
}

// merged is a message that comes in parts, which is what they are in a row.
func merged(a, b []byte) []byte {
	if len(a) == 0 {
		return b
	}
	return append(a[:len(a):len(a)], b...)
}

// borrow is bytes of the request as a string, for as long as the walker is at
// it. What stays in the batch is the walker's own.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// maxOwned is the longest string that walkers keep to have it again.
const maxOwned = 128

// own makes a string of the request's bytes one that outlives them. Few say
// something new: actions, organizations and values of breakdowns come again and
// again.
func (w *walker) own(s string) string {
	if w.wire.request.Bytes == nil || s == "" {
		return s // pdata has copied it
	}
	if len(s) > maxOwned {
		return strings.Clone(s)
	}
	kept := &w.owned[maphash.String(w.seed, s)%uint64(len(w.owned))]
	if *kept != s {
		*kept = strings.Clone(s)
	}
	return *kept
}

// wireMap is attributes that are bytes: the fields of a number in a message.
type wireMap struct {
	message []byte
	field   int32
}

// stretch is where in a message the fields of a number stand, from the first to
// the last: senders write them in a row, and who looks for them again need not
// pass over the others.
type stretch struct{ from, to int }

// note enters a field that stands before rest, and behind what was before rest.
func (s *stretch) note(message, before, rest []byte) {
	if s.to == 0 {
		s.from = len(message) - len(before)
	}
	s.to = len(message) - len(rest)
}

// entry is an attribute; its value comes as an AnyValue.
func entry(b []byte) (key, value []byte) {
	// As nearly all are written: a short key, a short value, and no more.
	if len(b) > 3 && b[0] == 1<<3|2 && b[1] < 0x80 {
		if at := 2 + int(b[1]); at+1 < len(b) && b[at] == 2<<3|2 && int(b[at+1]) == len(b)-at-2 && b[at+1] < 0x80 {
			return b[2:at:at], b[at+2:]
		}
	}
	for len(b) > 0 {
		var number int32
		var bytes []byte
		switch number, _, bytes, b = otlp.Next(b); number {
		case 1:
			key = bytes
		case 2:
			value = merged(value, bytes)
		}
	}
	return key, value
}

func (m *wireMap) scan(l *level, wanted *wants) {
	for rest := m.message; len(rest) > 0; {
		var number int32
		var bytes []byte
		if number, _, bytes, rest = otlp.Next(rest); number != m.field {
			continue
		}
		key, v := entry(bytes)
		class := wanted[min(len(key), maxNameLength)]
		for i := range class {
			if w := &class[i]; w.name == string(key) {
				a := anyOf(v)
				l.enter(w, a.value())
				break
			}
		}
	}
}

func (m *wireMap) get(name string) (value, bool) {
	for rest := m.message; len(rest) > 0; {
		var number int32
		var bytes []byte
		if number, _, bytes, rest = otlp.Next(rest); number != m.field {
			continue
		}
		if key, v := entry(bytes); string(key) == name {
			a := anyOf(v)
			return a.value(), true
		}
	}
	return value{}, false
}

func (m *wireMap) says() bool {
	for rest := m.message; len(rest) > 0; {
		var number int32
		var bytes []byte
		if number, _, bytes, rest = otlp.Next(rest); number != m.field {
			continue
		}
		key, v := entry(bytes)
		if sampled := samplingAttributes[string(key)]; sampled != nil {
			if a := anyOf(v); sampled(a.value()) {
				return true
			}
		}
	}
	return false
}

func (m *wireMap) hash(h *hasher) { h.wireAttributes(m.message, m.field, 0) }

// wireAny is an AnyValue: the last that it says is what it is.
type wireAny struct {
	kind  pcommon.ValueType
	bits  uint64
	bytes []byte // of a string or bytes what they are; of a list or map its message
}

func anyOf(b []byte) (v wireAny) {
	for len(b) > 0 {
		var number int32
		var bits uint64
		var bytes []byte
		switch number, bits, bytes, b = otlp.Next(b); number {
		case 1:
			v = wireAny{kind: pcommon.ValueTypeStr, bytes: bytes}
		case 2:
			v = wireAny{kind: pcommon.ValueTypeBool, bits: min(bits, 1)}
		case 3:
			v = wireAny{kind: pcommon.ValueTypeInt, bits: bits}
		case 4:
			v = wireAny{kind: pcommon.ValueTypeDouble, bits: bits}
		case 5:
			v = wireAny{kind: pcommon.ValueTypeSlice, bytes: bytes}
		case 6:
			v = wireAny{kind: pcommon.ValueTypeMap, bytes: bytes}
		case 7:
			v = wireAny{kind: pcommon.ValueTypeBytes, bits: uint64(len(bytes)), bytes: bytes}
		case 8: // a string of profiles, which pdata knows nothing of either
			v = wireAny{}
		}
	}
	return v
}

func (v *wireAny) value() value {
	if v.kind == pcommon.ValueTypeStr {
		return value{kind: v.kind, text: borrow(v.bytes)}
	}
	return value{kind: v.kind, bits: v.bits}
}

// wireAttributes writes what attributes of pdata would.
func (h *hasher) wireAttributes(message []byte, field int32, depth int) {
	first := len(h.sums)
	for len(message) > 0 {
		var number int32
		var bytes []byte
		if number, _, bytes, message = otlp.Next(message); number != field {
			continue
		}
		start := len(h.buffer)
		key, v := entry(bytes)
		h.text(borrow(key))
		h.wireValue(anyOf(v), depth)
		h.sums = append(h.sums, h.cut(start))
	}
	h.sorted(first)
}

// wireValue writes what value of pdata would.
func (h *hasher) wireValue(v wireAny, depth int) {
	if depth > maxDepth {
		return
	}
	h.buffer = append(h.buffer, byte(v.kind))
	switch v.kind {
	case pcommon.ValueTypeStr, pcommon.ValueTypeBytes:
		h.text(borrow(v.bytes))
	case pcommon.ValueTypeInt, pcommon.ValueTypeDouble:
		h.number(v.bits)
	case pcommon.ValueTypeBool:
		h.bool(v.bits != 0)
	case pcommon.ValueTypeMap:
		h.wireAttributes(v.bytes, 1, depth+1)
	case pcommon.ValueTypeSlice:
		n := uint64(0)
		for rest := v.bytes; len(rest) > 0; {
			var number int32
			if number, _, _, rest = otlp.Next(rest); number == 1 {
				n++
			}
		}
		h.number(n)
		for rest := v.bytes; len(rest) > 0; {
			var number int32
			var bytes []byte
			if number, _, bytes, rest = otlp.Next(rest); number == 1 {
				h.wireValue(anyOf(bytes), depth+1)
			}
		}
	case pcommon.ValueTypeEmpty:
	}
}

// decode makes pdata of the whole request, once.
func (r *wire) decode() {
	if r.decoded {
		return
	}
	r.decoded = true
	switch r.request.Signal {
	case usage.Logs:
		d := plogotlp.NewExportRequest()
		mustDecode(d.UnmarshalProto(r.request.Bytes))
		r.logs = d.Logs()
	case usage.Traces:
		d := ptraceotlp.NewExportRequest()
		mustDecode(d.UnmarshalProto(r.request.Bytes))
		r.traces = d.Traces()
	case usage.Metrics:
		d := pmetricotlp.NewExportRequest()
		mustDecode(d.UnmarshalProto(r.request.Bytes))
		r.metrics = d.Metrics()
	}
}

// mustDecode panics, which costs the item that the walker is at: a checked
// request is one that pdata takes.
func mustDecode(err error) {
	if err != nil {
		panic(err)
	}
}
