// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package tsdbexporter

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/exporter/tsdbexporter/internal/metadata"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
)

// collectionPatience is how long after its whole minute a collection is waited
// for before rules are evaluated without it, as those that tell of its absence.
const collectionPatience = 30 * time.Second

// ruleLoop evaluates the rules of a store once for each minute, as soon as the
// minute's collection is stored. A nil one has no rules.
type ruleLoop struct {
	store     *promstore.Store
	rules     *promstore.Rules
	telemetry *metadata.TelemetryBuilder
	logger    *zap.Logger
	stored    chan struct{} // has an element when something was stored
	cancel    context.CancelFunc
	loop      sync.WaitGroup
}

// startRules reads the rule files, which fails where one is bad. Without any it
// returns nil.
func startRules(store *promstore.Store, config *Config, telemetry *metadata.TelemetryBuilder, logger *zap.Logger) (*ruleLoop, error) {
	if len(config.RuleFiles) == 0 {
		return nil, nil //nolint:nilnil // nil is a loop without rules
	}
	rules, err := store.OpenRules(promstore.RuleSettings{
		Files: config.RuleFiles, Alertmanagers: config.Alertmanagers, ExternalURL: config.ExternalURL,
	})
	if err != nil {
		return nil, fmt.Errorf("rule_files: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &ruleLoop{store: store, rules: rules, telemetry: telemetry, logger: logger, stored: make(chan struct{}, 1), cancel: cancel}
	if err := telemetry.RegisterExporterTsdbAlertRequestsCallback(l.observe); err != nil {
		cancel()
		rules.Close(ctx)
		return nil, err
	}
	if len(config.Alertmanagers) == 0 {
		logger.Warn("alerts reach nobody: no Alertmanager is configured; name one under alertmanagers", zap.Strings("rule_files", config.RuleFiles))
	}
	l.loop.Go(func() { l.run(ctx) })
	return l, nil
}

// stop ends the loop and the notifications under way within ctx.
func (l *ruleLoop) stop(ctx context.Context) {
	if l == nil {
		return
	}
	l.cancel()
	l.loop.Wait()
	l.rules.Close(ctx)
}

// wake says that something was stored.
func (l *ruleLoop) wake() {
	if l == nil {
		return
	}
	select {
	case l.stored <- struct{}{}:
	default: // it wakes anyway
	}
}

// run is the only reader of the clock.
func (l *ruleLoop) run(ctx context.Context) {
	var last time.Time
	started := time.Now()
	for {
		at, wait := evaluation(time.Now(), l.store.Collected(), last, started)
		if wait == 0 {
			l.evaluate(ctx, at)
			last = at
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-l.stored:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// evaluation returns the minute to evaluate at now, or how long to wait for one.
// collected is the newest minute that was stored, last the one last evaluated;
// a collection is not late that was due before the start.
func evaluation(now, collected, last, started time.Time) (at time.Time, wait time.Duration) {
	minute := now.Truncate(time.Minute)
	late := minute.Add(collectionPatience)
	if started.After(minute) {
		late = started.Add(collectionPatience)
	}
	switch {
	case !last.Before(minute):
		return time.Time{}, last.Add(time.Minute + collectionPatience).Sub(now)
	case !collected.Before(minute), !now.Before(late):
		return minute, 0
	default:
		return time.Time{}, late.Sub(now)
	}
}

func (l *ruleLoop) evaluate(ctx context.Context, at time.Time) {
	switch changed, err := l.rules.Reload(); {
	case err != nil:
		l.logger.Error("rule files are refused: the rules that were in force stay", zap.Error(err))
	case changed:
		l.logger.Info("rule files have changed and are in force")
	}
	if failed := l.rules.Evaluate(ctx, at); failed > 0 {
		l.telemetry.ExporterTsdbRuleFailures.Add(ctx, int64(failed))
	}
}

func (l *ruleLoop) observe(_ context.Context, observer metric.Int64Observer) error {
	sent, failed := l.rules.Notifications()
	observer.Observe(int64(sent), metric.WithAttributes(attribute.String("outcome", "sent")))
	observer.Observe(int64(failed), metric.WithAttributes(attribute.String("outcome", "failed")))
	return nil
}
