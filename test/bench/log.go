// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "context"

// logged is what the log takes, a round each.
type logged struct{ bytes, syncs spread } // a record, a request

// measureLog sends requests, one at a time, to the ledger on disk while it
// makes no checkpoints, so that what is written to the log is theirs.
func (b *bench) measureLog(ctx context.Context, p *pair) (out logged, err error) {
	if err := p.reopen(never); err != nil {
		return out, err
	}
	for range b.rounds {
		quiet()
		bytes, syncs := p.durable.written.log.Load(), p.durable.written.syncs.Load()
		n := max(1, b.requests/5)
		for range n {
			ld := p.traffic.request()
			if err := p.durable.take(ctx, p.traffic.now, ld); err != nil {
				return out, err
			}
		}
		quiet()
		out.bytes = append(out.bytes, float64(p.durable.written.log.Load()-bytes)/float64(n*recordsPerRequest))
		out.syncs = append(out.syncs, float64(p.durable.written.syncs.Load()-syncs)/float64(n))
	}
	return out, p.reopen(0)
}

// reportLog reports it below what other traffic writes.
func (b *bench) reportLog(traffic string, got logged) {
	if b.logTable == nil {
		b.logTable = b.report.section("What is written to the log", "traffic", "bytes a record", "syncs a request")
	}
	b.logTable.line(traffic, got.bytes.show(someBytes), got.syncs.show(count))
}
