// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

// Config is the configuration of the usage ledger.
type Config struct {
	// Directory holds the durable state. One process at a time may use it.
	Directory string `mapstructure:"directory"`
}
