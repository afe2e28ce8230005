// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// row is a part of a run that can be left out.
type row struct {
	name    string
	measure func(*bench, context.Context) error
}

// The rows, in the order in which they run. What follows new-day would find
// days that have passed.
var (
	usual = []row{
		{"records", (*bench).records},
		{"flight", (*bench).inFlight},
		{"collect", (*bench).collections},
		{"checkpoint", (*bench).checkpoints},
		{"restart", (*bench).restarts},
		{"new-day", (*bench).newDays},
		{"memory", (*bench).memory},
	}
	onRequest = []row{{"ten-million", (*bench).tenMillion}, {"door", (*bench).door}}
)

func names(rows []row) (out []string) {
	for _, r := range rows {
		out = append(out, r.name)
	}
	return out
}

// bench is one run.
type bench struct {
	settings
	began    time.Time
	report   report
	uniform  *pair    // made by the first row that asks known for it
	logTable *section // of reportLog
}

// run measures the chosen rows and writes the tables, also of a run that ends
// early.
func run(ctx context.Context, s settings, chosen []row, out io.Writer) (err error) {
	if err := os.MkdirAll(s.directory, 0o755); err != nil {
		return err
	}
	if s.directory, err = os.MkdirTemp(s.directory, "bench-*"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.directory)) }()
	b := &bench{settings: s, began: time.Now()}
	defer func() { err = errors.Join(err, b.forget()) }()
	intro := b.intro()
	defer func() {
		err = errors.Join(err, b.report.write(out, intro, s.users == full().users && s.organizations == full().organizations))
	}()
	for _, r := range chosen {
		b.say("%s", r.name)
		if err := errors.Join(ctx.Err(), r.measure(b, ctx)); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

// say tells what is under way, and since when the run is.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "%6s  %s\n", time.Since(b.began).Round(time.Second), fmt.Sprintf(format, args...))
}

// known returns the two ledgers, which know every user, with uniform traffic.
func (b *bench) known(ctx context.Context) (*pair, error) {
	if b.uniform != nil {
		return b.uniform, nil
	}
	var err error
	b.uniform, err = b.newPair(ctx, "uniform", newTraffic(evenly(b.organizations, b.users)))
	return b.uniform, err
}

// forget closes the two ledgers and gives back their memory.
func (b *bench) forget() error {
	err := b.uniform.close()
	b.uniform = nil
	debug.FreeOSMemory()
	return err
}

// pair is a ledger on disk and a copy of it in memory, and the traffic that
// both get.
type pair struct {
	config, directory string
	traffic           *traffic
	volatile, durable *pipeline
}

// newPair makes every user known to a ledger on disk, and copies that.
func (b *bench) newPair(ctx context.Context, name string, t *traffic) (_ *pair, err error) {
	p := &pair{config: b.config, directory: filepath.Join(b.directory, name), traffic: t}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.durable, err = openPipeline(b.config, pipelineSettings{directory: p.directory}); err != nil {
		return nil, err
	}
	if err := errors.Join(t.everyone(ctx, greetings, p.durable, b.say), p.durable.list(ctx, t)); err != nil {
		return nil, err
	}
	if err := p.durable.close(); err != nil {
		return nil, err
	}
	p.durable = nil
	memory, err := inMemory(b.tmpfs, p.directory)
	if err != nil {
		return nil, err
	}
	if p.volatile, err = openPipeline(b.config, memory); err != nil {
		return nil, err
	}
	p.durable, err = openPipeline(b.config, pipelineSettings{directory: p.directory})
	return p, err
}

// never is more redo than gathers in a run: no checkpoint is made.
const never = 1 << 40

// reopen opens the ledger on disk anew, with a checkpoint after so many bytes
// of redo; 0 stands for the ledger's default.
func (p *pair) reopen(foldBytes int64) error {
	err := p.durable.close()
	p.durable = nil
	if err != nil {
		return err
	}
	p.durable, err = openPipeline(p.config, pipelineSettings{directory: p.directory, foldBytes: foldBytes})
	return err
}

func (p *pair) close() error {
	if p == nil {
		return nil
	}
	return errors.Join(p.volatile.close(), p.durable.close())
}

// collect shows the figures of a minute, of both ledgers.
func (p *pair) collect(ctx context.Context, minute time.Time) error {
	_, err := p.volatile.Collect(ctx, minute)
	_, err2 := p.durable.Collect(ctx, minute)
	return errors.Join(err, err2)
}
