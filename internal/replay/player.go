// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"context"
	"fmt"
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
	before map[string]Outcomes // what the ledger had when the replay began

	clock     time.Time // when the latest request arrived
	collected time.Time // the latest step
	started   bool
	batch     usage.Batch
	figures   chan usage.Collection // on their way to the store
}

// run plays all files.
func (p *player) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for r := range readAhead(ctx, p.Recording.files) {
		switch {
		case r.fatal != nil:
			return r.fatal
		case r.bad != nil: // the recording has noted it
		default:
			arrived, err := p.Recording.arrival(p.report.Requests)
			if err == nil {
				err = p.play(ctx, r, arrived)
			}
			if err != nil {
				return fmt.Errorf("%s:%d: %w", r.file, r.line, err)
			}
		}
		if p.Progress != nil {
			p.Progress(Progress{Share: p.Recording.share(r.read, 1), Items: p.report.Items, Clock: p.clock})
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.finish(ctx)
}

// play takes the next request, which arrived when the recording says; the zero
// time: before there was a clock.
func (p *player) play(ctx context.Context, r request, arrived time.Time) error {
	if arrived.After(p.clock) {
		first := arrived
		if p.started {
			first = r.first(p.clock, arrived)
		}
		if err := p.reach(ctx, first); err != nil {
			return err
		}
		p.clock = arrived
	}
	for _, signal := range r.extract {
		signal(p.Extractor, &p.batch)
	}
	p.report.Requests++
	p.report.Items += r.items
	ahead := 0
	if p.started {
		ahead = r.ahead(p.clock.Add(p.Future))
	}
	if ahead > 0 {
		p.report.Ahead.add(r, fmt.Errorf("of its %d items %d are ahead of %s, when it arrived", r.items, ahead, p.clock.Format(time.RFC3339)))
	}
	if ahead > 0 || p.started && len(p.batch.Items) >= enough {
		return p.record(ctx) // before the clock goes on and makes them right
	}
	return nil
}

// reach moves on to an instant: what came in earlier minutes is counted, since
// samples of concurrent users are final a minute after their instant, and every
// step up to the instant is collected.
func (p *player) reach(ctx context.Context, at time.Time) error {
	if !p.started {
		p.started, p.collected = true, at.Truncate(time.Minute)
		return nil
	}
	if at.Truncate(time.Minute).After(p.clock) {
		if err := p.record(ctx); err != nil {
			return err
		}
	}
	step := p.next(p.collected)
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

// collect takes the figures of one minute, unless the ledger has passed it.
func (p *player) collect(ctx context.Context, step time.Time) error {
	p.collected = step
	figures, err := p.Ledger.Collect(ctx, step)
	if err != nil {
		return err
	}
	if len(figures.Organizations) == 0 {
		if len(p.before) > 0 {
			p.report.Passed++
		}
		return nil
	}
	p.report.Collections++
	select {
	case p.figures <- figures:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// store writes figures in the order in which they were collected, beside the
// counting.
func (p *player) store() error {
	for figures := range p.figures {
		if err := p.Store.Write(figures); err != nil {
			return fmt.Errorf("store the figures of %s: %w", figures.At.UTC().Format(time.RFC3339), err)
		}
	}
	return nil
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
	if p.report.Requests < p.Recording.Requests() {
		return errChanged
	}
	until := p.Until.Truncate(time.Minute)
	if err := p.reach(ctx, until); err != nil {
		return err
	}
	if err := p.record(ctx); err != nil || !p.collected.Before(until) {
		return err
	}
	return p.collect(ctx, until)
}
