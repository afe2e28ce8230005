// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sealed

import (
	"crypto/rand"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var name = "usage.request." + rand.Text()

// Logs seals a request of logs. Its bytes are copied.
func Logs(r otlp.Request) plog.Logs {
	ld := plog.NewLogs()
	resource := ld.ResourceLogs().AppendEmpty()
	seal(resource.Resource(), r)
	resource.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	return ld
}

// Traces seals a request of traces. Its bytes are copied.
func Traces(r otlp.Request) ptrace.Traces {
	td := ptrace.NewTraces()
	resource := td.ResourceSpans().AppendEmpty()
	seal(resource.Resource(), r)
	resource.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	return td
}

// Metrics seals a request of metrics. Its bytes are copied.
func Metrics(r otlp.Request) pmetric.Metrics {
	md := pmetric.NewMetrics()
	resource := md.ResourceMetrics().AppendEmpty()
	seal(resource.Resource(), r)
	resource.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty()
	return md
}

// OfLogs returns the request that is sealed, if that is what this is. Its bytes must
// not be changed.
func OfLogs(ld plog.Logs) (otlp.Request, bool) {
	if ld.ResourceLogs().Len() != 1 {
		return otlp.Request{}, false
	}
	return open(usage.Logs, ld.ResourceLogs().At(0).Resource())
}

// OfTraces is OfLogs of traces.
func OfTraces(td ptrace.Traces) (otlp.Request, bool) {
	if td.ResourceSpans().Len() != 1 {
		return otlp.Request{}, false
	}
	return open(usage.Traces, td.ResourceSpans().At(0).Resource())
}

// OfMetrics is OfLogs of metrics.
func OfMetrics(md pmetric.Metrics) (otlp.Request, bool) {
	if md.ResourceMetrics().Len() != 1 {
		return otlp.Request{}, false
	}
	return open(usage.Metrics, md.ResourceMetrics().At(0).Resource())
}

func seal(resource pcommon.Resource, r otlp.Request) {
	resource.Attributes().PutStr(name, string(r.Bytes))
}

func open(signal usage.Signal, resource pcommon.Resource) (otlp.Request, bool) {
	v, found := resource.Attributes().Get(name)
	if !found {
		return otlp.Request{}, false
	}
	text := v.Str()
	return otlp.Request{Signal: signal, Bytes: unsafe.Slice(unsafe.StringData(text), len(text))}, true //nolint:gosec // who reads bytes of a request changes none
}
