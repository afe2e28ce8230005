// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// resident is the physical memory of the process, in bytes.
type resident struct {
	all  uint64
	anon uint64 // not of files
	peak uint64 // the most that all has been
}

// residentMemory asks the kernel.
func residentMemory() (r resident, err error) {
	for name, to := range map[string]*uint64{"VmRSS": &r.all, "RssAnon": &r.anon, "VmHWM": &r.peak} {
		value, ok := kernelFigure("/proc/self/status", name)
		if !ok {
			return r, fmt.Errorf("/proc/self/status does not tell %s: leave out the rows memory and ten-million where the kernel is not Linux", name)
		}
		*to = value
	}
	return r, nil
}

// availableMemory is what the machine can still give, where it can be told.
func availableMemory() (bytes uint64, known bool) {
	return kernelFigure("/proc/meminfo", "MemAvailable")
}

// kernelFigure reads a line like "VmRSS:  1024 kB".
func kernelFigure(file, name string) (bytes uint64, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			kB, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kB << 10, err == nil
		}
	}
	return 0, false
}

// live is memory that is in use, in bytes.
type live struct {
	heap    uint64 // what a garbage collection leaves
	offHeap uint64 // resident, and not of the Go runtime
}

// liveMemory collects the garbage, gives back what is free and looks.
func liveMemory() (live, error) {
	quiet()
	runtime.GC()
	debug.FreeOSMemory() // the first collection only marks what pools keep
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r, err := residentMemory()
	l := live{heap: m.HeapAlloc}
	if goes := m.Sys - m.HeapReleased; r.anon > goes {
		l.offHeap = r.anon - goes
	}
	return l, err
}
