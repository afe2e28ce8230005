// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageprocessor

import "go.opentelemetry.io/collector/component"

// Config is the configuration of the usage processor.
type Config struct {
	// Ledger is the id of the usage_ledger extension that counts the items.
	Ledger component.ID `mapstructure:"ledger"`
}
