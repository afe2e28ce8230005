// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Wall returns the first instant at which the wall clock of a zone shows a civil
// date and a time of day, in minutes since midnight, or later: where a DST
// change skips that time it is the instant of the change, and where it repeats
// it the earlier one.
func Wall(zone *time.Location, d usage.Date, minute int) time.Time {
	return time.Unix(newRules(zone, 1).startOf(midnightOf(d.Year, d.Month, d.Day)+int64(minute)*60), 0).UTC()
}
