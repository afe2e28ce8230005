// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package attach finds the ledger that a component names in its configuration,
// and counts with it.
//
// Processor and receivers live by a ledger that runs as an extension. The
// Collector does not check such a reference when it validates a configuration,
// so it is checked, and told of clearly, when a component starts. What comes in
// by a [Counter] is counted alike, whichever door it takes.
package attach

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Ledger returns the extension of the host with the given id. An error names
// path, where the configuration says the id, and the remedy.
func Ledger(host component.Host, path string, id component.ID) (usage.Ledger, error) {
	extensions := host.GetExtensions()
	extension, found := extensions[id]
	if !found {
		return nil, fmt.Errorf("%s: no extension %q runs: add it to service::extensions and configure it under extensions, or name one of those that run (%s)",
			path, id, ids(extensions))
	}
	ledger, ok := extension.(usage.Ledger)
	if !ok {
		return nil, fmt.Errorf("%s: extension %q is no ledger: name an extension of type usage_ledger; those that run are %s",
			path, id, ids(extensions))
	}
	return ledger, nil
}

// Catalogue returns what tells the catalogue in force of the ledger with the
// given id, nil where it has none. An error is as of Ledger.
func Catalogue(host component.Host, path string, id component.ID) (func() *catalogue.Catalogue, error) {
	ledger, err := Ledger(host, path, id)
	if err != nil {
		return nil, err
	}
	lister, ok := ledger.(interface{ Catalogue() *catalogue.Catalogue })
	if !ok {
		return nil, fmt.Errorf("%s: extension %q has no catalogue: name an extension of type usage_ledger", path, id)
	}
	return lister.Catalogue, nil
}

func ids(extensions map[component.ID]component.Component) string {
	if len(extensions) == 0 {
		return "none"
	}
	var names []string
	for id := range maps.Keys(extensions) {
		names = append(names, id.String())
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
