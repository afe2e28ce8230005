// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// learners is the meter of the default configuration with seven windows.
const learners = "active_learners"

// memory measures a ledger on disk, where no file is a part of the heap: with
// one meter of active users, and with all meters. Each is made in a process of
// its own, and opened again in another after a clean end, behind whose checkpoint
// no first items wait to be filed: how many do is bounded by the log, not by users.
func (b *bench) memory(ctx context.Context) (err error) {
	if err := b.forget(); err != nil {
		return err
	}
	t := b.report.section("Memory", "meters", "live bytes a user", "of them off the Go heap", "when all had just come", "RSS then", "peak")
	for i, kind := range []struct {
		name, meter    string
		requests       int
		live, resident goalID
	}{
		{name: learners + " with 7 windows", meter: learners, live: liveOne, resident: noGoal},
		{name: "all of the configuration", requests: b.chunks * b.requests, live: liveAll, resident: rss},
	} {
		b.say("  %s", kind.name)
		directory := filepath.Join(b.directory, fmt.Sprint("memory-", i)) // a directory that is emptied is refused
		got, err := elsewhere[grown](ctx, errand{Config: b.config, Say: b.progress == os.Stderr, Grow: &grow{
			Directory: directory, Organizations: b.organizations, Users: b.users, Meter: kind.meter, Requests: kind.requests,
		}})
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		again, err := b.openAgain(ctx, reopen{Directory: directory, Meter: kind.meter, Minute: got.Minute.Add(time.Minute), Live: true}, got.Figures)
		if err = errors.Join(err, os.RemoveAll(directory)); err != nil {
			return fmt.Errorf("%s, opened again: %w", kind.name, err)
		}
		users := float64(b.users)
		perUser := (again.Heap + again.OffHeap) / users
		b.report.measured(kind.live, spread{perUser})
		b.report.measured(kind.resident, spread{float64(got.RSS)})
		t.line(kind.name, wholeBytes(perUser), wholeBytes(again.OffHeap/users), wholeBytes((got.Heap+got.OffHeap)/users), gigabytes(float64(got.RSS)), gigabytes(float64(got.Peak)))
	}
	t.note("Of %d users in %d organizations. Live is what a collection of garbage leaves and what lies off the Go heap; the figures of a collection are a part of it. First of the ledger that was opened again, with all of its process; then of the one in which all had just come, less what it had when it was empty. RSS is that one's after traffic of the mix, before garbage is collected.",
		b.users, b.organizations)
	return nil
}
