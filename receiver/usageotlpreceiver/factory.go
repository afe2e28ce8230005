// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageotlpreceiver

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/otelcol-usage/otelcol-usage/receiver/usageotlpreceiver/internal/metadata"
)

// NewFactory returns the factory of the usage OTLP receiver.
func NewFactory() receiver.Factory {
	var f factory
	return receiver.NewFactory(
		metadata.Type,
		createDefaultConfig,
		receiver.WithLogs(f.createLogs, metadata.LogsStability),
		receiver.WithTraces(f.createTraces, metadata.TracesStability),
		receiver.WithMetrics(f.createMetrics, metadata.MetricsStability),
	)
}

// factory makes one receiver for all signals of a configuration: they share
// servers.
type factory struct {
	mu        sync.Mutex
	receivers map[*Config]*otlpReceiver
}

func (f *factory) of(set receiver.Settings, cfg component.Config) (*otlpReceiver, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	config := cfg.(*Config)
	if r := f.receivers[config]; r != nil {
		return r, nil
	}
	r, err := newReceiver(set, config, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.receivers, config)
	})
	if err != nil {
		return nil, err
	}
	if f.receivers == nil {
		f.receivers = map[*Config]*otlpReceiver{}
	}
	f.receivers[config] = r
	return r, nil
}

func (f *factory) createLogs(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	r, err := f.of(set, cfg)
	if err != nil {
		return nil, err
	}
	r.nextLogs = next
	return r, nil
}

func (f *factory) createTraces(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Traces) (receiver.Traces, error) {
	r, err := f.of(set, cfg)
	if err != nil {
		return nil, err
	}
	r.nextTraces = next
	return r, nil
}

func (f *factory) createMetrics(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
	r, err := f.of(set, cfg)
	if err != nil {
		return nil, err
	}
	r.nextMetrics = next
	return r, nil
}
