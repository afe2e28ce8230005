// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

const (
	senders = 64
	// pooled is how many different requests are in flight in turn. Their times
	// and uids are made new each time, so that they are counted anew.
	pooled = 256
)

// inFlight measures how many records a second are acknowledged to many senders
// at once, on disk and in memory, in turn.
func (b *bench) inFlight(ctx context.Context) error {
	f := &flight{}
	for range min(pooled, b.requests) {
		f.pool = append(f.pool, b.traffic.request())
	}
	f.began, f.uid = b.traffic.now, b.traffic.uids
	var fast, slow, share []float64
	var acks [2][]time.Duration
	for range b.rounds {
		v, ack, err := f.fly(ctx, b.volatile, b.flight)
		if err != nil {
			return err
		}
		acks[0] = append(acks[0], ack...)
		d, ack, err := f.fly(ctx, b.durable, b.flight)
		if err != nil {
			return err
		}
		acks[1] = append(acks[1], ack...)
		fast, slow, share = append(fast, v), append(slow, d), append(share, d/v)
	}
	b.traffic.now, b.traffic.uids = f.now(f.sent.Load()), f.uid+uint64(f.sent.Load())*recordsPerRequest
	b.reportFlight(median(fast), median(slow), median(share), acks)
	return nil
}

// flight is senders with requests in flight.
type flight struct {
	pool  []plog.Logs
	began time.Time
	uid   uint64
	sent  atomic.Int64
}

func (f *flight) now(sent int64) time.Time { return f.began.Add(step * time.Duration(sent)) }

// fly returns how many records a second a ledger acknowledged, and after how
// long each request.
func (f *flight) fly(ctx context.Context, to *book, span time.Duration) (rate float64, acks []time.Duration, err error) {
	quiet()
	start := time.Now()
	var wg sync.WaitGroup
	results := make([]sender, senders)
	for i := range results {
		s := &results[i]
		wg.Go(func() {
			for s.err == nil && time.Since(start) < span {
				s.err = s.send(ctx, f, to)
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start)
	for _, s := range results {
		acks, err = append(acks, s.acks...), errors.Join(err, s.err)
	}
	slices.Sort(acks)
	return float64(len(acks)*recordsPerRequest) / elapsed.Seconds(), acks, err
}

// sender has one request in flight at a time.
type sender struct {
	batch usage.Batch
	acks  []time.Duration
	err   error
}

func (s *sender) send(ctx context.Context, f *flight, to *book) error {
	n := f.sent.Add(1)
	now, uid := f.now(n), f.uid+uint64(n)*recordsPerRequest
	s.batch.Reset()
	to.extractor.Logs(f.pool[int(n)%len(f.pool)], "", &s.batch)
	for i := range s.batch.Items {
		it := &s.batch.Items[i]
		it.Time = now.UnixNano() - int64(len(s.batch.Items)-i)
		it.Content[0] += uint64(n) // else the same request again would be its duplicate
		if it.UID != "" {
			it.UID = uidOf(uid + uint64(i))
		}
	}
	start := time.Now()
	err := to.Record(ctx, now, &s.batch)
	s.acks = append(s.acks, time.Since(start))
	return err
}

func (b *bench) reportFlight(fast, slow, share float64, acks [2][]time.Duration) {
	b.say("\n%d requests of %d records in flight, extracted and recorded, medians of %d rounds of %s", senders, recordsPerRequest, b.rounds, b.flight)
	text := [2]string{}
	for i, rate := range []float64{fast, slow} {
		slices.Sort(acks[i])
		text[i] = fmt.Sprintf("%.2f M records/s, acknowledged after %s (p50), %s (p99)", rate/1e6,
			quantile(acks[i], 0.5).Round(10*time.Microsecond), quantile(acks[i], 0.99).Round(10*time.Microsecond))
		b.say("  %-9s %s", stageKind[i], text[i])
	}
	b.table.add(row{
		what:     "durable / volatile throughput, 64 requests in flight",
		measured: fmtRatio(share), goal: ">= 0.5x", going: "0.9x", met: share >= 0.5,
		note: "durable %s; volatile %s", args: []any{text[1], text[0]},
	})
}

var stageKind = [2]string{"volatile", "durable"}
