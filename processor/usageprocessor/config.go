// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageprocessor

import (
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Config is the configuration of the usage processor.
type Config struct {
	// Ledger is the id of the usage_ledger extension that counts the items.
	// Default usage_ledger. It must be among service::extensions.
	Ledger component.ID `mapstructure:"ledger"`

	// Pseudonymize replaces the user ids in the telemetry by keyed pseudonyms
	// once they are counted, so that nothing behind this processor sees them.
	// Default false: the telemetry passes on unchanged. The pseudonyms are the
	// ledger's, one key per organization.
	Pseudonymize bool `mapstructure:"pseudonymize"`
}

var _ confmap.Validator = (*Config)(nil)

// Validate judges what can be judged without the other components.
func (c *Config) Validate() error {
	if c.Ledger == (component.ID{}) {
		return errors.New("ledger is empty: name the usage_ledger extension that counts, as in `ledger: usage_ledger`")
	}
	return nil
}
