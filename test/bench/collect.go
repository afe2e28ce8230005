// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// collections measures Collect of a ledger of many users and of one of few, in
// the same organizations, minute by minute and in turn. Between two collections
// both get some traffic. A round is the median of its minutes, since one in
// fifteen has a sample of concurrent users to take.
func (b *bench) collections(ctx context.Context) (err error) {
	p, err := b.known(ctx)
	if err != nil {
		return err
	}
	memory, err := inMemory(b.tmpfs, "")
	if err != nil {
		return err
	}
	few, err := openPipeline(b.config, memory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, few.close()) }()
	sparse := newTraffic(evenly(b.organizations, b.users/b.few))
	sparse.now = p.traffic.now
	if err := sparse.everyone(ctx, greetings, few, b.say); err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	sides := []*collected{{to: p.volatile, traffic: p.traffic}, {to: few, traffic: sparse}}
	at := p.traffic.now.Truncate(time.Minute)
	for range b.rounds {
		runtime.GC()
		var ns [2]spread
		for range b.minutes {
			at = at.Add(time.Minute)
			for i, side := range sides {
				if err := side.busy(ctx, at); err != nil {
					return err
				}
				took, err := side.collect(ctx, at)
				if err != nil {
					return err
				}
				ns[i] = append(ns[i], took)
			}
		}
		for i, side := range sides {
			side.typical, side.mean = append(side.typical, ns[i].median()), append(side.mean, ns[i].mean())
		}
	}
	b.reportCollections(sides)
	return nil
}

// collected is a ledger whose collections are measured.
type collected struct {
	to      *pipeline
	traffic *traffic
	figures int

	typical, mean spread // ns of CPU
}

// busy sends requests a little before a minute ends.
func (c *collected) busy(ctx context.Context, end time.Time) error {
	c.traffic.now = end.Add(-10 * step)
	for range 4 {
		ld := c.traffic.request()
		if err := c.to.take(ctx, c.traffic.now, ld); err != nil {
			return err
		}
	}
	c.traffic.now = end
	return nil
}

// collect returns the processor time of a collection in ns.
func (c *collected) collect(ctx context.Context, at time.Time) (ns float64, err error) {
	start := cpuTime()
	got, err := c.to.Collect(ctx, at)
	if err != nil {
		return 0, err
	}
	ns = float64((cpuTime() - start).Nanoseconds())
	c.figures = 0
	for _, o := range got.Organizations {
		c.figures += len(o.Figures)
	}
	return ns, nil
}

func (b *bench) reportCollections(sides []*collected) {
	t := b.report.section("Collect", "users", "figures", "CPU, median (least..most)", "mean", "a figure")
	var perFigure [2]spread
	for i, side := range sides {
		for _, ns := range side.typical {
			perFigure[i] = append(perFigure[i], ns/float64(max(side.figures, 1)))
		}
		t.line(strconv.Itoa(side.traffic.all()), strconv.Itoa(side.figures), side.typical.show(fromNanoseconds), fromNanoseconds(side.mean.mean()), perFigure[i].show(nanoseconds))
	}
	t.note("%d rounds of %d minutes of which each is the median; %d organizations, %d records between two collections. The mean is of all minutes.",
		b.rounds, b.minutes, b.organizations, 4*recordsPerRequest)
	b.report.measured(collectMany, sides[0].typical.over(sides[1].typical))
	b.report.measured(collectFigure, perFigure[0])
}

func fromNanoseconds(ns float64) string { return seconds(ns / 1e9) }
