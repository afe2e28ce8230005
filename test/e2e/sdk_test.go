// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// of is the resource of an organization's application.
func of(organization string) *resource.Resource {
	return resource.NewSchemaless(attribute.String("organization.id", organization))
}

func user(id string) attribute.KeyValue { return attribute.String("user.id", id) }

// sendLogs sends two learners' course visits, one of them twice, and three
// operators at work, one of whom leaves.
func sendLogs(t *testing.T, organization string, exporter sdklog.Exporter) {
	t.Helper()
	provider := sdklog.NewLoggerProvider(sdklog.WithResource(of(organization)), sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
	logger := provider.Logger("sdk")
	for _, did := range []struct{ user, action string }{
		{"ada", "course.accessed"}, {"bob", "course.accessed"}, {"ada", "course.accessed"},
		{"tom", "task.finished"}, {"kim", "task.finished"}, {"lee", "task.finished"}, {"lee", "user.logoff"},
	} {
		var record log.Record
		record.SetEventName(did.action)
		record.SetTimestamp(time.Now())
		record.AddAttributes(user(did.user), attribute.String("user.status", "active"), attribute.String("log.record.uid", rand.Text()))
		logger.Emit(t.Context(), record)
	}
	require.NoError(t, provider.Shutdown(t.Context()))
}

// sendTraces sends a transcription as a span, and a document as an event of a
// span that is nobody's.
func sendTraces(t *testing.T, organization string, exporter sdktrace.SpanExporter) {
	t.Helper()
	provider := sdktrace.NewTracerProvider(sdktrace.WithResource(of(organization)), sdktrace.WithBatcher(exporter))
	tracer := provider.Tracer("sdk")
	_, span := tracer.Start(t.Context(), "transcription.finished", trace.WithAttributes(
		user("ada"), attribute.Float64("transcription.minutes", 12.5)))
	span.End()
	_, span = tracer.Start(t.Context(), "POST /documents")
	span.AddEvent("document.created", trace.WithAttributes(user("ada")))
	span.End()
	require.NoError(t, provider.Shutdown(t.Context()))
}

// sendMetrics sends five calls as a counter, and returns what the SDK was told.
func sendMetrics(t *testing.T, organization string, exporter sdkmetric.Exporter) error {
	t.Helper()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(of(organization)), sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)))
	calls, err := provider.Meter("sdk").Int64Counter("api.calls")
	require.NoError(t, err)
	calls.Add(t.Context(), 2)
	calls.Add(t.Context(), 3, metric.WithAttributes(attribute.String("http.route", "/jobs")))
	return provider.Shutdown(t.Context())
}

// made returns an exporter or ends the test.
func made[E any](t *testing.T, open func(context.Context) (E, error)) E {
	t.Helper()
	exporter, err := open(t.Context())
	require.NoError(t, err)
	return exporter
}

// send sends every signal over gRPC for one organization and over HTTP for
// another, and a counter that nobody made a delta for a third.
func send(t *testing.T, c *collector.Collector) {
	t.Helper()
	delta := sdkmetric.DeltaTemporalitySelector
	sendLogs(t, "by-grpc", made(t, func(ctx context.Context) (*otlploggrpc.Exporter, error) {
		return otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(c.GRPC), otlploggrpc.WithInsecure())
	}))
	sendLogs(t, "by-http", made(t, func(ctx context.Context) (*otlploghttp.Exporter, error) {
		return otlploghttp.New(ctx, otlploghttp.WithEndpoint(c.HTTP), otlploghttp.WithInsecure())
	}))
	sendTraces(t, "by-grpc", made(t, func(ctx context.Context) (sdktrace.SpanExporter, error) {
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(c.GRPC), otlptracegrpc.WithInsecure())
	}))
	sendTraces(t, "by-http", made(t, func(ctx context.Context) (sdktrace.SpanExporter, error) {
		return otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(c.HTTP), otlptracehttp.WithInsecure())
	}))
	require.NoError(t, sendMetrics(t, "by-grpc", made(t, func(ctx context.Context) (*otlpmetricgrpc.Exporter, error) {
		return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(c.GRPC), otlpmetricgrpc.WithInsecure(), otlpmetricgrpc.WithTemporalitySelector(delta))
	})))
	require.NoError(t, sendMetrics(t, "by-http", made(t, func(ctx context.Context) (*otlpmetrichttp.Exporter, error) {
		return otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpoint(c.HTTP), otlpmetrichttp.WithInsecure(), otlpmetrichttp.WithTemporalitySelector(delta))
	})))
	err := sendMetrics(t, "cumulative", made(t, func(ctx context.Context) (*otlpmetricgrpc.Exporter, error) {
		return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(c.GRPC), otlpmetricgrpc.WithInsecure())
	}))
	require.ErrorContains(t, err, "2 of 2 items were not counted: 2 invalid (not_a_delta_sum)")
}
