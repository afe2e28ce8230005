// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"syscall"
	"time"
)

// cpuTime is the processor time that this process has used, all threads and
// the kernel's work for it included.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails only for arguments that are not given
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cost is what something took.
type cost struct {
	cpu     time.Duration
	mallocs uint64
}

func (c cost) plus(d cost) cost { return cost{c.cpu + d.cpu, c.mallocs + d.mallocs} }

// measure returns what f costs, with all that it leaves to be done in the
// background; f begins with a quiet process.
func measure(f func() error) (cost, error) {
	quiet()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cpuTime()
	if err := f(); err != nil {
		return cost{}, err
	}
	runtime.ReadMemStats(&after)
	quiet()
	return cost{cpuTime() - start, after.Mallocs - before.Mallocs}, nil
}

const (
	quietSpan  = 20 * time.Millisecond
	quietPart  = 20 // one part in so many of a span may be used in quiet
	quietLimit = 500
)

// quiet waits until the process has nothing to do, for ten seconds at most.
func quiet() {
	ticker := time.NewTicker(quietSpan)
	defer ticker.Stop()
	before := cpuTime()
	for range quietLimit {
		<-ticker.C
		now := cpuTime()
		if now-before < quietSpan/quietPart {
			return
		}
		before = now
	}
}

// perRecord is nanoseconds a record.
func perRecord(d time.Duration, records int) float64 {
	return float64(d.Nanoseconds()) / float64(max(records, 1))
}

// quantile returns the value below which a part of the durations lies; 1 stands
// for the longest.
func quantile(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}
