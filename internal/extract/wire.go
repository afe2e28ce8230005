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

	"github.com/otelcol-usage/otelcol-usage/internal/content"
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
	for resource := range r.Resources() {
		w.wireResource(resource)
		w.wire.at.resource++
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

func (w *walker) wireResource(b []byte) {
	attributes, scopes := otlp.Resource(b)
	w.wire.resource = wireMap{attributes}
	w.atResource(&w.wire.resource)
	w.wire.at.scope = 0
	for scope := range scopes {
		w.wireScope(scope)
		w.wire.at.scope++
	}
}

func (w *walker) wireScope(b []byte) {
	name, version, attributes, records := otlp.Scope(b)
	w.wire.scope = wireMap{attributes}
	w.atScope(borrow(name), borrow(version), &w.wire.scope)
	w.wire.at.record = 0
	for record := range records {
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

// borrow is bytes of the request as a string, for as long as the walker is at
// it. What stays in the batch is the walker's own.
func borrow(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // nothing changes the bytes meanwhile
}

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

// wireMap is attributes that are bytes.
type wireMap struct{ otlp.Attributes }

func (m *wireMap) scan(l *level, wanted *wants) {
	for key, v := range m.All() {
		class := wanted[min(len(key), maxNameLength)]
		for i := range class {
			if w := &class[i]; w.name == string(key) {
				l.enter(w, wireValue(v))
				break
			}
		}
	}
}

func (m *wireMap) get(name string) (value, bool) {
	for key, v := range m.All() {
		if string(key) == name {
			return wireValue(v), true
		}
	}
	return value{}, false
}

func (m *wireMap) says() bool {
	for key, v := range m.All() {
		if sampled := samplingAttributes[string(key)]; sampled != nil && sampled(wireValue(v)) {
			return true
		}
	}
	return false
}

func (m *wireMap) hash(h *content.Hash) { h.Attributes(m.Attributes) }

// wireValue is the value of an attribute.
func wireValue(b []byte) value {
	v := otlp.AnyOf(b)
	if v.Kind == otlp.String {
		return value{kind: pcommon.ValueTypeStr, text: borrow(v.Bytes)}
	}
	return value{kind: pcommon.ValueType(v.Kind), bits: v.Bits}
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
