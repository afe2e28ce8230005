// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"time"

	"go.opentelemetry.io/collector/component"
)

// Config is the configuration of the usage receiver.
type Config struct {
	// Ledger is the id of the usage_ledger extension that has the figures.
	Ledger component.ID `mapstructure:"ledger"`

	// Interval is the time between two collections. Default 60s.
	Interval time.Duration `mapstructure:"interval"`
}
