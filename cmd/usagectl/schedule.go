// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/dispatch"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
)

func newScheduleCommand() *cobra.Command {
	return newGroup("schedule", "Send reports again and again",
		newScheduleListCommand(), newScheduleCreateCommand(), newScheduleChangeCommand(), newScheduleDeleteCommand(),
		newScheduleTestCommand(), newScheduleHistoryCommand(), newScheduleRetryCommand())
}

func newScheduleListCommand() *cobra.Command {
	var (
		client               apiClient
		organization, output string
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show the schedules, and when each is due next",
		Example: `  usagectl schedule list
  usagectl schedule list --organization acme --output json`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := url.Values{}
			if organization != "" {
				query.Set("organization", organization)
			}
			var list []dispatch.Status
			if err := client.get(cmd.Context(), "schedules", query, &list); err != nil {
				return err
			}
			return listSchedules(list).print(cmd.OutOrStdout(), output)
		},
	}
	client.flags(cmd)
	cmd.Flags().StringVar(&organization, "organization", "", "only those of this organization")
	outputFlag(cmd, &output)
	return cmd
}

func listSchedules(list []dispatch.Status) *listing {
	l := &listing{
		value: list, empty: "no schedules; usagectl schedule create --help shows how to make one",
		columns: []string{"id", "name", "report", "of", "cadence", "formats", "recipients", "next", "period", "due", "failed", "last_delivered", "problem"},
	}
	for i := range list {
		s := &list[i]
		next, period := "off", ""
		if s.Enabled {
			next = stamp(s.Next)
		}
		if s.Period != nil {
			period = s.Period.Name
		}
		l.rows = append(l.rows, []listed{
			words(s.ID), words(s.Name), words(string(s.Report)), words(scopeOf(s.Scope)), words(s.Cadence), words(strings.Join(s.Formats, ",")), words(strings.Join(s.Recipients, ",")),
			words(next), words(period), counted(s.Due), counted(s.Failed), words(stamp(s.Last)), words(s.Problem),
		})
	}
	return l
}

func scopeOf(s schedule.Scope) string {
	switch {
	case s.Organization != "":
		return s.Organization
	case s.Reseller != "":
		return "reseller " + s.Reseller
	default:
		return "all"
	}
}

// stamp is an instant, or nothing.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// scheduleFlags are what a schedule is made of.
type scheduleFlags struct {
	apiClient
	schedule.Schedule
	kind, output string
}

func (f *scheduleFlags) add(cmd *cobra.Command) {
	f.flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.Name, "name", "", "what people call it")
	flags.StringVar(&f.kind, "report", "", "usage-summary, billing, activity or users")
	flags.StringVar(&f.Organization, "organization", "", "of this organization, by its id (default: all)")
	flags.StringVar(&f.Reseller, "reseller", "", "of the organizations of this reseller")
	flags.StringArrayVar(&f.Formats, "format", nil, "pdf, xlsx, csv, json, ndjson, html, or of bills focus; may be repeated")
	flags.StringArrayVar(&f.Recipients, "to", nil, "e-mail address, URL of a webhook, or directory; may be repeated")
	flags.StringVar(&f.Cadence, "cadence", "monthly", `daily, weekly, monthly, quarterly, or five fields as "cron: 0 6 4 * *"`)
	flags.StringVar(&f.Window, "window", "", "of the periods, as cycle (default: that of the cadence)")
	flags.StringVar(&f.Day, "day", "", "on which it is sent: monday, or 1 to 31 (default: the first on which the period is closed)")
	flags.StringVar(&f.Time, "time", "", "of the day (default: "+schedule.DefaultTime+")")
	flags.StringVar(&f.Timezone, "timezone", "", "IANA name (default: the organization's)")
	flags.BoolVar(&f.Provisional, "provisional", false, "do not wait until late events change nothing any more")
	flags.BoolVar(&f.Enabled, "enabled", true, "whether it runs")
	outputFlag(cmd, &f.output)
	var kinds []string
	for _, k := range report.Kinds {
		kinds = append(kinds, string(k))
	}
	complete(cmd, "report", kinds...)
	complete(cmd, "format", "pdf", "xlsx", "csv", "json", "ndjson", "html", "focus")
	complete(cmd, "cadence", "daily", "weekly", "monthly", "quarterly")
	complete(cmd, "window", "day", "week", "month", "cycle", "quarter", "half", "year")
}

// told prints a schedule that was made or changed.
func (f *scheduleFlags) told(cmd *cobra.Command, s dispatch.Status) error {
	if f.output != "table" {
		return listSchedules([]dispatch.Status{s}).print(cmd.OutOrStdout(), f.output)
	}
	next := "switched off"
	switch {
	case s.Problem != "":
		next = s.Problem
	case s.Period != nil:
		next = fmt.Sprintf("next on %s, about %s", stamp(s.Next), s.Period.Name)
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", s.ID, next)
	return err
}

const scheduleRules = `A report of a day, week, month or quarter is sent when its period is closed: its
end and the ledger's grace (three days by default) have passed. With cron: each
time is about the last month, or other --window, that is closed then. Times are
those of the organization's zone.`

func newScheduleCreateCommand() *cobra.Command {
	var f scheduleFlags
	cmd := &cobra.Command{
		Use:   "create --name NAME --report KIND --format FORMAT --to RECIPIENT",
		Short: "Send a report from now on",
		Long:  "Creates a schedule. Its id is made of its name.\n\n" + scheduleRules,
		Example: `  usagectl schedule create --name "Monthly bill" --report billing --organization acme --format pdf --format xlsx --to finance@acme.example
  usagectl schedule create --name "Weekly summary" --report usage-summary --cadence weekly --day monday --format pdf --to csm@example.com
  usagectl schedule create --name "BI" --report billing --cadence "cron: 0 6 4 * *" --format focus --to directory
  usagectl schedule create --name "Users" --report users --organization acme --cadence daily --format csv --to https://acme.example/hook`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Name == "" || f.kind == "" || len(f.Formats) == 0 || len(f.Recipients) == 0 {
				return wrongUsage{errors.New("--name, --report, --format and --to are needed")}
			}
			f.Report = report.Kind(f.kind)
			var made dispatch.Status
			if err := f.callWith(cmd.Context(), http.MethodPost, "schedules", f.Schedule, &made); err != nil {
				return err
			}
			return f.told(cmd, made)
		},
	}
	f.add(cmd)
	return cmd
}

func newScheduleChangeCommand() *cobra.Command {
	var f scheduleFlags
	cmd := &cobra.Command{
		Use:   "change ID",
		Short: "Change what a schedule says",
		Long: `Changes what the flags name, and leaves the rest. --format and --to replace all
that there were. What is due to recipients that are left out is cancelled.

` + scheduleRules,
		Example: `  usagectl schedule change acme-monthly-bill --to finance@acme.example --to cfo@acme.example
  usagectl schedule change weekly-summary --enabled=false
  usagectl schedule change weekly-summary --day ""`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "schedules/" + url.PathEscape(args[0])
			var is dispatch.Status
			if err := f.get(cmd.Context(), path, nil, &is); err != nil {
				return err
			}
			f.changed(cmd, &is.Schedule)
			var now dispatch.Status
			if err := f.callWith(cmd.Context(), http.MethodPut, path, is.Schedule, &now); err != nil {
				return err
			}
			return f.told(cmd, now)
		},
	}
	f.add(cmd)
	return cmd
}

// changed sets what the flags say.
func (f *scheduleFlags) changed(cmd *cobra.Command, s *schedule.Schedule) {
	for flag, set := range map[string]func(){
		"name": func() { s.Name = f.Name }, "report": func() { s.Report = report.Kind(f.kind) },
		"organization": func() { s.Organization = f.Organization }, "reseller": func() { s.Reseller = f.Reseller },
		"format": func() { s.Formats = f.Formats }, "to": func() { s.Recipients = f.Recipients },
		"cadence": func() { s.Cadence = f.Cadence }, "window": func() { s.Window = f.Window }, "day": func() { s.Day = f.Day },
		"time": func() { s.Time = f.Time }, "timezone": func() { s.Timezone = f.Timezone },
		"provisional": func() { s.Provisional = f.Provisional }, "enabled": func() { s.Enabled = f.Enabled },
	} {
		if cmd.Flags().Changed(flag) {
			set()
		}
	}
}

func newScheduleDeleteCommand() *cobra.Command {
	var client apiClient
	cmd := &cobra.Command{
		Use:     "delete ID...",
		Short:   "Delete schedules with their histories",
		Example: `  usagectl schedule delete weekly-summary`,
		Args:    arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, id := range args {
				var was dispatch.Status
				if err := client.call(cmd.Context(), http.MethodDelete, "schedules/"+url.PathEscape(id), &was); err != nil {
					return err
				}
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is deleted\n", was.ID); err != nil {
					return err
				}
			}
			return nil
		},
	}
	client.flags(cmd)
	return cmd
}

func newScheduleTestCommand() *cobra.Command {
	var (
		client     apiClient
		to, output string
	)
	cmd := &cobra.Command{
		Use:   "test ID",
		Short: "Send a schedule's report now, marked as a test",
		Long: `Sends the report of the last closed period, or of the running one where the
ledger began later, once, to all recipients or to one. Nothing is billed by it.`,
		Example: `  usagectl schedule test acme-monthly-bill --to me@example.com`,
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]string{}
			if to != "" {
				body["to"] = to
			}
			var sent []dispatch.Delivery
			if err := client.callWith(cmd.Context(), http.MethodPost, "schedules/"+url.PathEscape(args[0])+"/test", body, &sent); err != nil {
				return err
			}
			if err := listDeliveries(sent).print(cmd.OutOrStdout(), output); err != nil {
				return err
			}
			if slices.ContainsFunc(sent, func(d dispatch.Delivery) bool { return d.State != dispatch.Delivered }) {
				return errors.New("not all have arrived")
			}
			return nil
		},
	}
	client.flags(cmd)
	cmd.Flags().StringVar(&to, "to", "", "e-mail address, URL of a webhook, or directory (default: all recipients)")
	outputFlag(cmd, &output)
	return cmd
}

func newScheduleHistoryCommand() *cobra.Command {
	var (
		client apiClient
		output string
	)
	cmd := &cobra.Command{
		Use:   "history ID",
		Short: "Show what became of a schedule's deliveries, the latest first",
		Example: `  usagectl schedule history acme-monthly-bill
  usagectl schedule history acme-monthly-bill --output csv`,
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			var list []dispatch.Delivery
			if err := client.get(cmd.Context(), "schedules/"+url.PathEscape(args[0])+"/deliveries", nil, &list); err != nil {
				return err
			}
			return listDeliveries(list).print(cmd.OutOrStdout(), output)
		},
	}
	client.flags(cmd)
	outputFlag(cmd, &output)
	return cmd
}

func listDeliveries(list []dispatch.Delivery) *listing {
	l := &listing{
		value: list, empty: "nothing has been due yet",
		columns: []string{"due", "period", "recipient", "state", "attempts", "next", "done", "missed", "test", "id", "error"},
	}
	for i := range list {
		d := &list[i]
		test := ""
		if d.Test {
			test = "test"
		}
		l.rows = append(l.rows, []listed{
			words(stamp(d.Due)), words(d.Period.Name), words(d.Recipient), words(string(d.State)), counted(d.Attempts), words(stamp(d.Next)), words(stamp(d.Done)),
			counted(d.Missed), words(test), words(d.ID), words(d.Error),
		})
	}
	return l
}

func newScheduleRetryCommand() *cobra.Command {
	var client apiClient
	cmd := &cobra.Command{
		Use:     "retry ID",
		Short:   "Try the failed deliveries of a schedule again",
		Example: `  usagectl schedule retry acme-monthly-bill`,
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			var again struct{ Deliveries int }
			if err := client.call(cmd.Context(), http.MethodPost, "schedules/"+url.PathEscape(args[0])+"/retry", &again); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d deliveries are due again\n", again.Deliveries)
			return err
		},
	}
	client.flags(cmd)
	return cmd
}
