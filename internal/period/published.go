// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package period

import (
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// DateOf returns the civil date of the local day that starts at a minute, in
// the zone that cut it.
func DateOf(cal *calendar.Calendar, start Minute) usage.Date {
	near := start.Time().In(cal.Zone())
	var date usage.Date
	for _, offset := range [...]int{1, -1, 0} { // that day itself where none begins there
		y, m, d := near.AddDate(0, 0, offset).Date()
		date = usage.Date{Year: y, Month: m, Day: d}
		if MinuteOf(cal.StartOf(date)) == start {
			break
		}
	}
	return date
}

// PeriodsOf returns how many periods of a window have series.
func PeriodsOf(w usage.Window) int {
	if w.Kind == usage.Rolling {
		return 1
	}
	return Published
}
