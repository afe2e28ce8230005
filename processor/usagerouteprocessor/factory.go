// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-usage/otelcol-usage/internal/sealed"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/processor/usagerouteprocessor/internal/metadata"
)

// NewFactory returns the factory of the usage route processor.
func NewFactory() processor.Factory {
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithLogs(createLogs, metadata.LogsStability),
		processor.WithTraces(createTraces, metadata.TracesStability),
		processor.WithMetrics(createMetrics, metadata.MetricsStability),
	)
}

type (
	logsRouter    struct{ *router[plog.Logs] }
	tracesRouter  struct{ *router[ptrace.Traces] }
	metricsRouter struct{ *router[pmetric.Metrics] }
)

func (r logsRouter) ConsumeLogs(ctx context.Context, ld plog.Logs) error { return r.consume(ctx, ld) }

func (r tracesRouter) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	return r.consume(ctx, td)
}

func (r metricsRouter) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	return r.consume(ctx, md)
}

func createLogs(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Logs) (processor.Logs, error) {
	r, err := newRouter(set, cfg.(*Config), usage.Logs, next.ConsumeLogs)
	if err != nil {
		return nil, err
	}
	r.find, r.size, r.split, r.join = r.extractor.Logs, (&plog.ProtoMarshaler{}).LogsSize, splitLogs, joinLogs
	r.open, r.seal, r.decode = sealed.OfLogs, sealed.Logs, (&plog.ProtoUnmarshaler{}).UnmarshalLogs
	return logsRouter{r}, nil
}

func createTraces(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Traces) (processor.Traces, error) {
	r, err := newRouter(set, cfg.(*Config), usage.Traces, next.ConsumeTraces)
	if err != nil {
		return nil, err
	}
	r.find, r.size, r.split, r.join = r.extractor.Traces, (&ptrace.ProtoMarshaler{}).TracesSize, splitTraces, joinTraces
	r.open, r.seal, r.decode = sealed.OfTraces, sealed.Traces, (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces
	return tracesRouter{r}, nil
}

func createMetrics(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Metrics) (processor.Metrics, error) {
	r, err := newRouter(set, cfg.(*Config), usage.Metrics, next.ConsumeMetrics)
	if err != nil {
		return nil, err
	}
	r.find, r.size, r.split, r.join = r.extractor.Metrics, (&pmetric.ProtoMarshaler{}).MetricsSize, splitMetrics, joinMetrics
	r.open, r.seal, r.decode = sealed.OfMetrics, sealed.Metrics, (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics
	return metricsRouter{r}, nil
}
