// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// dateOf returns the civil date of the local day that starts at a minute, in
// the zone that cut it.
func dateOf(cal *calendar.Calendar, start period.Minute) usage.Date {
	near := start.Time().In(cal.Zone())
	var date usage.Date
	for _, offset := range [...]int{1, -1, 0} { // that day itself where none begins there
		y, m, d := near.AddDate(0, 0, offset).Date()
		date = usage.Date{Year: y, Month: m, Day: d}
		if period.MinuteOf(cal.StartOf(date)) == start {
			break
		}
	}
	return date
}

// periodsOf returns how many periods of a window have series.
func periodsOf(w usage.Window) int {
	if w.Kind == usage.Rolling {
		return 1
	}
	return period.Published
}
