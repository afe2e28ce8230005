// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// lengthOf returns the length of a rolling window.
func lengthOf(w usage.Window) Minute { return Minute(w.Hours) * 60 }

// nominal is how long the periods of a calendar kind are at the most, as the
// calendar has them.
var nominal = [usage.NumKinds]Minute{
	usage.Hour: minutesPerHour, usage.Day: minutesPerDay, usage.Week: 7 * minutesPerDay, usage.Month: 31 * minutesPerDay,
	usage.Quarter: 92 * minutesPerDay, usage.Half: 184 * minutesPerDay, usage.Year: 366 * minutesPerDay, usage.Cycle: 31 * minutesPerDay,
}

// lengthAtMost returns how long a window is at the most.
func lengthAtMost(w usage.Window) Minute {
	if w.Kind == usage.Rolling {
		return lengthOf(w)
	}
	return nominal[w.Kind]
}

// longestWindow returns the longest window of a meter.
func longestWindow(m *usage.Meter) (longest usage.Window) {
	for _, w := range m.Windows {
		if lengthAtMost(w) >= lengthAtMost(longest) {
			longest = w
		}
	}
	return longest
}
