// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package metertest has what the tests of meters and of their users begin with.
package metertest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// MinuteAt parses "2006-01-02 15:04", UTC.
func MinuteAt(t testing.TB, s string) period.Minute {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", s)
	require.NoError(t, err)
	return period.MinuteOf(at)
}

// MustWindows parses windows, separated by spaces.
func MustWindows(t testing.TB, names string) []usage.Window {
	t.Helper()
	var windows []usage.Window
	for name := range strings.FieldsSeq(names) {
		w, err := usage.ParseWindow(name)
		require.NoError(t, err)
		windows = append(windows, w)
	}
	return windows
}

// Units are so many, in millionths.
func Units(n int64) wide.Int { return wide.Product(n, usage.Micro) }

// ConsumptionMeter returns the meter "minutes" with some windows.
func ConsumptionMeter(t testing.TB, windows string) *usage.Meter {
	t.Helper()
	return &usage.Meter{Name: "minutes", Type: usage.Consumption, Unit: "min", Windows: MustWindows(t, windows)}
}

// NamedZone loads a zone of the time zone database.
func NamedZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	require.NoError(t, err)
	return zone
}
