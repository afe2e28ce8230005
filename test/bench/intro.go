// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// intro states what is measured, where and when.
func (b *bench) intro() string {
	text := fmt.Sprintf("%s, %s, %d CPUs, %s.", b.began.UTC().Format(time.RFC3339), runtime.Version(), runtime.GOMAXPROCS(0), load())
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" || s.Key == "vcs.modified" {
				text += fmt.Sprintf(" %s %s.", s.Key, s.Value)
			}
		}
	}
	return text + fmt.Sprintf("\n%d organizations, %d users, requests of %d records, all meters of %s; event times advance by %s a request.\n",
		b.organizations, b.users, recordsPerRequest, b.config, step)
}

// load is how busy the machine was when the run began, where it can be told.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "load unknown"
	}
	return "load " + strings.Join(strings.Fields(string(text))[:3], " ")
}
