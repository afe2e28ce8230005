// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"context"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// enough is how many items are recorded at once within a step: each record
// waits for the disk.
const enough = 20_000

// longestGap is the longest stretch without any item that is collected
// through. A longer one is no silence but a wrong date in the recording, or two
// recordings; it would cost millions of collections to say nothing.
const longestGap = 35 * 24 * time.Hour

// player owns the clock of a replay.
type player struct {
	Settings
	report *Report

	clock     time.Time // latest event time met
	collected time.Time // the latest step
	written   time.Time // minute of the latest figures in the store
	started   bool
	batch     usage.Batch
}

// play takes the next request.
func (p *player) play(ctx context.Context, r request) error {
	first, last := r.span(p.clock, p.Until)
	if !last.IsZero() { // else: nothing in it is newer than the clock
		if !p.started {
			first = last
		}
		if err := p.reach(ctx, first); err != nil {
			return err
		}
		p.clock = last
	}
	r.extract(p.Extractor, &p.batch)
	p.report.Requests++
	p.report.Items += r.items
	if p.started && len(p.batch.Items) >= enough {
		return p.record(ctx)
	}
	return nil
}

// reach collects every step up to an instant, after counting what came before
// it.
func (p *player) reach(ctx context.Context, at time.Time) error {
	if !p.started {
		return p.begin(ctx, at)
	}
	step := p.next(p.collected)
	if step.After(at) {
		return nil
	}
	if err := p.record(ctx); err != nil {
		return err
	}
	if at.Sub(step) > longestGap {
		step = p.next(at.Add(-time.Minute))
	}
	for ; !step.After(at); step = p.next(step) {
		if step.Before(p.clock.Truncate(time.Minute)) {
			continue // a request spanned it
		}
		if err := p.collect(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// begin collects once before anything is counted: the figures that the replay
// finds, and how far the ledger's clock is.
func (p *player) begin(ctx context.Context, at time.Time) error {
	p.started = true
	at = at.Truncate(time.Minute)
	before, err := p.Ledger.Collect(ctx, at)
	if err != nil {
		return err
	}
	p.report.begin(before)
	p.collected = at
	if before.At.After(at) {
		p.report.PassedUntil = before.At
	}
	return nil
}

// next returns the step that follows an instant.
func (p *player) next(at time.Time) time.Time {
	if !at.Before(p.FineFrom) {
		return at.Truncate(p.Fine).Add(p.Fine)
	}
	step := at.Truncate(p.Step).Add(p.Step)
	if step.After(p.FineFrom) {
		step = p.FineFrom.Truncate(p.Fine).Add(p.Fine)
	}
	return step
}

// collect stores the figures of one minute, unless the ledger has passed it.
func (p *player) collect(ctx context.Context, step time.Time) error {
	p.collected = step
	if !step.After(p.report.PassedUntil) {
		return nil
	}
	figures, err := p.Ledger.Collect(ctx, step)
	if err != nil {
		return err
	}
	return p.write(figures)
}

// record counts what has been read.
func (p *player) record(ctx context.Context) error {
	if len(p.batch.Items) == 0 {
		return nil
	}
	if p.clock.IsZero() {
		p.clock = p.Until // no item has a time
	}
	err := p.Ledger.Record(ctx, p.clock, &p.batch)
	p.batch.Reset()
	return err
}

// finish counts the rest and collects the last minute.
func (p *player) finish(ctx context.Context) error {
	until := p.Until.Truncate(time.Minute)
	if err := p.reach(ctx, until); err != nil {
		return err
	}
	if err := p.record(ctx); err != nil {
		return err
	}
	figures, err := p.Ledger.Collect(ctx, until)
	if err != nil {
		return err
	}
	p.report.end(figures) // the outcomes after the last record
	if !p.written.Before(figures.At) || !figures.At.After(p.report.PassedUntil) {
		return nil
	}
	return p.write(figures)
}

func (p *player) write(figures usage.Collection) error {
	if err := p.Store.Write(figures); err != nil {
		return err
	}
	p.written = figures.At
	p.report.Collections++
	return nil
}
