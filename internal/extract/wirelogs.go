// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"cmp"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
)

// wireLog is the log record at which a walker stands.
type wireLog struct {
	walker       *walker
	severity     uint64
	severityText []byte
	body         []byte
	trace, span  []byte
}

const fieldOfLog = 6 // attributes

func (w *walker) wireLog(b []byte) {
	s := &w.wire.log
	*s = wireLog{walker: w}
	var time, observed uint64
	var name []byte
	var attributes stretch
	for rest := b; len(rest) > 0; {
		var number int32
		var bits uint64
		var bytes []byte
		before := rest
		switch number, bits, bytes, rest = otlp.Next(rest); number {
		case 1:
			time = bits
		case 2:
			s.severity = bits
		case 3:
			s.severityText = bytes
		case 5:
			s.body = merged(s.body, bytes)
		case fieldOfLog:
			attributes.note(b, before, rest)
		case 9:
			s.trace = bytes
		case 10:
			s.span = bytes
		case 11:
			observed = bits
		case 12:
			name = bytes
		}
	}
	w.wire.record = wireMap{b[attributes.from:attributes.to], fieldOfLog}
	action := borrow(name)
	if action == "" {
		if v, ok := w.wire.record.get(eventNameAttribute); ok {
			action = text(v)
		}
	}
	w.item(record{
		source:     s,
		action:     action,
		time:       pcommon.Timestamp(cmp.Or(time, observed)),
		attributes: &w.wire.record,
	})
}

func (*wireLog) uid(w *walker) string { return (*logSource)(nil).uid(w) }

func (s *wireLog) content(h *hasher) {
	h.buffer = append(h.buffer, kindLog)
	h.id(s.trace, 16)
	h.id(s.span, 8)
	h.enumeration(s.severity)
	h.text(borrow(s.severityText))
	h.wireValue(anyOf(s.body), 0)
}

// id writes an id of a size; one that is absent is zeros.
func (h *hasher) id(b []byte, size int) {
	var id [16]byte
	copy(id[:], b)
	h.buffer = append(h.buffer, id[:size]...)
}

// enumeration writes a number of 32 bits as pdata has it.
func (h *hasher) enumeration(bits uint64) { h.number(uint64(int32(bits))) }

func (*wireLog) thinned() bool { return false }

func (s *wireLog) holds(c *condition) (bool, bool) {
	r := &s.walker.wire
	r.decode()
	resource := r.logs.ResourceLogs().At(r.at.resource)
	scope := resource.ScopeLogs().At(r.at.scope)
	decoded := logSource{resource, scope, scope.LogRecords().At(r.at.record)}
	return decoded.holds(c)
}
