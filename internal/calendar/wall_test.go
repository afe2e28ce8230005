// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestWall(t *testing.T) {
	for _, tt := range []struct {
		name, zone, date string
		minute           int
		want             string
	}{
		{"winter", "Europe/Berlin", "2026-01-15", 6 * 60, "2026-01-15 05:00"},
		{"summer", "Europe/Berlin", "2026-07-15", 6 * 60, "2026-07-15 04:00"},
		{"a time that is skipped", "Europe/Berlin", "2026-03-29", 2*60 + 30, "2026-03-29 01:00"},
		{"the first that is not", "Europe/Berlin", "2026-03-29", 3 * 60, "2026-03-29 01:00"},
		{"a time that comes twice", "Europe/Berlin", "2026-10-25", 2*60 + 30, "2026-10-25 00:30"},
		{"a time after it", "Europe/Berlin", "2026-10-25", 3 * 60, "2026-10-25 02:00"},
		{"a date that is skipped", "Pacific/Apia", "2011-12-30", 12 * 60, "2011-12-30 10:00"},
		{"no zone", "UTC", "2026-02-28", 0, "2026-02-28 00:00"},
	} {
		d, err := usage.ParseDate(tt.date)
		require.NoError(t, err)
		require.Equal(t, at(t, tt.want), Wall(zone(t, tt.zone), d, tt.minute), tt.name)
	}
	require.Equal(t, at(t, "2026-01-15 00:00"), Wall(nil, usage.Date{Year: 2026, Month: 1, Day: 15}, 0), "nil is UTC")
}
