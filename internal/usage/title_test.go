// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamesWithoutATitleAreReadable(t *testing.T) {
	var none Titles
	require.Equal(t, "Transcription minutes", none.Meter("transcription_minutes"))
	titled := Titles{Meters: map[string]string{"api_calls": "API calls"}, Windows: map[string]string{"30d": "Rolling 30 days", "cycle": "Contract month"}}
	require.Equal(t, "API calls", titled.Meter("api_calls"))
	require.Equal(t, "Operators", titled.Meter("operators"))

	for name, want := range map[string][2]string{
		"hour": {"Hour", "Hour"}, "day": {"Day", "Day"}, "week": {"Week", "Week"}, "month": {"Month", "Month"}, "quarter": {"Quarter", "Quarter"},
		"half": {"Half-year", "Half-year"}, "year": {"Year", "Year"}, "cycle": {"Billing cycle", "Contract month"},
		"30d": {"30 days", "Rolling 30 days"}, "24h": {"24 hours", "24 hours"}, "1d": {"1 day", "1 day"}, "1h": {"1 hour", "1 hour"}, "11h": {"11 hours", "11 hours"},
	} {
		w, err := ParseWindow(name)
		require.NoError(t, err)
		require.Equal(t, want, [2]string{none.Window(w), titled.Window(w)}, name)
	}
}

func TestWindowsAreOrderedByLength(t *testing.T) {
	want := []string{"hour", "1h", "23h", "day", "1d", "24h", "week", "7d", "30d", "month", "cycle", "31d", "90d", "quarter", "182d", "half", "183d", "365d", "year", "366d"}
	var windows []Window
	for _, name := range want {
		w, err := ParseWindow(name)
		require.NoError(t, err)
		windows = append(windows, w)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		r.Shuffle(len(windows), func(i, j int) { windows[i], windows[j] = windows[j], windows[i] })
		slices.SortFunc(windows, Window.Compare)
		var got []string
		for _, w := range windows {
			got = append(got, w.String())
		}
		require.Equal(t, want, got)
	}
}
