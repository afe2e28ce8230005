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
	walker *walker
	otlp.LogRecord
}

func (w *walker) wireLog(b []byte) {
	s := &w.wire.log
	*s = wireLog{w, otlp.LogRecordOf(b)}
	w.wire.record = wireMap{s.Attributes}
	action := borrow(s.Name)
	if action == "" {
		if v, ok := w.wire.record.get(eventNameAttribute); ok {
			action = text(v)
		}
	}
	w.item(record{
		source:     s,
		action:     action,
		time:       pcommon.Timestamp(cmp.Or(s.Time, s.Observed)),
		attributes: &w.wire.record,
	})
}

func (*wireLog) uid(w *walker) string { return (*logSource)(nil).uid(w) }

func (s *wireLog) content(h *hasher) {
	h.buffer = append(h.buffer, kindLog)
	h.id(s.Trace, 16)
	h.id(s.Span, 8)
	h.enumeration(s.Severity)
	h.text(borrow(s.SeverityText))
	h.wireValue(s.Body, 0)
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
