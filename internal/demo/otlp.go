// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"encoding/binary"
	"io"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// writeRequests writes events as OTLP/JSON, a line for each signal, with a
// resource for each organization.
func writeRequests(w io.Writer, events []Event) error {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b Event) int {
		if a.Signal != b.Signal {
			return int(a.Signal) - int(b.Signal)
		}
		return compareOrganizations(a, b)
	})
	for len(events) > 0 {
		n := slices.IndexFunc(events, func(e Event) bool { return e.Signal != events[0].Signal })
		if n < 0 {
			n = len(events)
		}
		line, err := marshal(events[:n])
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

func compareOrganizations(a, b Event) int {
	switch {
	case a.Organization < b.Organization:
		return -1
	case a.Organization > b.Organization:
		return 1
	}
	return 0
}

// marshal writes events of one signal, ordered by organization, as one
// request.
func marshal(events []Event) ([]byte, error) {
	switch events[0].Signal {
	case usage.Traces:
		return (&ptrace.JSONMarshaler{}).MarshalTraces(traces(events))
	case usage.Metrics:
		return (&pmetric.JSONMarshaler{}).MarshalMetrics(metrics(events))
	default:
		return (&plog.JSONMarshaler{}).MarshalLogs(logs(events))
	}
}

func logs(events []Event) plog.Logs {
	request := plog.NewLogs()
	var records plog.LogRecordSlice
	for i, e := range events {
		if i == 0 || e.Organization != events[i-1].Organization {
			resource := request.ResourceLogs().AppendEmpty()
			describe(resource.Resource(), e)
			records = resource.ScopeLogs().AppendEmpty().LogRecords()
		}
		record := records.AppendEmpty()
		record.SetTimestamp(pcommon.NewTimestampFromTime(e.At))
		record.SetEventName(e.Action)
		fill(record.Attributes(), e)
		record.Attributes().PutStr("log.record.uid", e.UID)
	}
	return request
}

func traces(events []Event) ptrace.Traces {
	request := ptrace.NewTraces()
	var spans ptrace.SpanSlice
	for i, e := range events {
		if i == 0 || e.Organization != events[i-1].Organization {
			resource := request.ResourceSpans().AppendEmpty()
			describe(resource.Resource(), e)
			spans = resource.ScopeSpans().AppendEmpty().Spans()
		}
		span := spans.AppendEmpty()
		trace, id := e.SpanIDs()
		span.SetTraceID(trace)
		span.SetSpanID(id)
		span.SetName(e.Action)
		span.SetKind(ptrace.SpanKindConsumer)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(e.Began()))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(e.At))
		fill(span.Attributes(), e)
	}
	return request
}

func metrics(events []Event) pmetric.Metrics {
	request := pmetric.NewMetrics()
	var points pmetric.NumberDataPointSlice
	for i, e := range events {
		if i == 0 || e.Organization != events[i-1].Organization {
			resource := request.ResourceMetrics().AppendEmpty()
			describe(resource.Resource(), e)
			metric := resource.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
			metric.SetName(e.Action)
			sum := metric.SetEmptySum()
			sum.SetIsMonotonic(true)
			sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
			points = sum.DataPoints()
		}
		point := points.AppendEmpty()
		point.SetStartTimestamp(pcommon.NewTimestampFromTime(e.At.Add(-15 * time.Minute)))
		point.SetTimestamp(pcommon.NewTimestampFromTime(e.At))
		point.SetIntValue(e.Value)
		fill(point.Attributes(), e)
	}
	return request
}

// describe says whose telemetry a resource is.
func describe(resource pcommon.Resource, e Event) {
	resource.Attributes().PutStr("service.name", "demo")
	if e.Organization != "" {
		resource.Attributes().PutStr("organization.id", e.Organization)
	}
}

func fill(attributes pcommon.Map, e Event) {
	attributes.EnsureCapacity(len(e.Attributes) + 2)
	if e.User != "" {
		attributes.PutStr("user.id", e.User)
	}
	for _, a := range e.Attributes {
		if a.Text != "" {
			attributes.PutStr(a.Key, a.Text)
		} else {
			attributes.PutDouble(a.Key, a.Number)
		}
	}
}

// SpanIDs returns the ids of the event's span; a span has no other uid.
func (e *Event) SpanIDs() (trace [16]byte, span [8]byte) {
	copy(trace[:], e.UID[10:])
	binary.BigEndian.PutUint64(span[:], mix(binary.LittleEndian.Uint64(trace[:8])^binary.LittleEndian.Uint64(trace[8:])))
	return trace, span
}

// Began is when the work began that the event is the end of.
func (e *Event) Began() time.Time {
	for _, a := range e.Attributes {
		if a.Key == "transcription.minutes" {
			return e.At.Add(-time.Duration(a.Number * float64(time.Minute) / 8))
		}
	}
	return e.At
}
