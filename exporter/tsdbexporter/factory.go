// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package tsdbexporter

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-usage/otelcol-usage/exporter/tsdbexporter/internal/metadata"
)

// NewFactory returns the factory of the tsdb exporter. The Collector makes one
// exporter for each id, however many pipelines name it.
func NewFactory() exporter.Factory {
	return exporter.NewFactory(
		metadata.Type,
		createDefaultConfig,
		exporter.WithMetrics(createMetrics, metadata.MetricsStability),
	)
}

func createMetrics(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Metrics, error) {
	config, ok := cfg.(*Config)
	if !ok {
		return nil, fmt.Errorf("configuration is a %T, not that of the tsdb exporter", cfg)
	}
	e, err := newExporter(config, set)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewMetrics(ctx, set, config, e.consume,
		exporterhelper.WithStart(e.start),
		exporterhelper.WithShutdown(e.shutdown),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{}), // an append cannot be interrupted
		exporterhelper.WithQueue(config.Queue),
		exporterhelper.WithRetry(config.Retry),
	)
}
