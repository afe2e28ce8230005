// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
)

// collections measures Collect of a ledger of many users and of one of few, in
// the same organizations, minute by minute and in turn. Between two collections
// both get some traffic.
func (b *bench) collections(ctx context.Context) (err error) {
	memory, err := inMemory("")
	if err != nil {
		return err
	}
	few, err := openBook(b.settings, memory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, few.close()) }()
	sparse := newTraffic(b.organizations, b.fewUsers)
	sparse.now = b.traffic.now
	if err := sparse.everyone(greetings, func(now time.Time, ld plog.Logs) error { return few.take(ctx, now, ld) }); err != nil {
		return err
	}
	var many, little []float64
	figures := 0
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	at := b.traffic.now.Truncate(time.Minute)
	for i := range b.minutes {
		if i%30 == 0 {
			runtime.GC()
		}
		at = at.Add(time.Minute)
		if err := b.minute(ctx, few, sparse, at); err != nil {
			return err
		}
		a, n, err := collect(ctx, b.volatile, at)
		if err != nil {
			return err
		}
		c, _, err := collect(ctx, few, at)
		if err != nil {
			return err
		}
		many, little, figures = append(many, a), append(little, c), n
		b.traffic.now, sparse.now = at, at
	}
	b.reportCollections(many, little, figures)
	return nil
}

// minute sends both a little before a minute ends.
func (b *bench) minute(ctx context.Context, few *book, sparse *traffic, end time.Time) error {
	b.traffic.now, sparse.now = end.Add(-10*step), end.Add(-10*step)
	for range 4 {
		ld := b.traffic.request()
		if err := b.volatile.take(ctx, b.traffic.now, ld); err != nil {
			return err
		}
		ld = sparse.request()
		if err := few.take(ctx, sparse.now, ld); err != nil {
			return err
		}
	}
	return nil
}

// collect returns the processor time of a collection in ns, and how many
// figures there are.
func collect(ctx context.Context, from *book, at time.Time) (ns float64, figures int, err error) {
	start := cpuTime()
	c, err := from.Collect(ctx, at)
	if err != nil {
		return 0, 0, err
	}
	ns = float64((cpuTime() - start).Nanoseconds())
	for _, o := range c.Organizations {
		figures += len(o.Figures)
	}
	return ns, figures, nil
}

func (b *bench) reportCollections(many, little []float64, figures int) {
	ratio := median(many) / median(little)
	b.say("\nCPU of Collect, medians of %d minutes, %d figures of %d organizations", b.minutes, figures, b.organizations)
	b.say("  %5d users an organization %6.1f ms  (mean %.1f)", b.fewUsers, median(little)/1e6, mean(little)/1e6)
	b.say("  %5d users an organization %6.1f ms  (mean %.1f)", b.users, median(many)/1e6, mean(many)/1e6)
	b.table.add(row{
		what:     "Collect, 1,000 users an organization / 10",
		measured: fmtRatio(ratio), goal: "<= 1.2x", going: "1.1x", met: ratio <= 1.2,
		note: "%.1f ms beside %.1f ms of CPU for %d figures; means of all minutes %.1f and %.1f ms",
		args: []any{median(many) / 1e6, median(little) / 1e6, figures, mean(many) / 1e6, mean(little) / 1e6},
	})
}

func mean(values []float64) (sum float64) {
	for _, v := range values {
		sum += v / float64(len(values))
	}
	return sum
}
