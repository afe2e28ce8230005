// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func newCatalogueCommand() *cobra.Command {
	return newGroup("catalogue", "Work with the catalogue of organizations", newCatalogueCheckCommand())
}

func newCatalogueCheckCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a catalogue before the ledger reads it",
		Long: `Checks an organizations.yaml as the ledger does when it starts or reloads:
unknown keys, zones that do not exist, ids that occur twice, prices that are no
decimals, terms that do not fit. With the collector's configuration also
whether its meters keep the windows that quotas are on. All errors are printed
with their lines; a catalogue is good as a whole or not used at all.`,
		Example: "  usagectl catalogue check config/organizations.yaml --config config/default.yaml",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			meters, err := metersOf(config)
			if err != nil {
				return err
			}
			c, err := catalogue.Load(args[0], meters)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: good, %d organizations\n", args[0], c.Len())
			return err
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "collector configuration with the meters that quotas are on (default: quotas are not held against meters)")
	return cmd
}

// metersOf returns the meters of a collector's configuration, nil without one.
func metersOf(config string) ([]usage.Meter, error) {
	if config == "" {
		return nil, nil
	}
	c, err := definition.FromCollectorConfig(config)
	if err != nil {
		return nil, err
	}
	x, err := c.Extraction()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", config, err)
	}
	return x.Meters, nil
}
