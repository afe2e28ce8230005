// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

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
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// of is the resource of an organization's application.
func of(organization string) *resource.Resource {
	return resource.NewSchemaless(attribute.String("organization.id", organization))
}

func user(id string) attribute.KeyValue { return attribute.String("user.id", id) }

// sendLogs sends two learners' course visits, one of them twice.
func sendLogs(t *testing.T, organization string, exporter sdklog.Exporter) {
	t.Helper()
	provider := sdklog.NewLoggerProvider(sdklog.WithResource(of(organization)), sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
	logger := provider.Logger("sdk")
	for _, id := range []string{"ada", "bob", "ada"} {
		var record log.Record
		record.SetEventName("course.accessed")
		record.SetTimestamp(time.Now())
		record.AddAttributes(user(id), attribute.String("user.status", "active"), attribute.String("log.record.uid", rand.Text()))
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

// sendMetrics sends five calls as a counter.
func sendMetrics(t *testing.T, organization string, exporter sdkmetric.Exporter) {
	t.Helper()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(of(organization)), sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)))
	calls, err := provider.Meter("sdk").Int64Counter("api.calls")
	require.NoError(t, err)
	calls.Add(t.Context(), 2)
	calls.Add(t.Context(), 3, metric.WithAttributes(attribute.String("http.route", "/jobs")))
	require.NoError(t, provider.Shutdown(t.Context()))
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
func send(t *testing.T, c *collector) {
	t.Helper()
	delta := sdkmetric.DeltaTemporalitySelector
	sendLogs(t, "by-grpc", made(t, func(ctx context.Context) (*otlploggrpc.Exporter, error) {
		return otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(c.grpc), otlploggrpc.WithInsecure())
	}))
	sendLogs(t, "by-http", made(t, func(ctx context.Context) (*otlploghttp.Exporter, error) {
		return otlploghttp.New(ctx, otlploghttp.WithEndpoint(c.http), otlploghttp.WithInsecure())
	}))
	sendTraces(t, "by-grpc", made(t, func(ctx context.Context) (sdktrace.SpanExporter, error) {
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(c.grpc), otlptracegrpc.WithInsecure())
	}))
	sendTraces(t, "by-http", made(t, func(ctx context.Context) (sdktrace.SpanExporter, error) {
		return otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(c.http), otlptracehttp.WithInsecure())
	}))
	sendMetrics(t, "by-grpc", made(t, func(ctx context.Context) (*otlpmetricgrpc.Exporter, error) {
		return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(c.grpc), otlpmetricgrpc.WithInsecure(), otlpmetricgrpc.WithTemporalitySelector(delta))
	}))
	sendMetrics(t, "by-http", made(t, func(ctx context.Context) (*otlpmetrichttp.Exporter, error) {
		return otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpoint(c.http), otlpmetrichttp.WithInsecure(), otlpmetrichttp.WithTemporalitySelector(delta))
	}))
	sendMetrics(t, "cumulative", made(t, func(ctx context.Context) (*otlpmetricgrpc.Exporter, error) {
		return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(c.grpc), otlpmetricgrpc.WithInsecure())
	}))
}

func TestTheGoSDKIsCounted(t *testing.T) {
	c := start(t)
	send(t, c)
	c.eventually(t, map[string]float64{
		"by-grpc logs counted":       3,
		"by-grpc traces counted":     2,
		"by-grpc traces unmatched":   1,
		"by-grpc metrics counted":    2,
		"by-http logs counted":       3,
		"by-http traces counted":     2,
		"by-http traces unmatched":   1,
		"by-http metrics counted":    2,
		"cumulative metrics invalid": 2,
	}, `usage_items_total > 0`, "organization", "signal", "outcome")
	c.eventually(t, map[string]float64{"by-grpc": 2, "by-http": 2, "cumulative": 0},
		`usage_active_users{meter="active_learners",window="30d"}`, "organization")
	c.eventually(t, map[string]float64{
		"by-grpc transcription_minutes": 12.5, "by-grpc documents": 1, "by-grpc api_calls": 5,
		"by-http transcription_minutes": 12.5, "by-http documents": 1, "by-http api_calls": 5,
	}, `usage_consumption_total > 0`, "organization", "meter")
}
