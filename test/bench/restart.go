// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// restarts measures the time from opening a directory to the first collection,
// which must be what a ledger shows that did not stop: after a crash and after
// a clean end. Each is in a process of its own, where nothing else is kept.
//
// What a crash leaves is a copy of the directory of the running ledger, taken
// while it is idle and all is acknowledged. Before, it is sent many requests
// with its checkpoints switched off, as many as a checkpoint ever leaves to be
// read again. The process that restarts from the copy ends cleanly, and leaves
// it to the second restart.
func (b *bench) restarts(ctx context.Context) error {
	p, err := b.known(ctx)
	if err != nil {
		return err
	}
	if err := b.leaveRedo(ctx, p); err != nil {
		return err
	}
	crashed := filepath.Join(b.directory, "crashed")
	if err := copyIdle(p.directory, crashed); err != nil {
		return fmt.Errorf("copy the running ledger: %w", err)
	}
	kinds := []*restart{{name: "after a crash"}, {name: "after a clean end"}}
	for _, kind := range kinds {
		p.traffic.now = nextMinute(p.traffic.now)
		kind.minute = p.traffic.now
		if kind.want, err = p.durable.Collect(ctx, kind.minute); err != nil {
			return err
		}
	}
	for round := range b.reopenings {
		again := filepath.Join(b.directory, fmt.Sprint("again-", round)) // one that was emptied is refused
		if err := os.CopyFS(again, os.DirFS(crashed)); err != nil {
			return err
		}
		for _, kind := range kinds {
			if err := kind.round(ctx, b.config, again); err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
		}
		b.say("  round %d: %s after a crash, %s after a clean end", round+1, seconds(kinds[0].took[round]), seconds(kinds[1].took[round]))
		if err := os.RemoveAll(again); err != nil {
			return err
		}
	}
	b.report.measured(restartCrash, kinds[0].took)
	b.report.measured(restartClean, kinds[1].took)
	t := b.report.section("Restart to the first right answer", "", "took", "CPU", "RSS")
	for _, kind := range kinds {
		t.line(kind.name, kind.took.show(seconds), kind.cpu.show(seconds), kind.rss.show(gigabytes))
	}
	t.note("%d rounds, %d users, each in a process of its own; after a crash there is the redo of %d records to be read. The files are in the page cache; all figures are compared.",
		b.reopenings, p.traffic.all(), b.redo*recordsPerRequest)
	return nil
}

// leaveRedo sends the durable ledger requests without checkpoints.
func (b *bench) leaveRedo(ctx context.Context, p *pair) error {
	if err := p.reopen(never); err != nil {
		return err
	}
	// Between two samples of concurrent users: one that passes while a ledger
	// is down is rightly taken later than by one that is up.
	p.traffic.now = p.traffic.now.Truncate(15 * time.Minute).Add(19 * time.Minute)
	for range b.redo {
		ld := p.traffic.request()
		if err := p.durable.take(ctx, p.traffic.now, ld); err != nil {
			return err
		}
	}
	return nil
}

// copyAttempts bounds how often a copy is begun that the ledger's work in the
// background made worthless.
const copyAttempts = 100

// copyIdle copies a directory whose files all stay as they are meanwhile, as if
// the process had ended at one moment.
func copyIdle(from, to string) error {
	for range copyAttempts {
		quiet()
		before, err := listing(from)
		if err != nil {
			return err
		}
		copying := os.CopyFS(to, os.DirFS(from))
		after, err := listing(from)
		if err != nil {
			return err
		}
		if slices.Equal(before, after) {
			return copying
		}
		if err := os.RemoveAll(to); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s does not come to rest: its files changed during each of %d copies", from, copyAttempts)
}

// listing names the files of a directory, with their sizes and times.
func listing(directory string) (files []string, err error) {
	err = filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone since: the next listing is another one
		}
		if err == nil {
			files = append(files, fmt.Sprint(path, info.Size(), info.ModTime()))
		}
		return err
	})
	return files, err
}

// restart is one kind of it, with the figures that are right at a minute.
type restart struct {
	name           string
	minute         time.Time
	want           usage.Collection
	took, cpu, rss spread // a value each round: seconds, seconds, bytes
}

// round has a directory reopened and compares its figures.
func (r *restart) round(ctx context.Context, config, directory string) error {
	quiet()
	got, err := elsewhere[reopened](ctx, errand{Config: config, Reopen: &reopen{Directory: directory, Minute: r.minute}})
	if err != nil {
		return err
	}
	r.took, r.cpu, r.rss = append(r.took, got.Took.Seconds()), append(r.cpu, got.CPU.Seconds()), append(r.rss, float64(got.RSS))
	return same(r.want, got.Figures)
}

// same tells where two collections differ.
func same(want, got usage.Collection) error {
	if len(want.Organizations) != len(got.Organizations) {
		return fmt.Errorf("%d organizations have figures, %d should", len(got.Organizations), len(want.Organizations))
	}
	for i, w := range want.Organizations {
		figures := byName(got.Organizations[i])
		if len(figures) != len(w.Figures) {
			return fmt.Errorf("%s has %d figures, it should have %d", w.Organization, len(figures), len(w.Figures))
		}
		for _, f := range w.Figures {
			name := nameOf(f.Series)
			if value, ok := figures[name]; !ok || value != f.Value {
				return fmt.Errorf("%s: %s is %v, it should be %v", w.Organization, name, value, f.Value)
			}
		}
	}
	return nil
}

func byName(o usage.OrganizationFigures) map[string]float64 {
	figures := make(map[string]float64, len(o.Figures))
	for _, f := range o.Figures {
		figures[nameOf(f.Series)] = f.Value
	}
	return figures
}

func nameOf(s *usage.Series) string {
	var name strings.Builder
	name.WriteString(s.Name)
	for _, l := range s.Labels {
		fmt.Fprintf(&name, " %s=%q", l.Name, l.Value)
	}
	return name.String()
}
