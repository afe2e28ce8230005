// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/backup"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/certificate"
	"github.com/otelcol-usage/otelcol-usage/internal/definition"
	"github.com/otelcol-usage/otelcol-usage/internal/extract"
	"github.com/otelcol-usage/otelcol-usage/internal/identity"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/rebuild"
	"github.com/otelcol-usage/otelcol-usage/internal/replay"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// rebuildFlags are what a rebuild is asked for.
type rebuildFlags struct {
	kafka           kafkaFlags
	topics, configs []string
	catalogue       string
	from, to, check string
	since           instant
	step            time.Duration
}

func newRebuildCommand() *cobra.Command {
	var f rebuildFlags
	cmd := &cobra.Command{
		Use:   "rebuild --from-kafka BROKERS --config FILE... --to DIRECTORY",
		Short: "Make a shard's ledger of a backup and of Kafka's topics",
		Long: `Makes a ledger directory of a backup, or a new one, and counts what the topics of
the shard have: as the shard would have, on the clock at which the gateway sent it.
The configuration is the shard's, with its environment variables; the map names the
shard's topics. The directory is there as a whole afterwards, or not at all.

Topics are read from the beginning of their retention, or from --since, to the end
that they have now. What is in the backup already is known as duplicates, and what
is older than the acceptance span was counted then and is late now: nothing counts
twice, however much is read twice. With --since nothing is known of what the shard
had not yet read when the backup was made: leave a day between both, or as much as it
was ever behind. Then start the shard; its consumer group goes on where it was.

--check compares all figures, and statements of all periods that have ended, bit by
bit, with another directory of the same time, which no process uses; it is only read.`,
		Example: `  USAGE_SHARD=a USAGE_KEY=... usagectl rebuild --from-kafka kafka:9092 --from usage-ledger-20261128T140500Z.tar \
      --config config/victoriametrics.yaml --config config/scale/shard.yaml --to data/a/ledger`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case len(f.kafka.brokers) == 0:
				return wrongUsage{errors.New("--from-kafka is needed: brokers, as kafka:9092")}
			case f.to == "":
				return wrongUsage{errors.New("--to is needed: the directory that is made (usage_ledger::directory)")}
			case f.step < time.Minute || f.step%time.Minute != 0:
				return wrongUsage{fmt.Errorf("--step %s: figures are of whole minutes; use 1m or a multiple of it", f.step)}
			}
			return runRebuild(cmd, &f)
		},
	}
	f.kafka.flags(cmd)
	cmd.Flags().StringSliceVar(&f.topics, "topic", nil, "what names of topics begin with, before -logs, -traces and -metrics (default: the shard's in the map)")
	cmd.Flags().StringArrayVar(&f.configs, "config", []string{"config/victoriametrics.yaml", "config/scale/shard.yaml"}, "collector configurations, laid over each other")
	cmd.Flags().StringVar(&f.catalogue, "catalogue", "", "catalogue of organizations (default: the configuration's)")
	cmd.Flags().StringVar(&f.from, "from", "", "backup, as `usagectl backup` wrote it (default: a new ledger)")
	cmd.Flags().StringVar(&f.to, "to", "", "directory that is made, empty or missing")
	cmd.Flags().StringVar(&f.check, "check", "", "ledger directory that has to have the same figures and statements")
	cmd.Flags().Var(&f.since, "since", "time of the first message that is read (default: all that there are)")
	cmd.Flags().DurationVar(&f.step, "step", 15*time.Minute, "history between two collections, at which thresholds of quotas are looked at")
	return cmd
}

func runRebuild(cmd *cobra.Command, f *rebuildFlags) error {
	r := &rebuilder{rebuildFlags: f, to: filepath.Clean(f.to), line: &statusLine{w: cmd.ErrOrStderr()}}
	err := r.run(cmd.Context())
	r.line.end()
	if err != nil {
		return fmt.Errorf("rebuild ledger %s: %w", r.to, err)
	}
	return r.answer(cmd.OutOrStdout())
}

// settled is how far ahead two ledgers are compared.
const settled = 2 * time.Hour

// rebuilder is one run of the command.
type rebuilder struct {
	*rebuildFlags
	to       string
	settings ledger.Settings
	config   *definition.Config
	shards   *shard.Map // nil: none
	line     *statusLine

	begun      time.Time
	partitions int
	report     rebuild.Report
	known      int // organizations
	compared   rebuild.Compared
	missing    string // what the topics have no more
}

// unfinished is where a ledger is made, until it is whole.
func (r *rebuilder) unfinished() string { return r.to + ".rebuilding" }

func (r *rebuilder) run(ctx context.Context) error {
	r.begun = time.Now()
	if err := r.configure(); err != nil {
		return err
	}
	topics, err := r.topicNames()
	if err != nil {
		return err
	}
	if err := r.free(); err != nil {
		return err
	}
	options, err := r.kafka.options()
	if err != nil {
		return err
	}
	r.line.set("looking for the topics")
	log, err := rebuild.OpenLog(ctx, topics, r.since.Time, options...)
	if err != nil {
		return err
	}
	defer log.Close()
	first, err := log.First(ctx)
	if err != nil {
		return err
	}
	made, err := r.restore()
	if err == nil {
		r.missing = gap(log, first, made)
		err = r.count(ctx, log, first)
	}
	if err != nil {
		return errors.Join(err, r.forget())
	}
	if r.check != "" {
		if err := r.same(ctx); err != nil {
			return fmt.Errorf("%w; what was made is in %s", err, r.unfinished())
		}
	}
	return r.finish()
}

// configure reads what the shard would.
func (r *rebuilder) configure() (err error) {
	if r.config, err = definition.FromCollectorConfig(r.configs...); err != nil {
		return err
	}
	extraction, err := r.config.Extraction()
	if err != nil {
		return err
	}
	var own func(id string) bool
	if of := r.config.Shard; of.Map != "" {
		rule := identity.RuleOf(&extraction)
		file, err := shard.Load(of.Map, of.Name, rule, zap.NewNop())
		if err != nil {
			return fmt.Errorf("shard::map: %w", err)
		}
		r.shards = file.Current().Map
		own = func(id string) bool { return r.shards.Owns(of.Name, identity.Spell(id, rule.Normalize)) }
	}
	path := r.catalogue
	if path == "" {
		path = r.config.Catalogue
	}
	var organizations *catalogue.Catalogue
	if path != "" {
		if organizations, err = catalogue.Load(filepath.Clean(path), extraction.Meters); err != nil {
			return err
		}
		if own != nil {
			organizations = organizations.Of(own)
		}
	}
	r.settings = r.config.Settings(extraction)
	r.settings.Catalogue = organizations
	r.settings.CollectEvery = r.step
	return nil
}

// topicNames are those of each signal.
func (r *rebuilder) topicNames() (names []string, err error) {
	prefixes := r.topics
	if len(prefixes) == 0 {
		if r.shards == nil {
			return nil, wrongUsage{errors.New("--topic is needed: the configuration has no shard::map that names the topics")}
		}
		prefixes = []string{r.shards.Shards[r.shards.Find(r.config.Shard.Name)].Topic}
	}
	for _, prefix := range prefixes {
		for _, signal := range rebuild.Signals {
			names = append(names, prefix+signal)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// free returns an error where something is in the way.
func (r *rebuilder) free() error {
	switch entries, err := os.ReadDir(r.to); {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case len(entries) > 0:
		return errors.New("the directory is not empty; name one that is, or that is not there yet")
	}
	if _, err := os.Stat(r.unfinished()); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s is there, of a run that goes on or was cut short: remove it", r.unfinished()))
	}
	return os.MkdirAll(filepath.Dir(r.to), 0o700)
}

// restore unpacks the backup, and returns when it was made; the zero time: there is
// none.
func (r *rebuilder) restore() (made time.Time, err error) {
	if r.from == "" {
		return made, nil
	}
	r.line.set("restoring " + r.from)
	file, err := os.Open(r.from)
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if header, err := tar.NewReader(file).Next(); err == nil { // else it is no backup, as Restore says
		made = header.ModTime
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return made, err
	}
	return made, backup.Restore(file, r.unfinished())
}

// gap says what is missing between a backup and the topics, "" where nothing is.
func gap(log *rebuild.Log, first, made time.Time) string {
	switch {
	case !log.Trimmed || !made.IsZero() && first.Before(made):
		return ""
	case made.IsZero():
		return fmt.Sprintf("the topics have only what was sent from %s on, and there was no backup", first.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("the backup was made at %s and the topics have only what was sent from %s on: take an older backup with a longer retention.ms, what came in between is in neither",
		made.UTC().Format(time.RFC3339), first.UTC().Format(time.RFC3339))
}

// count counts the log.
func (r *rebuilder) count(ctx context.Context, log *rebuild.Log, first time.Time) (err error) {
	r.partitions = log.Partitions()
	s := r.settings
	s.Directory, s.FS = r.unfinished(), replay.DeferredSync{FS: store.OwnersOnly}
	book, err := ledger.Open(s, first)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, book.Close(context.WithoutCancel(ctx))); err == nil {
			err = replay.SyncAll(r.unfinished())
		}
	}()
	extractor, err := extract.New(book.Extraction())
	if err != nil {
		return err
	}
	r.report, err = rebuild.Run(ctx, log, rebuild.Settings{
		Ledger: book, Extractor: extractor, Bind: r.config.Identity.BindOrganization,
		Map: r.shards, Shard: r.config.Shard.Name, Step: r.step,
		Progress: func(now rebuild.Report) {
			r.line.set(fmt.Sprintf("%3.0f %%  %s  %d items, %.0f items/s", 100*float64(now.Messages)/float64(max(1, log.Messages)),
				now.Last.UTC().Format("2006-01-02 15:04"), now.Items, float64(now.Items)/max(time.Since(r.begun).Seconds(), 0.001)))
		},
	})
	r.known = len(slices.DeleteFunc(book.IDs(), func(id string) bool { return id == usage.NoOrganization }))
	return err
}

// same compares copies of the new directory and of another one: a ledger that is
// opened writes.
func (r *rebuilder) same(ctx context.Context) (err error) {
	r.line.set("comparing with " + r.check)
	scratch, err := os.MkdirTemp(filepath.Dir(r.to), ".checking-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	lock, err := pebble.LockDirectory(r.check, store.OwnersOnly)
	if err != nil {
		return fmt.Errorf("--check %s: %w: stop what uses it, or name a copy", r.check, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	var books [2]*ledger.Ledger
	for i, dir := range []string{r.unfinished(), r.check} {
		s := r.settings
		s.Directory = filepath.Join(scratch, fmt.Sprint(i))
		if err := os.CopyFS(s.Directory, os.DirFS(dir)); err != nil {
			return err
		}
		if err := r.caughtUp(ctx, s); err != nil {
			return err
		}
		s.Grace = 0 // of all that has ended there are statements
		if books[i], err = ledger.Open(s, r.begun); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, books[i].Close(context.WithoutCancel(ctx))) }()
	}
	if r.compared, err = rebuild.Same(ctx, books[0], books[1], time.Now().Add(settled)); err != nil {
		return fmt.Errorf("--check %s: %w", r.check, err)
	}
	return nil
}

// caughtUp opens and closes a ledger, so that what its log has is counted by the grace
// under which it arrived.
func (r *rebuilder) caughtUp(ctx context.Context, s ledger.Settings) error {
	book, err := ledger.Open(s, r.begun)
	if err != nil {
		return err
	}
	return book.Close(context.WithoutCancel(ctx))
}

// forget takes away what was made of a run that failed.
func (r *rebuilder) forget() error {
	return errors.Join(os.RemoveAll(r.unfinished()), certificate.Forget(store.OwnersOnly, r.unfinished()))
}

// finish puts the ledger where it was wanted.
func (r *rebuilder) finish() error {
	fs := store.OwnersOnly
	if err := errors.Join(certificate.Forget(fs, r.unfinished()), certificate.Forget(fs, r.to)); err != nil {
		return err
	}
	if err := os.Remove(r.to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: a directory that is a mount point cannot be replaced; name one in it", err)
	}
	if err := os.Rename(r.unfinished(), r.to); err != nil {
		return err
	}
	return store.SyncDir(fs, filepath.Dir(r.to))
}

func (r *rebuilder) answer(out io.Writer) error {
	text := fmt.Sprintf("%s is a ledger directory with %d organizations: %d messages of %d partitions with %d items", r.to, r.known, r.report.Messages, r.partitions, r.report.Items)
	if r.report.Messages > 0 {
		text += fmt.Sprintf(", from %s to %s", r.report.First.UTC().Format(time.RFC3339), r.report.Last.UTC().Format(time.RFC3339))
	}
	text += fmt.Sprintf(", in %s\n", time.Since(r.begun).Round(time.Millisecond))
	if r.check != "" {
		text += fmt.Sprintf("%d figures and %d statements are equal to those of %s\n", r.compared.Figures, r.compared.Statements, r.check)
	}
	for _, bad := range r.report.Bad {
		text += fmt.Sprintf("left out, since it is no OTLP: %s\n", bad)
	}
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	switch {
	case r.missing != "":
		return badInput{fmt.Errorf("something is missing: %s", r.missing)}
	case r.report.BadCount > 0:
		return badInput{fmt.Errorf("%d messages were left out, and all others counted", r.report.BadCount)}
	}
	return nil
}
