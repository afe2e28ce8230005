// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"time"
)

func main() { os.Exit(start()) }

// start returns the exit code.
func start() int {
	var (
		s       = full()
		peers   = flag.String("peers", filepath.Join("test", "bench", "peers"), "directory of the peers' module; empty: leave them out")
		quick   = flag.Bool("quick", false, "a small run that shows whether everything works; its numbers mean nothing")
		profile = flag.String("cpuprofile", "", "write a CPU profile of the run to this file")
		minute  time.Time
	)
	flag.TextVar(&minute, reopenFlag, minute, "only open the ledger in -directory, collect at this minute and write what came of it; a run starts itself so")
	flag.StringVar(&s.config, "config", filepath.Join("config", "default.yaml"), "collector configuration with the meters")
	flag.IntVar(&s.organizations, "organizations", s.organizations, "number of organizations")
	flag.IntVar(&s.users, "users", s.users, "number of users of each organization")
	flag.StringVar(&s.directory, "directory", "build", "where the ledgers are written to; its disk is what durable means")
	flag.Parse()
	if *quick {
		s = s.quick()
	}
	if *peers != "" {
		s.peers = peersModule(*peers)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	work := func() error { return run(ctx, s, os.Stdout) }
	if !minute.IsZero() {
		work = func() error { return reopen(ctx, s, minute, os.Stdout) }
	}
	if err := profiled(*profile, work); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// settings of a run.
type settings struct {
	config    string // collector configuration
	directory string // where temporary directories are made
	peers     peersFunc

	organizations int
	users         int // of each organization
	fewUsers      int // of each organization in the small ledger of collect

	rounds   int // of every measurement that is repeated
	chunks   int // of a round of records
	requests int // of a chunk

	minutes int           // collected
	flight  time.Duration // of one round of requests in flight
	redo    int           // requests that no checkpoint covers before a crash
}

// full is the run whose figures are recorded.
func full() settings {
	return settings{
		organizations: 1000, users: 1000, fewUsers: 10,
		rounds: 5, chunks: 2, requests: 600,
		minutes: 90, flight: 4 * time.Second, redo: 5000,
	}
}

// quick keeps where things are and measures next to nothing.
func (s settings) quick() settings {
	s.organizations, s.users, s.fewUsers = 8, 20, 2
	s.rounds, s.chunks, s.requests = 2, 1, 3
	s.minutes, s.flight, s.redo = 4, 50*time.Millisecond, 4
	return s
}

// run measures everything and writes the table.
func run(ctx context.Context, s settings, out io.Writer) (err error) {
	if err := os.MkdirAll(s.directory, 0o755); err != nil {
		return err
	}
	if s.directory, err = os.MkdirTemp(s.directory, "bench-*"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.directory)) }()
	b := &bench{settings: s, out: out, traffic: newTraffic(s.organizations, s.users)}
	defer func() { err = errors.Join(err, b.close()) }()
	b.intro()
	for _, measure := range []func(context.Context) error{
		b.warmUp, b.records, b.comparison, b.collections, b.inFlight, b.restarts, b.memory,
	} {
		if err := errors.Join(ctx.Err(), measure(ctx)); err != nil {
			return err
		}
	}
	b.table.write(out)
	return nil
}

// bench is one run.
type bench struct {
	settings
	out     io.Writer
	traffic *traffic
	// volatile is a copy in memory of durable, which is on disk.
	volatile, durable *book
	table             table

	added float64 // what the processor adds to a record, in times of decoding it
}

func (b *bench) close() error {
	return errors.Join(b.volatile.close(), b.durable.close())
}

// say reports on the way.
func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// profiled runs f under the CPU profiler if there is a file for it.
func profiled(name string, f func() error) (err error) {
	if name == "" {
		return f()
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}
