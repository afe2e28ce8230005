// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Command usagectl is the command line of otelcol-usage.
//
// Exit codes: 0 done, 1 an error, 2 wrong usage, 3 done but some input was bad
// and left out.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // organizations have their zones on machines without zone data too
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
