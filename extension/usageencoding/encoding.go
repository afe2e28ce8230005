// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageencoding

import (
	"math"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/sealed"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// encoding is what receivers and exporters ask extensions of encodings for.
type encoding struct {
	component.StartFunc
	component.ShutdownFunc
}

var (
	_ plog.Unmarshaler    = (*encoding)(nil)
	_ ptrace.Unmarshaler  = (*encoding)(nil)
	_ pmetric.Unmarshaler = (*encoding)(nil)
	_ plog.Marshaler      = (*encoding)(nil)
	_ ptrace.Marshaler    = (*encoding)(nil)
	_ pmetric.Marshaler   = (*encoding)(nil)
)

// unbounded is what is asked of a message: who has sent it bounded what was let in, a
// broker bounds its bytes, and a message that is refused here is lost.
var unbounded = otlp.Limits{Elements: math.MaxInt, Nesting: math.MaxInt}

// UnmarshalLogs hands a request of logs on.
func (*encoding) UnmarshalLogs(message []byte) (plog.Logs, error) {
	return unmarshal(usage.Logs, message, sealed.Logs)
}

// UnmarshalTraces hands a request of traces on.
func (*encoding) UnmarshalTraces(message []byte) (ptrace.Traces, error) {
	return unmarshal(usage.Traces, message, sealed.Traces)
}

// UnmarshalMetrics hands a request of metrics on.
func (*encoding) UnmarshalMetrics(message []byte) (pmetric.Metrics, error) {
	return unmarshal(usage.Metrics, message, sealed.Metrics)
}

func unmarshal[T any](signal usage.Signal, message []byte, seal func(otlp.Request) T) (t T, err error) {
	request, err := otlp.Check(signal, message, unbounded)
	if err != nil {
		return t, err
	}
	return seal(request), nil
}

// MarshalLogs returns the request that is handed on, or telemetry as one.
func (*encoding) MarshalLogs(ld plog.Logs) ([]byte, error) {
	if r, is := sealed.OfLogs(ld); is {
		return r.Bytes, nil
	}
	return (&plog.ProtoMarshaler{}).MarshalLogs(ld)
}

// MarshalTraces is MarshalLogs of traces.
func (*encoding) MarshalTraces(td ptrace.Traces) ([]byte, error) {
	if r, is := sealed.OfTraces(td); is {
		return r.Bytes, nil
	}
	return (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
}

// MarshalMetrics is MarshalLogs of metrics.
func (*encoding) MarshalMetrics(md pmetric.Metrics) ([]byte, error) {
	if r, is := sealed.OfMetrics(md); is {
		return r.Bytes, nil
	}
	return (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
}
