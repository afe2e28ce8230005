// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package period

import (
	"time"
)

// Minute is whole minutes since 1970 UTC.
type Minute int32

// NsPerMinute is the length of a minute, ns.
const NsPerMinute = int64(time.Minute)

// Floor returns the minute in which ns lies.
func Floor(ns int64) Minute {
	m := ns / NsPerMinute
	if ns%NsPerMinute < 0 {
		m--
	}
	return Minute(m)
}

// Ceil returns the first minute at or after ns.
func Ceil(ns int64) Minute { return -Floor(-ns) }

// Ns returns the minute as ns since 1970.
func (m Minute) Ns() int64 { return int64(m) * NsPerMinute }

// Time returns the minute as a time in UTC.
func (m Minute) Time() time.Time { return time.Unix(int64(m)*60, 0).UTC() }

// MinuteOf returns the minute in which t lies.
func MinuteOf(t time.Time) Minute { return Minute(t.Unix() / 60) }

// Lengths in minutes.
const (
	MinutesPerHour = 60
	MinutesPerDay  = 24 * MinutesPerHour
)

// HourOf splits a minute into its hour since 1970 and the minute within.
func HourOf(m Minute) (hour Minute, within uint) {
	hour = m / MinutesPerHour
	if m%MinutesPerHour < 0 {
		hour--
	}
	return hour, uint(m - hour*MinutesPerHour)
}
