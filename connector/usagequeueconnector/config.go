// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagequeueconnector

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
)

// Config is the configuration of the connector.
type Config struct {
	// Directory holds the requests that wait. It belongs to one connector of one
	// process. Default ./data/queue.
	Directory string `mapstructure:"directory"`

	// MaxBytes bounds what the requests take on disk, in whole blocks of 4 KiB.
	// Beyond it the oldest are given up. Default 4 GiB.
	MaxBytes int64 `mapstructure:"max_bytes"`

	// MaxInterval is the longest pause between two attempts while the store is
	// away. The first one is a second, each further one twice as long. Default 30s.
	MaxInterval time.Duration `mapstructure:"max_interval"`
}

func createDefaultConfig() component.Config {
	return &Config{Directory: "./data/queue", MaxBytes: 4 << 30, MaxInterval: 30 * time.Second}
}

// Validate judges the configuration.
func (c *Config) Validate() error {
	var errs []error
	if c.Directory == "" {
		errs = append(errs, errors.New(`directory: "": name a directory, as ./data/queue`))
	}
	if c.MaxBytes < minBytes {
		errs = append(errs, fmt.Errorf("max_bytes: %d: name at least %d, as 4294967296 for 4 GiB", c.MaxBytes, minBytes))
	}
	if c.MaxInterval < firstPause {
		errs = append(errs, fmt.Errorf("max_interval: %s: name at least %s, as 30s", c.MaxInterval, firstPause))
	}
	return errors.Join(errs...)
}

// minBytes is what MaxBytes is at least: sixteen blocks.
const minBytes = 16 * block
