// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/doctor"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/replay"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func newDoctorCommand() *cobra.Command {
	var (
		config, output string
		until          instant
	)
	cmd := &cobra.Command{
		Use:   "doctor FILE...",
		Short: "Say what would be miscounted of recorded OTLP, and why",
		Long: `Reads OTLP/JSON lines as usagectl replay does (of logs, traces and metrics, as the
Collector's file exporter writes them; also compressed by gzip or zstd), judges
them by a configuration, and says which share of the items that are usage has no
organization, no user, no uid, a clock that is wrong, cumulative counters, ids
that differ only in case or blanks or look like e-mail addresses, and how many
users each of these would miscount. Nothing is written anywhere, and no id is
shown.`,
		Example: `  usagectl doctor capture.jsonl
  usagectl doctor --config /etc/usage/config.yaml --output csv 2026-10.jsonl.gz`,
		Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := checkOutput(output); err != nil {
				return err
			}
			progress := newReplayProgress(cmd.ErrOrStderr())
			found, bad, err := examine(cmd.Context(), config, files, until.Time, progress.update)
			progress.end()
			if err != nil {
				return err
			}
			if output == "table" {
				if err := summarize(cmd, found); err != nil {
					return err
				}
			}
			if err := listFindings(found).print(cmd.OutOrStdout(), output); err != nil {
				return err
			}
			if bad.Count > 0 {
				var text strings.Builder
				printNotes(&text, "Left out", "lines or files", bad)
				_, _ = fmt.Fprint(cmd.ErrOrStderr(), text.String()) // the error says so too
				return badInput{fmt.Errorf("%d lines or files were left out, and all others examined", bad.Count)}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", "config/default.yaml", "collector configuration with the meters")
	cmd.Flags().Var(&until, "until", "where the recording ends (default: with its last request)")
	outputFlag(cmd, &output)
	return cmd
}

// examine reads files and judges what is in them by a configuration.
func examine(ctx context.Context, path string, files []string, until time.Time, progress func(replay.Progress)) (*doctor.Report, replay.Notes, error) {
	config, err := definition.FromCollectorConfig(path)
	if err != nil {
		return nil, replay.Notes{}, err
	}
	x, err := config.Extraction()
	if err != nil {
		return nil, replay.Notes{}, fmt.Errorf("%s: %w", path, err)
	}
	extractor, err := extract.New(doctor.Extraction(x))
	if err != nil {
		return nil, replay.Notes{}, fmt.Errorf("%s: %w", path, err)
	}
	recording, err := replay.Read(ctx, files, until, time.Now(), progress)
	if err != nil {
		return nil, replay.Notes{}, err
	}
	if recording.Requests() == 0 {
		return nil, recording.Bad, errors.New("the files hold no OTLP request")
	}
	normalize := usage.Trim // of a new ledger
	if len(x.Spellings) > 0 {
		normalize = x.Spellings.Newest()
	}
	exam := doctor.New(doctor.Settings{Normalize: normalize, Past: config.Horizon.Past.Std(), Future: config.Horizon.Future.Std()})
	if err := recording.Each(ctx, extractor, exam.Add, progress); err != nil {
		return nil, recording.Bad, err
	}
	return exam.Report(), recording.Bad, nil
}

// summarize prints what was read.
func summarize(cmd *cobra.Command, r *doctor.Report) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d items: %d are usage, of %d users in %d organizations; %d match no meter%s.\n\n",
		r.Items, r.Items-r.Unmatched, r.Users, r.Organizations, r.Unmatched, actionsOf(" (", r.Strangers, ")"))
	return err
}

func actionsOf(before string, actions []doctor.Action, after string) string {
	if len(actions) == 0 {
		return ""
	}
	var names []string
	for _, a := range actions {
		names = append(names, fmt.Sprintf("%s %d", a.Name, a.Items))
	}
	return before + strings.Join(names, ", ") + after
}

func listFindings(r *doctor.Report) *listing {
	l := &listing{value: r, empty: "Nothing is wrong with what is usage.", columns: []string{"finding", "items", "share", "users_miscounted", "effect", "actions", "remedy"}}
	for i := range r.Findings {
		f := &r.Findings[i]
		users := words("unknown")
		if f.Users != doctor.Unknown {
			users = counted(f.Users)
		}
		l.rows = append(l.rows, []listed{
			words(f.Title), {strconv.FormatUint(f.Items, 10), true}, words(fmt.Sprintf("%.2f %%", 100*f.Share)), users, words(f.Effect), words(actionsOf("", f.Actions, "")), words(f.Remedy),
		})
	}
	return l
}
