// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
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

var stageNames = [numStages]string{"decode (pdata)", "extract", "extract + record, nothing on disk", "extract + record, on disk"}

// records measures what a record costs, of traffic in sessions and, the worst
// case, of users drawn uniformly.
func (b *bench) records(ctx context.Context) error {
	if err := b.sessions(ctx); err != nil {
		return err
	}
	p, err := b.known(ctx)
	if err != nil {
		return err
	}
	var got stages
	for round := range b.rounds {
		sample := b.keep
		if round > 0 {
			sample = nil
		}
		if err := b.recordsRound(ctx, p, &got, sample); err != nil {
			return err
		}
	}
	b.reportRecords("Records of users drawn uniformly, one request in flight", got)
	added := got.ns[volatile].over(got.ns[decoding])
	b.report.measured(addedUniform, added)
	b.report.measured(addedDurable, got.ns[durable].over(got.ns[decoding]))
	b.report.measured(allocations, got.mallocs[durable])
	log, err := b.measureLog(ctx, p)
	if err != nil {
		return err
	}
	b.report.measured(logBytes, log.bytes)
	b.reportLog("uniform", log)
	return b.comparison(ctx, added)
}

// sessions measures traffic in sessions with ledgers of its own, since there
// organizations have another number of users.
func (b *bench) sessions(ctx context.Context) (err error) {
	p, err := b.newPair(ctx, "sessions", inSessions(zipf(b.organizations, b.users)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close(), os.RemoveAll(p.directory)) }()
	var got stages
	for range b.rounds {
		if err := b.recordsRound(ctx, p, &got, nil); err != nil {
			return err
		}
	}
	b.reportRecords("Records in sessions, organizations by Zipf's law, one request in flight", got)
	b.report.measured(addedSessions, got.ns[volatile].over(got.ns[decoding]))
	log, err := b.measureLog(ctx, p)
	if err != nil {
		return err
	}
	b.reportLog("in sessions", log)
	return nil
}

// stages is what a record costs in each stage, a value each round.
type stages struct {
	ns, mallocs [numStages]spread
	records     int // of all rounds
	onWire      int // bytes of them
	toDisk      int // bytes that the ledger on disk wrote, checkpoints included
}

// recordsRound takes requests through all stages. sample, if there is one, gets
// the requests.
func (b *bench) recordsRound(ctx context.Context, p *pair, to *stages, sample func(requests [][]byte) error) error {
	var sum [numStages]cost
	before := p.durable.written.all.Load()
	for range b.chunks {
		p.traffic.now = nextMinute(p.traffic.now)
		start := p.traffic.now
		requests, err := p.traffic.encoded(b.requests)
		if err != nil {
			return err
		}
		if sample != nil {
			if err := sample(requests); err != nil {
				return err
			}
		}
		for _, r := range requests {
			to.onWire += len(r)
		}
		if err := errors.Join(p.collect(ctx, start), p.stages(ctx, start, requests, &sum)); err != nil {
			return err
		}
	}
	records := b.chunks * b.requests * recordsPerRequest
	to.records += records
	to.toDisk += int(p.durable.written.all.Load() - before)
	for s, c := range sum {
		to.ns[s] = append(to.ns[s], perRecord(c.cpu, records))
		to.mallocs[s] = append(to.mallocs[s], float64(c.mallocs)/float64(records))
	}
	round := len(to.ns[volatile]) - 1
	b.say("  round %d: %s beside %s of decoding", round+1, nanoseconds(to.ns[volatile][round]), nanoseconds(to.ns[decoding][round]))
	return nil
}

// stages takes requests, the first of which arrives a step after start, through
// every stage and adds up the costs.
//
// Before, the figures are collected as the receiver does; that is a figure of
// its own. Garbage is collected there as well, so that what follows pays for
// its own only; decoding does not fill the heap before the next time.
func (p *pair) stages(ctx context.Context, start time.Time, requests [][]byte, sum *[numStages]cost) error {
	runtime.GC()
	batches := make([]plog.Logs, len(requests))
	take := func(to *pipeline) func() error {
		return func() error {
			for i, ld := range batches {
				if err := to.take(ctx, start.Add(step*time.Duration(i+1)), ld); err != nil {
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
				p.volatile.extract(ld)
			}
			return nil
		},
		volatile: take(p.volatile),
		durable:  take(p.durable),
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

func (b *bench) reportRecords(title string, got stages) {
	t := b.report.section(title, "CPU a record", "median (least..most)", "mean", "x decoding", "allocations")
	for s, name := range stageNames {
		t.line(name, got.ns[s].show(nanoseconds), nanoseconds(got.ns[s].mean()), got.ns[s].over(got.ns[decoding]).show(ratio), got.mallocs[s].show(count))
	}
	t.note("%d rounds of %d records of %d bytes. The mean has the checkpoints that some rounds have, the median may not. The ledger on disk wrote %s a record in all, checkpoints included.",
		len(got.ns[decoding]), b.chunks*b.requests*recordsPerRequest, got.onWire/got.records, wholeBytes(float64(got.toDisk)/float64(got.records)))
}
