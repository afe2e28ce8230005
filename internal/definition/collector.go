// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package definition

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
)

// componentType is the type of the ledger extension in a collector's
// configuration.
const componentType = "usage_ledger"

// others are the parts of the extension's configuration that are not ours.
var others = []string{"api", "reports"}

// FromMap decodes the ledger extension's section of a configuration, others
// ignored, over the defaults. The result is not checked.
func FromMap(section map[string]any) (*Config, error) {
	section = maps.Clone(section)
	for _, key := range others {
		delete(section, key)
	}
	c := Default()
	if err := confmap.NewFromStringMap(section).Unmarshal(&c); err != nil {
		return nil, fmt.Errorf("%s: %w", componentType, err)
	}
	return &c, nil
}

// FromCollectorConfig reads the ledger extension's section out of a
// collector's YAML file, with environment variables expanded as the collector
// does, and with further files laid over the first one. The result is checked.
func FromCollectorConfig(paths ...string) (*Config, error) {
	path := strings.Join(paths, " + ")
	section, err := extensionSection(paths)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c, err := FromMap(section)
	if err != nil {
		return nil, fmt.Errorf("%s: extensions: %w", path, err)
	}
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("%s: extensions::%s:\n%w", path, componentType, err)
	}
	return c, nil
}

// extensionSection returns what stands under the only usage_ledger extension.
func extensionSection(paths []string) (map[string]any, error) {
	var locations []string
	for _, path := range paths {
		locations = append(locations, "file:"+path)
	}
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              locations,
		ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory(), envprovider.NewFactory()},
		DefaultScheme:     "env",
	})
	if err != nil {
		return nil, err
	}
	conf, err := resolver.Resolve(context.Background())
	if err != nil {
		return nil, err
	}
	extensions, err := conf.Sub("extensions")
	if err != nil {
		return nil, err
	}
	var found []string
	sections := extensions.ToStringMap()
	for id := range sections {
		if kind, _, _ := strings.Cut(id, "/"); strings.TrimSpace(kind) == componentType {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		slices.Sort(found)
		return nil, fmt.Errorf("extensions: %d of type %s %q: one is needed", len(found), componentType, found)
	}
	section, isMap := sections[found[0]].(map[string]any)
	if !isMap && sections[found[0]] != nil {
		return nil, fmt.Errorf("extensions::%s: not a map of settings", found[0])
	}
	return section, nil
}
