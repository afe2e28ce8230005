// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// tenMillion measures a ledger of many times the users, each of whom has done
// everything: its memory, its restart after a clean end, and how long requests
// wait beside its checkpoints. Processes of their own make and reopen it.
func (b *bench) tenMillion(ctx context.Context) (err error) {
	if err := b.forget(); err != nil {
		return err
	}
	directory := filepath.Join(b.directory, "many")
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()
	users := b.users * b.many
	made, err := elsewhere[grown](ctx, errand{Config: b.config, Say: b.progress == os.Stderr, Grow: &grow{
		Directory: directory, Organizations: b.organizations, Users: users, Requests: b.chunks * b.requests,
	}})
	if err != nil {
		return fmt.Errorf("make %d users: %w", users, err)
	}
	b.report.measured(tenMillionRSS, spread{float64(made.RSS)})
	b.say("  %d users are there, %s", users, gigabytes(float64(made.RSS)))
	restart := func(r reopen) (opened reopened, err error) {
		if opened, err = b.openAgain(ctx, r, made.Figures); err != nil {
			return opened, fmt.Errorf("reopen %d users: %w", users, err)
		}
		b.say("  a start took %s", seconds(opened.Took.Seconds()))
		return opened, nil
	}
	// The end of the process that made them has a bounded time for its last checkpoint, and
	// may have left some of it to the log. So the second start is the one after a clean end.
	many := reopen{Directory: directory, Minute: made.Minute.Add(time.Minute), Organizations: b.organizations, Users: users}
	first, err := restart(many)
	if err != nil {
		return err
	}
	many.Minute, many.Paced, many.FoldBytes = many.Minute.Add(time.Minute), b.paced, b.foldBytes
	clean, err := restart(many)
	if err != nil {
		return err
	}
	b.report.measured(tenMillionRestart, spread{clean.Took.Seconds()})
	b.report.measured(tenMillionStop, spread{quantile(clean.Waits, 1).Seconds()})
	t := b.report.section(fmt.Sprintf("%d users", users),
		"RSS when all have come", "peak", "live bytes a user", "first start", "restart after a clean end", "CPU of it", "RSS after it", "request beside checkpoints, p50", "p99.9", "longest")
	t.line(gigabytes(float64(made.RSS)), gigabytes(float64(made.Peak)), wholeBytes((made.Heap+made.OffHeap)/float64(users)),
		seconds(first.Took.Seconds()), seconds(clean.Took.Seconds()), seconds(clean.CPU.Seconds()), gigabytes(float64(clean.RSS)),
		seconds(quantile(clean.Waits, 0.5).Seconds()), seconds(quantile(clean.Waits, 0.999).Seconds()), seconds(quantile(clean.Waits, 1).Seconds()))
	t.note("The files are in the page cache; the figures of active users are compared with those of the ledger that was closed. Checkpoints after %s of redo, for %s.",
		kibibytes(b.foldBytes), b.paced)
	return nil
}

// openAgain opens a ledger in a process of its own, and compares its active users with
// those of figures of before.
func (b *bench) openAgain(ctx context.Context, r reopen, before usage.Collection) (opened reopened, err error) {
	if opened, err = elsewhere[reopened](ctx, errand{Config: b.config, Reopen: &r}); err == nil {
		err = same(activeUsers(before), activeUsers(opened.Figures))
	}
	return opened, err
}

// activeUsers keeps the figures that a minute without records does not change.
// A ledger shows each minute once, so that the same one cannot be compared.
func activeUsers(c usage.Collection) (kept usage.Collection) {
	for _, o := range c.Organizations {
		o.Figures = slices.DeleteFunc(slices.Clone(o.Figures), func(f usage.Figure) bool { return f.Series.Name != "usage_active_users" })
		kept.Organizations = append(kept.Organizations, o)
	}
	return kept
}
