// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/attach"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// usageReceiver collects on a schedule. Between Start and Shutdown its
// goroutine alone owns what is declared below the blank line.
type usageReceiver struct {
	config   *Config
	settings receiver.Settings
	next     consumer.Metrics
	report   *receiverhelper.ObsReport
	stop     context.CancelFunc // nil before Start
	loop     sync.WaitGroup

	ledger   usage.Ledger
	at       time.Time // the minute of the last collection
	register *register
	shown    shown // by the last one that was taken
	memory   memory
}

func newUsageReceiver(set receiver.Settings, config *Config, next consumer.Metrics) (*usageReceiver, error) {
	report, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: set.ID, ReceiverCreateSettings: set, LongLivedCtx: true,
	})
	if err != nil {
		return nil, fmt.Errorf("receivers::%s: prepare own metrics: %w", set.ID, err)
	}
	return &usageReceiver{
		config: config, settings: set, next: next, report: report, register: newRegister(),
		memory: memory{name: set.ID.String(), unsure: map[string]struct{}{}},
	}, nil
}

// Start finds the ledger and starts to collect.
func (r *usageReceiver) Start(start context.Context, host component.Host) error {
	if err := r.find(start, host); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.loop.Go(func() { r.run(ctx) })
	return nil
}

// find finds the ledger, and what was shown of it before.
func (r *usageReceiver) find(ctx context.Context, host component.Host) error {
	ledger, err := attach.Ledger(host, fmt.Sprintf("receivers::%s::ledger", r.settings.ID), r.config.Ledger)
	if err != nil {
		return err
	}
	r.ledger = ledger
	r.memory.ledger, _ = ledger.(usage.Memory)
	if r.shown, err = r.memory.recall(ctx, r.register); err != nil {
		r.settings.Logger.Warn("series that have ended meanwhile are seen for five minutes more: what was shown before the start cannot be read", zap.Error(err))
	}
	r.at = r.shown.at
	return nil
}

// Shutdown stops collecting and waits for a collection under way, as long as
// ctx allows. It sends nothing more: what is new since the last minute is in
// the ledger, and in the figures after the next start.
func (r *usageReceiver) Shutdown(ctx context.Context) error {
	if r.stop == nil {
		return nil
	}
	r.stop()
	done := make(chan struct{})
	go func() {
		r.loop.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the last collection: %w", ctx.Err())
	}
}

// run is the only reader of the clock.
func (r *usageReceiver) run(ctx context.Context) {
	for {
		now := time.Now()
		timer := time.NewTimer(due(now, r.config.Interval).Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			r.collect(ctx, time.Now())
		}
	}
}

// due is when to collect next: intervals of whole minutes lie on whole minutes
// of the clock, so that figures arrive as soon as their minute is over.
func due(now time.Time, interval time.Duration) time.Time {
	if interval%time.Minute == 0 {
		return now.Truncate(interval).Add(interval)
	}
	return now.Add(interval)
}

// collect sends the figures of one minute. It does not try again: the next
// minute's figures are due before long, and the retries of a store that is away
// are its exporter's. What the process tells of itself while the ledger has no
// figures is sent, too; the series of before then have not ended.
func (r *usageReceiver) collect(ctx context.Context, now time.Time) {
	collection, failed := r.ledger.Collect(ctx, now)
	if ctx.Err() != nil {
		return // stopped in the middle
	}
	if failed != nil {
		r.settings.Logger.Error("figures of a minute are missing: the ledger did not collect them", zap.Time("minute", now.Truncate(time.Minute)), zap.Error(failed))
	}
	if collection.At.Equal(r.at) || len(collection.Organizations) == 0 {
		return
	}
	r.at = collection.At
	shows, changes := r.shown, []change(nil)
	if failed == nil {
		shows, changes = r.register.follow(r.shown, collection)
		if err := r.memory.remember(ctx, r.register, shows, changes); err != nil && ctx.Err() == nil {
			r.settings.Logger.Warn("after a restart some series will be seen for longer than they are: what is shown was not written down", zap.Error(err))
		}
	}
	if ctx.Err() != nil {
		return
	}
	metrics := convert(ctx, collection, r.shown, changes, max(r.config.Interval, time.Minute))
	if ctx.Err() != nil {
		return // stopped in the middle: the ledger has the figures
	}
	points := metrics.DataPointCount() // whoever takes the metrics may change them
	ctx = r.report.StartMetricsOp(ctx)
	err := r.next.ConsumeMetrics(ctx, metrics)
	r.report.EndMetricsOp(ctx, "ledger", points, err)
	switch {
	case err != nil: // r.shown stays: what ended has still to be told
		r.settings.Logger.Error("figures of a minute are missing: they were refused; give the exporters of this pipeline a sending_queue", zap.Time("minute", collection.At), zap.Error(err))
	case failed == nil:
		r.shown = shows
		r.memory.taken()
	}
	r.memory.shrink(r.register, r.shown)
}
