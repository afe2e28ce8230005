// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package tsdbexporter

// Config is the configuration of the tsdb exporter.
type Config struct {
	// Directory holds the blocks and the write-ahead log of the store.
	Directory string `mapstructure:"directory"`
}
