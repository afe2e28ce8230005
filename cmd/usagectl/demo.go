// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func newDemoCommand() *cobra.Command {
	return newGroup("demo", "Believable usage of six organizations, to look at and to test with",
		newDemoGenerateCommand(), newDemoLiveCommand())
}

// instant is a flag that holds a time.
type instant struct{ time.Time }

// Set implements pflag.Value.
func (i *instant) Set(text string) error {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			i.Time = at.UTC()
			return nil
		}
	}
	return fmt.Errorf("%q is no time: write it as 2026-10-01T12:00:00Z or 2026-10-01 (UTC)", text)
}

// String implements pflag.Value.
func (i *instant) String() string {
	if i.IsZero() {
		return ""
	}
	return i.Format(time.RFC3339)
}

// Type implements pflag.Value.
func (*instant) Type() string { return "time" }

// or returns the flag's time, or another where it was not given.
func (i *instant) or(other time.Time) time.Time {
	if i.IsZero() {
		return other
	}
	return i.Time
}
