// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/content"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Logs appends one item for each log record.
func (e *Extractor) Logs(ld plog.Logs, bound string, b *usage.Batch) {
	w := e.walker(usage.Logs, bound, b)
	defer w.release()
	for _, resource := range ld.ResourceLogs().All() {
		w.atPdata(resource.Resource())
		for _, scope := range resource.ScopeLogs().All() {
			w.atPdataScope(scope.Scope())
			w.log.resource, w.log.scope = resource, scope
			for _, log := range scope.LogRecords().All() {
				w.log.record = log
				w.item(record{
					source:     &w.log,
					action:     actionOf(log),
					time:       timeOf(log),
					attributes: w.pdata(log.Attributes()),
				})
			}
		}
	}
}

func actionOf(log plog.LogRecord) string {
	if name := log.EventName(); name != "" {
		return name
	}
	if name, ok := log.Attributes().Get(eventNameAttribute); ok {
		return text(valueOf(name))
	}
	return ""
}

func timeOf(log plog.LogRecord) pcommon.Timestamp {
	if t := log.Timestamp(); t != 0 {
		return t
	}
	return log.ObservedTimestamp()
}

// logSource is the log record at which a walker stands.
type logSource struct {
	resource plog.ResourceLogs
	scope    plog.ScopeLogs
	record   plog.LogRecord
}

func (*logSource) uid(w *walker) string {
	if c := w.record.at(w.extractor.uid); c != nil {
		return w.own(idText(c.value, w.normalize))
	}
	return ""
}

func (s *logSource) content(h *content.Hash) {
	h.Byte(kindLog)
	trace, span := s.record.TraceID(), s.record.SpanID()
	h.ID(trace[:], 16)
	h.ID(span[:], 8)
	h.Number(uint64(s.record.SeverityNumber()))
	h.Text(s.record.SeverityText())
	h.Value(s.record.Body())
}

func (*logSource) thinned() bool { return false } // it has attributes for it, and nothing else

func (s *logSource) holds(c *condition) (bool, bool) {
	item := ottllog.NewTransformContext(s.resource, s.scope, s.record)
	defer item.Close()
	return holds(c.log, item)
}
