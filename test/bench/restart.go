// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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
	dir, crashed := filepath.Join(b.directory, "durable"), filepath.Join(b.directory, "crashed")
	if err := b.unfolded(ctx, dir); err != nil {
		return err
	}
	quiet()
	if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
		return fmt.Errorf("copy the running ledger: %w", err)
	}
	minute := b.traffic.now.Truncate(time.Minute).Add(time.Minute)
	crash, err := b.restart(ctx, crashed, minute)
	if err != nil {
		return fmt.Errorf("after a crash: %w", err)
	}
	clean, err := b.restart(ctx, crashed, minute.Add(time.Minute))
	if err != nil {
		return fmt.Errorf("after a clean end: %w", err)
	}
	b.table.add(row{
		what:     fmt.Sprintf("restart with %d users to the first right answer", b.organizations*b.users),
		measured: fmt.Sprintf("%.1f s", crash.Took.Seconds()), goal: "<= 5 s", going: "0.3 s", met: crash.Took <= 5*time.Second,
		note: "in a process of its own, after a crash, with the redo of %d records to be read, by %.1f s of CPU; %.1f s after a clean end, by %.1f s of CPU; files in the page cache; all figures compared",
		args: []any{b.redo * recordsPerRequest, crash.CPU.Seconds(), clean.Took.Seconds(), clean.CPU.Seconds()},
	})
	return nil
}

// unfolded opens the durable ledger without checkpoints and sends it requests.
func (b *bench) unfolded(ctx context.Context, dir string) (err error) {
	if err := b.durable.close(); err != nil {
		return err
	}
	if b.durable, err = openBook(b.settings, bookSettings{directory: dir, foldBytes: 1 << 40}); err != nil {
		return err
	}
	// Between two samples of concurrent users: one that passes while a ledger
	// is down is rightly taken later than by one that is up.
	b.traffic.now = b.traffic.now.Truncate(15 * time.Minute).Add(19 * time.Minute)
	for range b.redo {
		ld := b.traffic.request()
		if err := b.durable.take(ctx, b.traffic.now, ld); err != nil {
			return err
		}
	}
	return nil
}

// restart has a directory reopened and compares its figures with those of the
// ledger that is up.
func (b *bench) restart(ctx context.Context, dir string, minute time.Time) (got reopened, err error) {
	want, err := b.durable.Collect(ctx, minute)
	if err != nil {
		return got, err
	}
	quiet()
	if got, err = reopenElsewhere(ctx, b.config, dir, minute); err != nil {
		return got, err
	}
	return got, same(want, got.Figures)
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
