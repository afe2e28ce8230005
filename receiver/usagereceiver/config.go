// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Config is the configuration of the usage receiver.
type Config struct {
	// Ledger is the id of the usage_ledger extension that has the figures.
	// Default usage_ledger. It must be among service::extensions.
	Ledger component.ID `mapstructure:"ledger"`

	// Interval is the time between two collections. Default 60s. Whole minutes
	// are collected on whole minutes of the clock; figures are of whole minutes
	// anyway, and a minute is sent once.
	Interval time.Duration `mapstructure:"interval"`
}

// minInterval keeps a collection from following on the heels of another.
const minInterval = time.Second

var _ confmap.Validator = (*Config)(nil)

// Validate judges what can be judged without the other components.
func (c *Config) Validate() error {
	var errs []error
	if c.Ledger == (component.ID{}) {
		errs = append(errs, errors.New("ledger is empty: name the usage_ledger extension that has the figures, as in `ledger: usage_ledger`"))
	}
	if c.Interval < minInterval {
		errs = append(errs, fmt.Errorf("interval: %s is less than %s: write a duration like 60s", c.Interval, minInterval))
	}
	return errors.Join(errs...)
}
