// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// intro states what is measured and where.
func (b *bench) intro() {
	b.say("%d organizations of %d users, requests of %d records, all meters of %s", b.organizations, b.users, recordsPerRequest, b.config)
	for _, s := range mix {
		b.say("  %2d %%  %s", s.percent, s.what)
	}
	b.say("organization and user of each record drawn uniformly; event times advance by %s a request", step)
	b.say("%s, %d CPUs, %s", runtime.Version(), runtime.GOMAXPROCS(0), load())
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" || s.Key == "vcs.modified" {
				b.say("%s %s", s.Key, s.Value)
			}
		}
	}
}

// load is how busy the machine was when the run began, where it can be told.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "load unknown"
	}
	return "load " + strings.Join(strings.Fields(string(text))[:3], " ")
}
