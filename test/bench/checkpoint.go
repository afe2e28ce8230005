// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// pace is how far requests are apart that are sent to see how long they wait:
// 51,200 records a second, whether the ledger keeps up or not.
const pace = 10 * time.Millisecond

// checkpoints measures how long requests wait that come at a steady pace, with
// a checkpoint every few seconds and without any, in turn. What the first wait
// longer is the checkpoints' doing.
func (b *bench) checkpoints(ctx context.Context) error {
	p, err := b.known(ctx)
	if err != nil {
		return err
	}
	requests, err := newPool(p.traffic, b.requests)
	if err == nil {
		err = requests.decode()
	}
	if err != nil {
		return err
	}
	legs := []struct {
		name                   string
		foldBytes              int64
		typical, rare, longest spread
	}{{name: "none", foldBytes: never}, {name: "after " + kibibytes(b.foldBytes) + " of redo", foldBytes: b.foldBytes}}
	for range b.rounds {
		for i := range legs {
			leg := &legs[i]
			if err := p.reopen(leg.foldBytes); err != nil {
				return err
			}
			runtime.GC()
			quiet()
			waits, err := paced(ctx, p.durable, requests, b.paced)
			if err != nil {
				return err
			}
			leg.typical = append(leg.typical, quantile(waits, 0.5).Seconds())
			leg.rare = append(leg.rare, quantile(waits, 0.999).Seconds())
			leg.longest = append(leg.longest, quantile(waits, 1).Seconds())
		}
	}
	requests.leave(p.traffic)
	var stop spread
	for i, with := range legs[1].rare {
		stop = append(stop, max(0, with-legs[0].rare[i]))
	}
	b.report.measured(checkpointStop, stop)
	t := b.report.section("How long a request waits beside a checkpoint",
		"checkpoints", "p50", "p99.9", "longest")
	for _, leg := range legs {
		t.line(leg.name, leg.typical.show(seconds), leg.rare.show(seconds), leg.longest.show(seconds))
	}
	t.note("%d rounds of %s of each kind, in turn; a request of %d records is due every %s and waits from then on until it is acknowledged.",
		b.rounds, b.paced, recordsPerRequest, pace)
	return p.reopen(0)
}

// paced sends a request whenever one is due, and returns, sorted, how long after
// that each was acknowledged. Requests that are due during a stop wait for its
// end, as those of many senders would.
func paced(ctx context.Context, to *pipeline, requests *pool, span time.Duration) ([]time.Duration, error) {
	waits := make([]time.Duration, max(1, int(span/pace)))
	errs := make([]error, len(waits))
	batches := sync.Pool{New: func() any { return &usage.Batch{} }}
	start := time.Now()
	var wg sync.WaitGroup
	for i := range waits {
		due := start.Add(time.Duration(i) * pace)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			batch := batches.Get().(*usage.Batch)
			defer batches.Put(batch)
			now := requests.next(to, batch)
			errs[i] = to.Record(ctx, now, batch)
			waits[i] = time.Since(due)
		})
	}
	wg.Wait()
	slices.Sort(waits)
	return waits, errors.Join(errs...)
}
