// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package period

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// LengthOf returns the length of a rolling window.
func LengthOf(w usage.Window) Minute { return Minute(w.Hours) * 60 }

// nominal is how long the periods of a calendar kind are at the most, as the
// calendar has them.
var nominal = [usage.NumKinds]Minute{
	usage.Hour: MinutesPerHour, usage.Day: MinutesPerDay, usage.Week: 7 * MinutesPerDay, usage.Month: 31 * MinutesPerDay,
	usage.Quarter: 92 * MinutesPerDay, usage.Half: 184 * MinutesPerDay, usage.Year: 366 * MinutesPerDay, usage.Cycle: 31 * MinutesPerDay,
}

// LengthAtMost returns how long a window is at the most.
func LengthAtMost(w usage.Window) Minute {
	if w.Kind == usage.Rolling {
		return LengthOf(w)
	}
	return nominal[w.Kind]
}

// LongestWindow returns the longest window of a meter.
func LongestWindow(m *usage.Meter) (longest usage.Window) {
	for _, w := range m.Windows {
		if LengthAtMost(w) >= LengthAtMost(longest) {
			longest = w
		}
	}
	return longest
}
