// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

// newDays measures the first minute of days on which nobody has been there
// before: users are known, but most records are their user's first of the day,
// and the first of what a meter keeps by day. Each round is another day. Between
// them the figures are collected, so that no record pays for the day that ends.
func (b *bench) newDays(ctx context.Context) error {
	p, err := b.known(ctx)
	if err != nil {
		return err
	}
	if err := p.reopen(0); err != nil {
		return err
	}
	var turn spread
	tomorrow := func() error {
		day := 24 * time.Hour
		p.traffic.now = p.traffic.now.Truncate(day).Add(day + morning.Sub(morning.Truncate(day)))
		before := cpuTime()
		err := p.collect(ctx, p.traffic.now)
		turn = append(turn, (cpuTime()-before).Seconds()/2)
		return err
	}
	var days stages
	for range b.rounds {
		if err := tomorrow(); err != nil {
			return err
		}
		if err := b.recordsRound(ctx, p, &days, nil); err != nil {
			return err
		}
	}
	b.reportRecords("A day's first minute: records of users drawn uniformly who are new that day", days)
	if err := tomorrow(); err != nil {
		return err
	}
	log, err := b.measureLog(ctx, p)
	if err != nil {
		return err
	}
	b.reportLog("uniform, a day's first minute", log)
	b.report.section("The first collection of a day", "CPU, with all that ends and begins").line(turn.show(seconds))
	return nil
}
