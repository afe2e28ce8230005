// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/replay"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// fineSpan is the part of history before its end that is collected at the fine
// step.
const fineSpan = 24 * time.Hour

// replayFlags are what a replay is asked for.
type replayFlags struct {
	config, catalogue, ledger, tsdb string
	step, fine                      time.Duration
	until                           instant
	retention                       definition.Duration
}

func newReplayCommand() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE... --ledger DIR --tsdb DIR",
		Short: "Run recorded OTLP through the engine on its own clock",
		Long: `Reads OTLP/JSON lines (logs, traces and metrics, as the Collector's file
exporter writes them; also compressed by gzip or zstd), counts them as when they
arrived, and stores the figures that would have been collected then. A collector
that is started on the two directories goes on from there; none may run on them
now.

When a request arrived is told by the latest observedTimeUnixNano in it, else by
the times of its items, and by the requests around it: one that is ahead of those
that follow does not move the clock, and its items are future, as they would have
been. What is no request is named with file and line and left out; the exit code
is 3 then. The files are read in the order given, which should be that of time,
and twice. Replaying the same files again changes no figure. A ledger that the
replay makes is on disk when the replay ends; remove it if the machine went down
before.`,
		Example: `  usagectl replay 2026-09.jsonl 2026-10.jsonl --ledger data/ledger --tsdb data/tsdb
  usagectl replay data/demo/history/*.jsonl --catalogue config/demo-organizations.yaml \
      --ledger data/demo/ledger --tsdb data/demo/tsdb --step 1h`,
		Args: arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, files []string) error {
			if f.ledger == "" || f.tsdb == "" {
				return wrongUsage{errors.New("--ledger and --tsdb are needed: the directories of the state and of the figures")}
			}
			return runReplay(cmd, &f, files)
		},
	}
	cmd.Flags().StringVar(&f.config, "config", "config/default.yaml", "collector configuration with the meters")
	cmd.Flags().StringVar(&f.catalogue, "catalogue", "", "catalogue of organizations (default: the configuration's)")
	cmd.Flags().StringVar(&f.ledger, "ledger", "", "directory of the ledger")
	cmd.Flags().StringVar(&f.tsdb, "tsdb", "", "directory of the embedded store")
	cmd.Flags().DurationVar(&f.step, "step", 15*time.Minute, "history between two collections")
	cmd.Flags().DurationVar(&f.fine, "fine", time.Minute, "the same in the last 24 hours")
	cmd.Flags().Var(&f.until, "until", "where the recording ends (default: with its last request)")
	cmd.Flags().TextVar(&f.retention, "retention", definition.Duration(promstore.DefaultRetention), "how long the store keeps figures")
	return cmd
}

func runReplay(cmd *cobra.Command, f *replayFlags, files []string) error {
	progress := newReplayProgress(cmd.ErrOrStderr())
	recording, err := replay.Read(cmd.Context(), files, f.until.Time, time.Now(), progress.update)
	if err != nil {
		progress.end()
		return err
	}
	report, err := replayInto(cmd.Context(), f, recording, progress.update)
	progress.end()
	if printErr := printReport(cmd.OutOrStdout(), report, recording); err == nil {
		err = printErr
	}
	if err == nil && recording.Bad.Count > 0 {
		err = badInput{fmt.Errorf("%d lines or files were left out, and all others counted", recording.Bad.Count)}
	}
	return err
}

// replayInto opens the engine and the store, runs the replay and closes them.
// The report is nil where it did not begin.
func replayInto(ctx context.Context, f *replayFlags, recording *replay.Recording, progress func(replay.Progress)) (_ *replay.Report, err error) {
	settings, err := f.settings()
	if err != nil {
		return nil, err
	}
	if recording.Requests() == 0 {
		return nil, errors.New("the files hold no OTLP request; nothing was counted")
	}
	begin, err := recording.Begin()
	if err != nil {
		return nil, err
	}
	until, err := recording.Until()
	if err != nil {
		return nil, err
	}
	s := replay.Settings{
		Recording: recording, Step: f.step, Fine: f.fine, FineFrom: until.Add(-fineSpan), Until: until,
		Future: settings.Future, Progress: progress,
	}
	_, missing := os.Stat(f.ledger)
	if errors.Is(missing, fs.ErrNotExist) {
		settings.FS = replay.DeferredSync{FS: store.OwnersOnly}
	}
	settings.CollectEvery = s.Interval()
	book, err := ledger.Open(settings, begin)
	if err != nil {
		return nil, err
	}
	if settings.FS != nil {
		defer func() { err = errors.Join(err, replay.SyncAll(f.ledger)) }()
	}
	defer func() { err = errors.Join(err, book.Close(context.WithoutCancel(ctx))) }()
	if s.Extractor, err = extract.New(book.Extraction()); err != nil {
		return nil, fmt.Errorf("%s: %w", f.config, err)
	}
	store, err := promstore.Open(promstore.Settings{
		Directory: f.tsdb, Retention: f.retention.Std(), Bulk: true, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s.Ledger, s.Store, s.Outcomes = book, store, func() map[string]replay.Outcomes { return outcomes(book) }
	return replay.Run(ctx, s)
}

func (f *replayFlags) settings() (ledger.Settings, error) {
	config, err := definition.FromCollectorConfig(f.config)
	if err != nil {
		return ledger.Settings{}, err
	}
	extraction, err := config.Extraction()
	if err != nil {
		return ledger.Settings{}, fmt.Errorf("%s: %w", f.config, err)
	}
	path := f.catalogue
	if path == "" {
		path = config.Catalogue
	}
	var organizations *catalogue.Catalogue
	if path != "" {
		if organizations, err = catalogue.Load(filepath.Clean(path), extraction.Meters); err != nil {
			return ledger.Settings{}, err
		}
	}
	to := config.Settings(extraction)
	to.Directory, to.Catalogue = f.ledger, organizations
	return to, nil
}

// outcomes adds the signals of each organization up.
func outcomes(book *ledger.Ledger) map[string]replay.Outcomes {
	all := map[string]replay.Outcomes{}
	for _, status := range book.Statuses() {
		var sum replay.Outcomes
		for _, counts := range status.Items {
			for outcome, n := range counts {
				sum[outcome] += n
			}
		}
		all[status.ID] = sum
	}
	return all
}

// printReport prints what a replay did, nil for one that did not begin, and what
// of its files was left out.
func printReport(w io.Writer, r *replay.Report, recording *replay.Recording) error {
	var text strings.Builder
	if r != nil {
		if r.Passed > 0 {
			fmt.Fprintf(&text, "%d steps had been collected before and were not again.\n", r.Passed)
		}
		fmt.Fprintf(&text, "%d items in %d requests, %d collections stored.\n", r.Items, r.Requests, r.Collections)
		table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
		if _, err := io.WriteString(table, outcomeRows(r)); err != nil {
			return err
		}
		if err := table.Flush(); err != nil {
			return err
		}
		printNotes(&text, "Ahead of their arrival and so future, by a wrong clock (if the recording does go on until then, say so by --until)", "requests", r.Ahead)
	}
	printNotes(&text, "Left out", "lines or files", recording.Bad)
	_, err := io.WriteString(w, text.String())
	return err
}

func printNotes(text *strings.Builder, title, of string, notes replay.Notes) {
	if notes.Count == 0 {
		return
	}
	fmt.Fprintf(text, "%s: %d %s\n", title, notes.Count, of)
	for _, line := range notes.Lines {
		fmt.Fprintln(text, line)
	}
	if more := notes.Count - len(notes.Lines); more > 0 {
		fmt.Fprintf(text, "and %d more\n", more)
	}
}

// outcomeRows is the table of outcomes, cells ended by tabs.
func outcomeRows(r *replay.Report) string {
	var rows strings.Builder
	rows.WriteString("organization\t")
	for outcome := usage.Counted; outcome > usage.Pending; outcome-- {
		fmt.Fprintf(&rows, "%s\t", outcome)
	}
	for _, organization := range r.Organizations() {
		fmt.Fprintf(&rows, "\n%s\t", organization)
		for outcome := usage.Counted; outcome > usage.Pending; outcome-- {
			fmt.Fprintf(&rows, "%d\t", r.Outcomes[organization][outcome])
		}
	}
	rows.WriteString("\n")
	return rows.String()
}
