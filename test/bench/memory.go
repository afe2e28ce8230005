// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
)

// learners is the meter of the default configuration with seven windows.
const learners = "active_learners"

// memory measures the live heap of a ledger with one meter of active users. It
// lies on disk, where no file is a part of the heap.
func (b *bench) memory(ctx context.Context) (err error) {
	m, err := openBook(b.settings, bookSettings{directory: filepath.Join(b.directory, "memory"), meter: learners})
	if err != nil {
		return err
	}
	t := newTraffic(b.organizations, b.users)
	before := liveHeap()
	err = t.everyone([]share{{write: (*traffic).learner}}, func(now time.Time, ld plog.Logs) error { return m.take(ctx, now, ld) })
	if err != nil {
		return err
	}
	if _, err := m.Collect(ctx, t.now.Add(time.Minute)); err != nil {
		return err
	}
	m.batch.Reset()
	users := b.organizations * b.users
	perUser := float64(int64(liveHeap())-int64(before)) / float64(users)
	b.table.add(row{
		what:     "live bytes per (organization, user), 7 windows",
		measured: fmt.Sprintf("%.0f B", perUser), goal: "<= 64 B", going: "24 B", met: perUser <= 64,
		note: "live heap after collecting garbage, less that of the empty ledger, of %d users in %d organizations; the figures of a collection are a part of it",
		args: []any{users, b.organizations},
	})
	return m.close()
}

// liveHeap is what a garbage collection leaves.
func liveHeap() uint64 {
	quiet()
	runtime.GC()
	runtime.GC() // the first only marks what pools keep
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
