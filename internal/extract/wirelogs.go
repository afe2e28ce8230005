// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"cmp"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/content"
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

func (s *wireLog) content(h *content.Hash) {
	h.Byte(kindLog)
	h.ID(s.Trace, 16)
	h.ID(s.Span, 8)
	h.Enumeration(s.Severity)
	h.Bytes(s.SeverityText)
	h.Any(s.Body)
}

func (*wireLog) thinned() bool { return false }

func (s *wireLog) holds(c *condition) (bool, bool) {
	r := &s.walker.wire
	r.decode()
	resource := r.logs.ResourceLogs().At(r.at.resource)
	scope := resource.ScopeLogs().At(r.at.scope)
	decoded := logSource{resource, scope, scope.LogRecords().At(r.at.record)}
	return decoded.holds(c)
}
