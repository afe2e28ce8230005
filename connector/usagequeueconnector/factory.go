// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagequeueconnector

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"

	"github.com/otelcol-usage/otelcol-usage/connector/usagequeueconnector/internal/metadata"
)

// NewFactory returns the factory of the usage queue connector.
func NewFactory() connector.Factory {
	return connector.NewFactory(
		metadata.Type,
		createDefaultConfig,
		connector.WithMetricsToMetrics(createMetricsToMetrics, metadata.MetricsToMetricsStability),
	)
}

func createMetricsToMetrics(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics) (connector.Metrics, error) {
	config, ok := cfg.(*Config)
	if !ok {
		return nil, fmt.Errorf("configuration is a %T, not that of the usage queue connector", cfg)
	}
	return newConnector(set, config, next)
}
