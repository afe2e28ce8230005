// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func newCatalogueCommand() *cobra.Command {
	return newGroup("catalogue", "Work with the catalogue of organizations", newCatalogueCheckCommand(), newCatalogueAcceptCommand())
}

func newCatalogueCheckCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a catalogue before the ledger reads it",
		Long: `Checks an organizations.yaml as the ledger does when it starts or reloads:
unknown keys, zones that do not exist, ids that occur twice in any spelling that
identity::normalize makes one (trim, where the configuration says nothing), prices that are no
decimals, terms that do not fit. With the collector's configuration also
whether its meters keep the windows that quotas are on. All errors are printed
with their lines; a catalogue is good as a whole or not used at all.`,
		Example: "  usagectl catalogue check config/organizations.yaml --config config/default.yaml",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			x, err := extractionOf(config)
			if err != nil {
				return err
			}
			c, err := catalogue.Load(args[0], x.Meters)
			if err == nil {
				c, err = c.Spelled(identity.RuleOf(&x))
			}
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

func newCatalogueAcceptCommand() *cobra.Command {
	var api apiClient
	cmd := &cobra.Command{
		Use:   "accept",
		Short: "Accept a catalogue that has lost many organizations",
		Long: `Puts the catalogue's file in force that a running ledger refuses because many of
the organizations in force are gone from it (catalogue_max_loss, a fifth unless
configured). The file has to be good otherwise. See why it is refused before, in
the log or on the overview page: a list that was cut short takes the quotas,
prices and receivers of those that it lacks with it. Needs a principal with role
admin of all organizations.`,
		Example: "  usagectl catalogue accept",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var accepted struct{ Organizations int }
			if err := api.call(cmd.Context(), http.MethodPost, "catalogue/accept", &accepted); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "in force, with %d organizations\n", accepted.Organizations)
			return err
		},
	}
	api.flags(cmd)
	return cmd
}

// extractionOf returns what a collector's configuration says of meters and ids.
// Without one there are no meters, and ids are as with a new ledger.
func extractionOf(config string) (x usage.Extraction, err error) {
	x.Placeholders = identity.DefaultPlaceholders()
	if config != "" {
		c, err := definition.FromCollectorConfig(config)
		if err != nil {
			return x, err
		}
		if x, err = c.Extraction(); err != nil {
			return x, fmt.Errorf("%s: %w", config, err)
		}
	}
	if len(x.Spellings) == 0 {
		x.Spellings = usage.Spellings{{Normalize: usage.Trim}}
	}
	return x, nil
}
