// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/otelcol-usage/otelcol-usage/processor/usageprocessor/internal/metadata"
)

// NewFactory returns the factory of the usage processor.
func NewFactory() processor.Factory {
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithLogs(createLogs, metadata.LogsStability),
		processor.WithTraces(createTraces, metadata.TracesStability),
		processor.WithMetrics(createMetrics, metadata.MetricsStability),
	)
}

func createDefaultConfig() component.Config {
	return &Config{Ledger: component.MustNewID("usage_ledger")}
}

func createLogs(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Logs) (processor.Logs, error) {
	p := newUsageProcessor(set.ID, cfg.(*Config))
	return processorhelper.NewLogs(ctx, set, cfg, next, p.logs, p.options()...)
}

func createTraces(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Traces) (processor.Traces, error) {
	p := newUsageProcessor(set.ID, cfg.(*Config))
	return processorhelper.NewTraces(ctx, set, cfg, next, p.traces, p.options()...)
}

func createMetrics(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Metrics) (processor.Metrics, error) {
	p := newUsageProcessor(set.ID, cfg.(*Config))
	return processorhelper.NewMetrics(ctx, set, cfg, next, p.metrics, p.options()...)
}

// options says that the processor is started, and that it changes telemetry
// only to hide users: whoever need not change it lets pipelines share it.
func (p *usageProcessor) options() []processorhelper.Option {
	return []processorhelper.Option{
		processorhelper.WithStart(p.start),
		processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: p.config.Pseudonymize}),
	}
}
