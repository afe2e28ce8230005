// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// learners is the meter of the default configuration with seven windows.
const learners = "active_learners"

// memory measures a ledger on disk, where no file is a part of the heap: with
// one meter of active users, and with all meters. Each is made in a process of
// its own.
func (b *bench) memory(ctx context.Context) (err error) {
	if err := b.forget(); err != nil {
		return err
	}
	t := b.report.section("Memory", "meters", "live bytes a user", "of them off the Go heap", "RSS", "peak")
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
		if err = errors.Join(err, os.RemoveAll(directory)); err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		perUser := (got.Heap + got.OffHeap) / float64(b.users)
		b.report.measured(kind.live, spread{perUser})
		b.report.measured(kind.resident, spread{float64(got.RSS)})
		t.line(kind.name, wholeBytes(perUser), wholeBytes(got.OffHeap/float64(b.users)), gigabytes(float64(got.RSS)), gigabytes(float64(got.Peak)))
	}
	t.note("Of %d users in %d organizations. Live is what a collection of garbage leaves and what lies off the Go heap, less what the empty ledger has; the figures of a collection are a part of it. RSS is after traffic of the mix, before that collection of garbage.",
		b.users, b.organizations)
	return nil
}
