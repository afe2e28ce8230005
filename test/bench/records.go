// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
)

// The stages that are measured of the same requests, one after the other, again
// and again.
const (
	decoding   = iota
	extracting // on what is decoded
	volatile   // extracting and recording, in memory
	durable    // extracting and recording, on disk: what the processor adds
	numStages
)

var stageNames = [numStages]string{"decode (pdata)", "extract", "extract + record, volatile", "extract + record, durable"}

// records measures what a record costs. Between the chunks of a round, which
// begin with a minute, the figures are collected as the receiver does; that is
// a figure of its own. Garbage is collected there as well, so that what follows
// pays for its own only; decoding does not fill the heap before the next time.
func (b *bench) records(ctx context.Context) error {
	var ns, mallocs [numStages][]float64
	bytes, records := 0, b.chunks*b.requests*recordsPerRequest
	for round := range b.rounds {
		var sum [numStages]cost
		for range b.chunks {
			b.traffic.now = b.traffic.now.Truncate(time.Minute).Add(time.Minute)
			start := b.traffic.now
			requests, err := b.traffic.encoded(b.requests)
			if err != nil {
				return err
			}
			if round == 0 {
				if err := b.keep(requests); err != nil {
					return err
				}
			}
			for _, r := range requests {
				bytes += len(r)
			}
			if err := errors.Join(b.collect(ctx, start), b.chunk(ctx, requests, &sum)); err != nil {
				return err
			}
		}
		for s, c := range sum {
			ns[s] = append(ns[s], perRecord(c.cpu, records))
			mallocs[s] = append(mallocs[s], float64(c.mallocs)/float64(records))
		}
	}
	b.reportRecords(ns, mallocs, bytes/(records*b.rounds))
	return nil
}

// collect shows the figures of a minute, of both ledgers.
func (b *bench) collect(ctx context.Context, minute time.Time) error {
	_, err := b.volatile.Collect(ctx, minute)
	_, err2 := b.durable.Collect(ctx, minute)
	return errors.Join(err, err2)
}

// chunk takes requests through every stage and adds up the costs.
func (b *bench) chunk(ctx context.Context, requests [][]byte, sum *[numStages]cost) error {
	runtime.GC()
	batches := make([]plog.Logs, len(requests))
	first := b.traffic.now.Add(-step * time.Duration(len(requests)-1))
	take := func(to *book) func() error {
		return func() error {
			for i, ld := range batches {
				if err := to.take(ctx, first.Add(step*time.Duration(i)), ld); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for s, f := range [numStages]func() error{
		decoding: func() error { return decode(requests, batches) },
		extracting: func() error {
			for _, ld := range batches {
				b.volatile.extract(ld)
			}
			return nil
		},
		volatile: take(b.volatile),
		durable:  take(b.durable),
	} {
		c, err := measure(f)
		if err != nil {
			return err
		}
		sum[s] = sum[s].plus(c)
	}
	return nil
}

func decode(requests [][]byte, batches []plog.Logs) error {
	for i, data := range requests {
		request := plogotlp.NewExportRequest()
		if err := request.UnmarshalProto(data); err != nil {
			return err
		}
		batches[i] = request.Logs()
	}
	return nil
}

func (b *bench) reportRecords(ns, mallocs [numStages][]float64, bytes int) {
	b.say("\nCPU per record of %d bytes, medians of %d rounds of %d records", bytes, b.rounds, b.chunks*b.requests*recordsPerRequest)
	b.added = median(ratios(ns[durable], ns[decoding]))
	for s, name := range stageNames {
		b.say("  %-27s %7.0f ns  (%.0f-%.0f, mean %.0f)  %.2fx decode  %6.2f allocations", name,
			median(ns[s]), least(ns[s]), most(ns[s]), mean(ns[s]), median(ratios(ns[s], ns[decoding])), median(mallocs[s]))
	}
	b.table.add(row{
		what:     "CPU added per log record / pdata decoding",
		measured: fmtRatio(b.added), goal: "<= 0.70x", going: "0.25x", met: b.added <= 0.70,
		note: "%.0f ns beside %.0f ns of decoding; %.0f ns in the mean, with the checkpoints that some rounds have; volatile %s; extraction alone %s",
		args: []any{
			median(ns[durable]), median(ns[decoding]), mean(ns[durable]), fmtRatio(median(ratios(ns[volatile], ns[decoding]))),
			fmtRatio(median(ratios(ns[extracting], ns[decoding]))),
		},
	})
	b.table.add(row{
		what:     "allocations per record",
		measured: fmt.Sprintf("%.2f", median(mallocs[durable])), goal: "0", going: "0", met: median(mallocs[durable]) < 0.1,
		note: "%.0f a request of %d records: of its commit, and of turning minutes and checkpoints",
		args: []any{median(mallocs[durable]) * recordsPerRequest, recordsPerRequest},
	})
}
