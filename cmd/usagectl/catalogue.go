// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
)

func newCatalogueCommand() *cobra.Command {
	return newGroup("catalogue", "Work with the catalogue of organizations", newCatalogueCheckCommand())
}

func newCatalogueCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a catalogue before the ledger reads it",
		Long: `Checks an organizations.yaml as the ledger does when it starts or reloads:
unknown keys, zones that do not exist, ids that occur twice. All errors are
printed with their lines; a catalogue is good as a whole or not used at all.`,
		Example: "  usagectl catalogue check config/organizations.yaml",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := catalogue.Load(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: good, %d organizations\n", args[0], c.Len())
			return err
		},
	}
}
