// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// crowd is how many requests are in flight at most.
const crowd = 64

// flight is so many senders with a request in flight each, to one ledger.
type flight struct {
	senders int
	onDisk  bool

	rate, cpu     spread // records a second; ns a record
	typical, rare spread // acknowledged after seconds: p50, p99
}

// inFlight measures how many records a second are acknowledged to one sender
// and to many at once, on disk and in memory, in turn.
func (b *bench) inFlight(ctx context.Context) error {
	p, err := b.known(ctx)
	if err != nil {
		return err
	}
	requests, err := newPool(p.traffic, b.requests)
	if err != nil {
		return err
	}
	var flights []*flight
	for _, senders := range []int{1, 16, crowd} {
		flights = append(flights, &flight{senders: senders}, &flight{senders: senders, onDisk: true})
	}
	var decoded spread
	for round := range b.rounds {
		c, err := measure(requests.decode)
		if err != nil {
			return err
		}
		decoded = append(decoded, perRecord(c.cpu, len(requests.decoded)*recordsPerRequest))
		for _, f := range flights {
			to := p.volatile
			if f.onDisk {
				to = p.durable
			}
			if err := f.round(ctx, to, requests, b.flight); err != nil {
				return err
			}
		}
		b.say("  round %d: %s records a second on disk, %d in flight", round+1, millions(flights[len(flights)-1].rate[round]), crowd)
	}
	requests.leave(p.traffic)
	b.reportFlights(flights, decoded)
	return nil
}

// round sends requests for a while.
func (f *flight) round(ctx context.Context, to *pipeline, requests *pool, span time.Duration) error {
	runtime.GC()
	quiet()
	before, start := cpuTime(), time.Now()
	var wg sync.WaitGroup
	senders := make([]sender, f.senders)
	for i := range senders {
		s := &senders[i]
		wg.Go(func() {
			for s.err == nil && time.Since(start) < span {
				s.err = s.send(ctx, requests, to)
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start)
	quiet()
	used := cpuTime() - before
	var acks []time.Duration
	var err error
	for _, s := range senders {
		acks, err = append(acks, s.acks...), errors.Join(err, s.err)
	}
	slices.Sort(acks)
	records := len(acks) * recordsPerRequest
	f.rate = append(f.rate, float64(records)/elapsed.Seconds())
	f.cpu = append(f.cpu, perRecord(used, records))
	f.typical = append(f.typical, quantile(acks, 0.5).Seconds())
	f.rare = append(f.rare, quantile(acks, 0.99).Seconds())
	return err
}

// sender has one request in flight at a time.
type sender struct {
	batch usage.Batch
	acks  []time.Duration
	err   error
}

func (s *sender) send(ctx context.Context, requests *pool, to *pipeline) error {
	start := time.Now()
	now := requests.next(to, &s.batch)
	err := to.Record(ctx, now, &s.batch)
	s.acks = append(s.acks, time.Since(start))
	return err
}

func (b *bench) reportFlights(flights []*flight, decoded spread) {
	t := b.report.section("Requests in flight", "in flight", "", "records a second", "CPU a record, with extraction", "x decoding", "acknowledged, p50", "p99")
	for _, f := range flights {
		where := "nothing on disk"
		if f.onDisk {
			where = "on disk"
		}
		t.line(strconv.Itoa(f.senders), where, f.rate.show(millions), f.cpu.show(nanoseconds), f.cpu.over(decoded).show(ratio), f.typical.show(seconds), f.rare.show(seconds))
	}
	t.note("%d rounds of %s each, in turn; decoding the same requests took %s a record. Users are drawn uniformly; all senders share the CPUs with the ledger.",
		b.rounds, b.flight, decoded.show(nanoseconds))
	inMemory, onDisk := flights[len(flights)-2], flights[len(flights)-1]
	b.report.measured(durableShare, onDisk.rate.over(inMemory.rate))
	b.report.measured(durableRate, onDisk.rate)
	b.report.measured(addedDurable64, onDisk.cpu.over(decoded))
}
