// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"

	"github.com/otelcol-usage/otelcol-usage/internal/demo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// shutdownTimeout bounds the last flush, for which the caller's context is no
// longer there.
const shutdownTimeout = 5 * time.Second

// senders are the SDKs of all organizations on one connection: an application
// names its organization on the resource, which an SDK has one of.
type senders struct {
	connection     *grpc.ClientConn
	byOrganization map[string]*sender
}

func (s *senders) send(ctx context.Context, e demo.Event) error {
	one := s.byOrganization[e.Organization]
	if one == nil {
		var err error
		if one, err = newSender(ctx, s.connection, e.Organization); err != nil {
			return err
		}
		s.byOrganization[e.Organization] = one
	}
	return one.send(ctx, e)
}

// flush returns once the collector has everything.
func (s *senders) flush(ctx context.Context) error {
	var errs []error
	for _, one := range s.byOrganization {
		if one.dirty {
			errs = append(errs, one.flush(ctx))
			one.dirty = false
		}
	}
	return errors.Join(errs...)
}

func (s *senders) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	var errs []error
	for _, one := range s.byOrganization {
		errs = append(errs, one.logs.Shutdown(ctx), one.traces.Shutdown(ctx), one.metrics.Shutdown(ctx))
	}
	return errors.Join(errs...)
}

// sender is the SDK of one organization's application.
type sender struct {
	logs    *sdklog.LoggerProvider
	traces  *sdktrace.TracerProvider
	metrics *sdkmetric.MeterProvider

	logger log.Logger
	tracer trace.Tracer
	meter  metric.Meter
	dirty  bool // something was sent since the last flush
}

func newSender(ctx context.Context, connection *grpc.ClientConn, organization string) (*sender, error) {
	logs, err := otlploggrpc.New(ctx, otlploggrpc.WithGRPCConn(connection))
	if err != nil {
		return nil, err
	}
	traces, err := otlptracegrpc.New(ctx, otlptracegrpc.WithGRPCConn(connection))
	if err != nil {
		return nil, err
	}
	metrics, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithGRPCConn(connection),
		otlpmetricgrpc.WithTemporalitySelector(sdkmetric.DeltaTemporalitySelector))
	if err != nil {
		return nil, err
	}
	attributes := []attribute.KeyValue{attribute.String("service.name", "demo")}
	if organization != "" {
		attributes = append(attributes, attribute.String("organization.id", organization))
	}
	whose := resource.NewSchemaless(attributes...)
	s := &sender{
		logs: sdklog.NewLoggerProvider(sdklog.WithResource(whose),
			sdklog.WithProcessor(sdklog.NewBatchProcessor(logs))),
		traces: sdktrace.NewTracerProvider(sdktrace.WithResource(whose), sdktrace.WithBatcher(traces),
			sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithIDGenerator(planned{})),
		metrics: sdkmetric.NewMeterProvider(sdkmetric.WithResource(whose),
			sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics))),
	}
	s.logger, s.tracer, s.meter = s.logs.Logger("demo"), s.traces.Tracer("demo"), s.metrics.Meter("demo")
	return s, nil
}

func (s *sender) flush(ctx context.Context) error {
	return errors.Join(s.logs.ForceFlush(ctx), s.traces.ForceFlush(ctx), s.metrics.ForceFlush(ctx))
}

func (s *sender) send(ctx context.Context, e demo.Event) error {
	s.dirty = true
	attributes := make([]attribute.KeyValue, 0, len(e.Attributes)+2)
	if e.User != "" {
		attributes = append(attributes, attribute.String("user.id", e.User))
	}
	for _, a := range e.Attributes {
		if a.Text != "" {
			attributes = append(attributes, attribute.String(a.Key, a.Text))
		} else {
			attributes = append(attributes, attribute.Float64(a.Key, a.Number))
		}
	}
	switch e.Signal {
	case usage.Traces:
		_, span := s.tracer.Start(context.WithValue(ctx, plannedKey{}, e), e.Action,
			trace.WithNewRoot(), trace.WithTimestamp(e.Began()),
			trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attributes...))
		span.End(trace.WithTimestamp(e.At))
	case usage.Metrics:
		counter, err := s.meter.Int64Counter(e.Action) // the SDK gives out the same one each time
		if err != nil {
			return err
		}
		counter.Add(ctx, e.Value, metric.WithAttributes(attributes...))
	default:
		var record log.Record
		record.SetEventName(e.Action)
		record.SetTimestamp(e.At)
		record.AddAttributes(append(attributes, attribute.String("log.record.uid", e.UID))...)
		s.logger.Emit(ctx, record)
	}
	return nil
}

// planned gives a span the ids of the event in its context, so that a span
// that is sent again is known again.
type planned struct{}

type plannedKey struct{}

// NewIDs implements sdktrace.IDGenerator.
func (planned) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	e, _ := ctx.Value(plannedKey{}).(demo.Event)
	return e.SpanIDs()
}

// NewSpanID implements sdktrace.IDGenerator; all spans are roots.
func (planned) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	e, _ := ctx.Value(plannedKey{}).(demo.Event)
	_, id := e.SpanIDs()
	return id
}
