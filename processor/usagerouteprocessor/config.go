// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Config is the configuration of the processor. One of Map and ResourceAttribute
// is needed.
type Config struct {
	// Map is the file that says which shard counts which organization, the same
	// as the shards read. It is reloaded when it changes. Parts, one for each shard,
	// are sent on one by one, with the metadata usage-topic, usage-organization and
	// usage-map.
	Map string `mapstructure:"map"`

	// ResourceAttribute is the attribute of resources that a part's organization
	// is written to, for exporters that balance by it. Parts are sent on together.
	ResourceAttribute string `mapstructure:"resource_attribute"`

	// Identity is that of the ledgers, as they write it; what it says of users is
	// of no effect here. Normalize defaults to trim, as of a new ledger.
	Identity definition.Identity `mapstructure:"identity"`

	// MaxBytes bounds a part that is sent on by itself: a broker refuses messages
	// beyond its message.max.bytes, which is about 1 MB where nothing else is
	// configured. Default 900000.
	MaxBytes int `mapstructure:"max_bytes"`
}

func createDefaultConfig() component.Config {
	config := &Config{Identity: definition.Default().Identity, MaxBytes: 900_000}
	config.Identity.Normalize = usage.Trim.String()
	return config
}

// Validate judges the configuration, and the map as it is now.
func (c *Config) Validate() error {
	var errs []error
	switch {
	case c.Map == "" && c.ResourceAttribute == "":
		errs = append(errs, errors.New(`map: "": name the file that says which shard counts which organization, or resource_attribute for a load balancer without one`))
	case c.Map != "" && c.ResourceAttribute != "":
		errs = append(errs, fmt.Errorf("resource_attribute: %q: parts go where map says: remove one of them", c.ResourceAttribute))
	case c.Map != "":
		if _, err := shard.Load(c.Map, "", identity.Rule{}, zap.NewNop()); err != nil {
			errs = append(errs, fmt.Errorf("map: %w", err))
		}
	}
	if c.MaxBytes < 1 {
		errs = append(errs, fmt.Errorf("max_bytes: %d: name how many bytes a message may have, as 900000", c.MaxBytes))
	}
	if len(c.Identity.Organization) == 0 {
		errs = append(errs, errors.New("identity::organization: []: name an attribute, as organization.id"))
	}
	if _, err := usage.ParseNormalization(c.Identity.Normalize); err != nil {
		errs = append(errs, fmt.Errorf("identity::normalize: %w", err))
	}
	return errors.Join(errs...)
}

// extraction is what finds organizations as the ledgers do. It has no meters:
// whatever an item is, it goes where its organization is.
func (c *Config) extraction() (usage.Extraction, error) {
	normalize, err := usage.ParseNormalization(c.Identity.Normalize)
	return usage.Extraction{
		Organization:     c.Identity.Organization,
		BindOrganization: c.Identity.BindOrganization,
		Placeholders:     c.Identity.Placeholders,
		Spellings:        usage.Spellings{{Normalize: normalize}},
	}, err
}
