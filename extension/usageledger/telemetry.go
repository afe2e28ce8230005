// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-usage/otelcol-usage/extension/usageledger/internal/metadata"
)

// observe offers the states of ledger and catalogue to the collector's own
// telemetry.
func (e *ledgerExtension) observe() error {
	t, err := metadata.NewTelemetryBuilder(e.set)
	if err != nil {
		return fmt.Errorf("own telemetry: %w", err)
	}
	e.telemetry = t
	return errors.Join(
		t.RegisterUsageLedgerReadyCallback(gauge(func() int64 { return truth(e.ready() == nil) })),
		t.RegisterUsageCatalogueValidCallback(gauge(func() int64 {
			_, state := e.catalogue.current()
			return truth(state.Err == nil)
		})),
		t.RegisterUsageCatalogueOrganizationsCallback(gauge(func() int64 {
			c, _ := e.catalogue.current()
			return int64(c.Len())
		})),
	)
}

func gauge(value func() int64) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(value())
		return nil
	}
}

func truth(holds bool) int64 {
	if holds {
		return 1
	}
	return 0
}
