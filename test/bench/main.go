// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/heap"
)

func main() { os.Exit(start(os.Args[1:])) }

// start returns the exit code.
func start(arguments []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	heap.Tune() // as the collector does
	if err := command(ctx, arguments); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// command reads the flags and does what they say.
func command(ctx context.Context, arguments []string) error {
	var (
		flags         = flag.NewFlagSet("bench", flag.ExitOnError)
		only          = flags.String("rows", strings.Join(names(usual), ","), "what is measured, with commas between; there is also "+strings.Join(names(onRequest), ", "))
		short         = flags.Bool("quick", false, "a run of a few minutes, with a tenth of the users and shorter rounds")
		organizations = flags.Int("organizations", 0, "number of organizations; 0: 1,000")
		users         = flags.Int("users", 0, "number of users of all organizations; 0: 1,000,000, with -quick 100,000")
		config        = flags.String("config", filepath.Join("config", "default.yaml"), "collector configuration with the meters")
		directory     = flags.String("directory", "build", "where the ledgers are written to; its disk is what durable means")
		peers         = flags.String("peers", filepath.Join("test", "bench", "peers"), "directory of the peers' module; empty: leave them out")
		profile       = flags.String("cpuprofile", "", "write a CPU profile of the run to this file")
		errand        = flags.String(errandFlag, "", "one part in this process, as JSON; a run starts itself so")
	)
	_ = flags.Parse(arguments) // it exits on errors
	s := full()
	if *short {
		s = quick()
	}
	s.organizations, s.users = cmp.Or(*organizations, s.organizations), cmp.Or(*users, s.users)
	s.config, s.directory, s.program = *config, *directory, filepath.Join("bin", "otelcol-usage")
	s.progress = os.Stderr
	if *peers != "" {
		s.peers = peersModule(*peers)
	}
	if *errand != "" {
		return profiled(*profile, func() error { return runErrand(ctx, *errand, os.Stdout) })
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	return profiled(*profile, func() error { return run(ctx, s, chosen, os.Stdout) })
}

// choose returns the rows of a list of names, in the order in which they run.
func choose(list string) (chosen []row, err error) {
	wanted := strings.Split(list, ",")
	for _, r := range slices.Concat(usual, onRequest) {
		if i := slices.Index(wanted, r.name); i >= 0 {
			chosen, wanted = append(chosen, r), slices.Delete(wanted, i, i+1)
		}
	}
	if len(wanted) > 0 {
		return nil, fmt.Errorf("-rows: there is no %q; the rows are %s", wanted[0], strings.Join(names(slices.Concat(usual, onRequest)), ", "))
	}
	return chosen, nil
}

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
