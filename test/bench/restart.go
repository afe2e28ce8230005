// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// restarts measures the time from opening a directory to the first collection,
// which must be what a ledger shows that did not stop: after a crash and after
// a clean end.
//
// What a crash leaves is a copy of the directory of the running ledger, taken
// while it is idle and all is acknowledged. Before, it is sent many requests
// with its checkpoints switched off, as many as a checkpoint ever leaves to be
// read again.
func (b *bench) restarts(ctx context.Context) (err error) {
	dir, crashed := filepath.Join(b.directory, "durable"), filepath.Join(b.directory, "crashed")
	if err := b.unfolded(ctx, dir); err != nil {
		return err
	}
	quiet()
	if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
		return fmt.Errorf("copy the running ledger: %w", err)
	}
	minute := b.traffic.now.Truncate(time.Minute).Add(time.Minute)
	after, crash, err := b.restart(ctx, crashed, b.durable, minute)
	defer func() { err = errors.Join(err, after.close()) }()
	if err != nil {
		return fmt.Errorf("after a crash: %w", err)
	}
	// The one after the crash is where the other one is, and stands in for it.
	if err := b.durable.close(); err != nil {
		return err
	}
	var clean time.Duration
	if b.durable, clean, err = b.restart(ctx, dir, after, minute.Add(time.Minute)); err != nil {
		return fmt.Errorf("after a clean end: %w", err)
	}
	b.table.add(row{
		what:     fmt.Sprintf("restart with %d users to the first right answer", b.organizations*b.users),
		measured: fmt.Sprintf("%.1f s", crash.Seconds()), goal: "<= 5 s", going: "0.3 s", met: crash <= 5*time.Second,
		note: "after a crash, with the redo of %d records to be read; %.1f s after a clean end; files in the page cache; all figures compared",
		args: []any{b.redo * recordsPerRequest, clean.Seconds()},
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

// restart opens a directory, collects and compares the figures with those of a
// ledger that is up.
func (b *bench) restart(ctx context.Context, dir string, up *book, minute time.Time) (*book, time.Duration, error) {
	want, err := up.Collect(ctx, minute)
	if err != nil {
		return nil, 0, err
	}
	start := time.Now()
	opened, err := openBook(b.settings, bookSettings{directory: dir})
	if err != nil {
		return nil, 0, err
	}
	got, err := opened.Collect(ctx, minute)
	if err != nil {
		return opened, 0, err
	}
	took := time.Since(start)
	return opened, took, same(want, got)
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
