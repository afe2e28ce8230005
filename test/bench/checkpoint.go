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

// checkpoints measures how long requests wait that come at a steady pace, with
// a checkpoint every few seconds and without any, in turn. What the first wait
// longer is the checkpoints' doing.
func (b *bench) checkpoints(ctx context.Context) error {
	p, err := b.known(ctx)
	if err != nil {
		return err
	}
	requests, err := newPool(p.traffic, b.requests)
	if err != nil {
		return err
	}
	if err := p.reopen(never); err != nil {
		return err
	}
	pace, err := steady(ctx, p.durable, requests, b.flight)
	if err != nil {
		return err
	}
	without := &leg{name: "none", foldBytes: never}
	with := &leg{name: "after " + kibibytes(b.foldBytes) + " of redo", foldBytes: b.foldBytes}
	for round := range b.rounds {
		for _, l := range []*leg{without, with} {
			if err := l.round(ctx, p, requests, pace, b.paced); err != nil {
				return err
			}
		}
		b.say("  round %d: 1 of 1,000 requests waits %s, without checkpoints %s", round+1, seconds(with.rare[round]), seconds(without.rare[round]))
	}
	requests.leave(p.traffic)
	var stop spread
	for i, wait := range with.rare {
		stop = append(stop, max(0, wait-without.rare[i]))
	}
	b.report.measured(checkpointStop, stop)
	t := b.report.section("How long a request waits beside a checkpoint", "checkpoints", "p50", "p99.9", "longest", "written")
	for _, l := range []*leg{without, with} {
		t.line(l.name, l.typical.show(seconds), l.rare.show(seconds), l.longest.show(seconds), l.written.show(megabytes))
	}
	t.note("%d rounds of %s of each kind, in turn; a request of %d records is due every %s and waits from then on until it is acknowledged. That is %d times as long as one takes that is alone.",
		b.rounds, b.paced, recordsPerRequest, pace.Round(10*time.Microsecond), leisure)
	return p.reopen(0)
}

// leg is requests at a steady pace, with checkpoints or without, a value each
// round.
type leg struct {
	name      string
	foldBytes int64

	typical, rare, longest spread // seconds that requests waited: p50, p99.9, all
	written                spread // bytes, by the ledger
}

// round sends requests to the ledger on disk for a while.
func (l *leg) round(ctx context.Context, p *pair, requests *pool, pace, span time.Duration) error {
	if err := p.reopen(l.foldBytes); err != nil {
		return err
	}
	runtime.GC()
	quiet()
	before := p.durable.written.all.Load()
	waits, err := paced(ctx, p.durable, requests, pace, span)
	if err != nil {
		return err
	}
	l.typical = append(l.typical, quantile(waits, 0.5).Seconds())
	l.rare = append(l.rare, quantile(waits, 0.999).Seconds())
	l.longest = append(l.longest, quantile(waits, 1).Seconds())
	l.written = append(l.written, float64(p.durable.written.all.Load()-before))
	return nil
}

// leisure is how many times longer than a request takes a steady pace is.
const leisure = 3

// steady returns how far requests should be apart that the ledger can well keep
// up with.
func steady(ctx context.Context, to *pipeline, requests *pool, span time.Duration) (time.Duration, error) {
	alone := flight{senders: 1}
	if err := alone.round(ctx, to, requests, span); err != nil {
		return 0, err
	}
	return time.Duration(leisure * recordsPerRequest / alone.rate[0] * float64(time.Second)), nil
}

// paced sends a request whenever one is due, and returns, sorted, how long after
// that each was acknowledged. Those that are due during a stop wait for its
// end, as those of many senders would.
func paced(ctx context.Context, to *pipeline, requests *pool, pace, span time.Duration) ([]time.Duration, error) {
	waits := make([]time.Duration, max(1, int(span/pace)))
	errs := make([]error, len(waits))
	batches := sync.Pool{New: func() any { return &usage.Batch{} }}
	start := time.Now()
	timer := time.NewTimer(0)
	var wg sync.WaitGroup
	for i := range waits {
		<-timer.C
		due := start.Add(time.Duration(i) * pace)
		timer.Reset(time.Until(due.Add(pace)))
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
