// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// statement is what the usage API says of a closed period, as far as it is
// printed. Numbers are kept as they are written.
type statement struct {
	Meter       string
	MeterTitle  string `json:"meter_title"`
	Window      string
	WindowTitle string `json:"window_title"`
	StartDate   string `json:"start_date"`
	EndDate     string `json:"end_date"`
	Timezone    string
	Quota       *struct {
		Limit     json.Number
		FlexPrice string `json:"flex_price"`
		Currency  string
	}
	AsBilled *uint32 `json:"as_billed"`
	Versions []statementVersion
}

type statementVersion struct {
	Version uint32
	Made    time.Time
	Reason  []struct {
		Kind   string
		Events uint32
	}
	Used    json.Number
	Figures []struct {
		Name   string
		Labels map[string]string
		Value  json.Number
	}
}

func newStatementCommand() *cobra.Command {
	var (
		client  apiClient
		filters [5]string
		all     bool
		output  string
	)
	names := [...]string{"meter", "window", "period", "from", "to"}
	cmd := &cobra.Command{
		Use:   "statement ORGANIZATION",
		Short: "Show what was recorded of closed periods",
		Long: `Shows the statements of an organization: what its meters counted in each
closed period of a day or longer, from the usage API of a running collector.
A statement that was revised has several versions; --versions shows them all.`,
		Example: `  usagectl statement acme --window month --period 2026-10
  usagectl statement acme --meter workspace_users --versions
  usagectl statement acme --from 2026-01-01 --to 2026-07-01 --output csv`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, known := statementOutputs[output]
			if !known {
				return wrongUsage{fmt.Errorf("--output %q: use table, json or csv", output)}
			}
			query := url.Values{}
			for i, name := range names {
				if filters[i] != "" {
					query.Set(name, filters[i])
				}
			}
			var raw json.RawMessage
			if err := client.get(cmd.Context(), "organizations/"+site.Segment(args[0])+"/statements", query, &raw); err != nil {
				return err
			}
			var answer struct{ Statements []statement }
			if err := json.Unmarshal(raw, &answer); err != nil {
				return err
			}
			return write(cmd.OutOrStdout(), statements{args[0], answer.Statements, all, raw})
		},
	}
	client.flags(cmd)
	for i, usage := range []string{
		"of this meter only", "of this window only: day, week, month, quarter, half, year or cycle",
		"that begin in this year, month or day: 2026, 2026-10, 2026-10-15", "that begin on this date or later", "that begin before this date",
	} {
		cmd.Flags().StringVar(&filters[i], names[i], "", usage)
	}
	cmd.Flags().BoolVar(&all, "versions", false, "all versions, not only the current one")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, json or csv")
	return cmd
}
