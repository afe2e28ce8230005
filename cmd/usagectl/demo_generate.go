// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/demo"
)

func newDemoGenerateCommand() *cobra.Command {
	var (
		out    string
		until  instant
		months int
		seed   uint64
	)
	cmd := &cobra.Command{
		Use:   "generate --out DIR",
		Short: "Write a history as OTLP/JSON lines",
		Long: `Writes the history of six organizations in five time zones as OTLP/JSON, a line
for each request and a file for each month, to be read by ` + "`usagectl replay`" + `.
The same seed, months and end give the same bytes.`,
		Example: `  usagectl demo generate --out data/demo/history
  usagectl demo generate --out /tmp/history --until 2026-10-01 --months 3 --seed 7`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return wrongUsage{errors.New("--out is missing: name a directory for the files")}
			}
			if months < 1 {
				return wrongUsage{fmt.Errorf("--months %d: use 1 or more", months)}
			}
			plan := demo.NewPlan(seed, months, until.or(time.Now()))
			line := statusLine{w: cmd.ErrOrStderr()}
			n, err := plan.WriteHistory(out, func(day time.Time, events int) {
				line.set(fmt.Sprintf("%s  %d items", day.Format(time.DateOnly), events))
			})
			line.end()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d items from %s to %s\n",
				out, n, plan.Start.Format(time.DateOnly), plan.Present.Format(time.RFC3339))
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "directory of the files")
	cmd.Flags().Var(&until, "until", "end of the history (default: now)")
	cmd.Flags().IntVar(&months, "months", 14, "length of the history")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "another seed gives another history")
	return cmd
}
