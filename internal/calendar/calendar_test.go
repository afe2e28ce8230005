// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

// at reads "2026-03-29 01:00" as UTC.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	tm, err := time.Parse("2006-01-02 15:04", s)
	require.NoError(t, err)
	return tm
}

func TestPeriod(t *testing.T) {
	tests := []struct {
		name       string
		zone       string
		anchor     int
		kind       usage.Kind
		at         string
		start, end string
	}{
		{"day of 23 hours", "Europe/Berlin", 1, usage.Day, "2026-03-29 12:00", "2026-03-28 23:00", "2026-03-29 22:00"},
		{"day of 25 hours", "Europe/Berlin", 1, usage.Day, "2026-10-25 12:00", "2026-10-24 22:00", "2026-10-25 23:00"},
		{"day whose midnight does not exist", "America/Sao_Paulo", 1, usage.Day, "2018-11-04 12:00", "2018-11-04 03:00", "2018-11-05 02:00"},
		{"day before it", "America/Sao_Paulo", 1, usage.Day, "2018-11-04 02:59", "2018-11-03 03:00", "2018-11-04 03:00"},
		{"day whose last hour comes twice", "America/Sao_Paulo", 1, usage.Day, "2018-02-18 02:30", "2018-02-17 02:00", "2018-02-18 03:00"},
		{"day whose midnight comes twice begins at the first", "America/St_Johns", 1, usage.Day, "2009-11-01 03:00", "2009-11-01 02:30", "2009-11-02 03:30"},
		{"day before a skipped date", "Pacific/Apia", 1, usage.Day, "2011-12-30 09:59", "2011-12-29 10:00", "2011-12-30 10:00"},
		{"day after a skipped date", "Pacific/Apia", 1, usage.Day, "2011-12-30 10:00", "2011-12-30 10:00", "2011-12-31 10:00"},
		{"cycle that would begin on a skipped date", "Pacific/Apia", 30, usage.Cycle, "2011-12-30 10:00", "2011-12-30 10:00", "2012-01-29 10:00"},
		{"last day of a leap year", "Europe/Berlin", 1, usage.Day, "2028-12-31 12:00", "2028-12-30 23:00", "2028-12-31 23:00"},
		{"month that ends a leap year", "Europe/Berlin", 1, usage.Month, "2028-12-31 12:00", "2028-11-30 23:00", "2028-12-31 23:00"},
		{"first of two hours at fall-back", "America/New_York", 1, usage.Hour, "2026-11-01 05:30", "2026-11-01 05:00", "2026-11-01 06:00"},
		{"second of two hours at fall-back", "America/New_York", 1, usage.Hour, "2026-11-01 06:30", "2026-11-01 06:00", "2026-11-01 07:00"},
		{"hour of a half-hour zone", "Asia/Kolkata", 1, usage.Hour, "2026-05-05 05:29", "2026-05-05 04:30", "2026-05-05 05:30"},
		{"hour of a quarter-hour zone", "Asia/Kathmandu", 1, usage.Hour, "2026-05-05 05:15", "2026-05-05 05:15", "2026-05-05 06:15"},
		{"half an hour added", "Australia/Lord_Howe", 1, usage.Hour, "2026-04-04 15:10", "2026-04-04 15:00", "2026-04-04 15:30"},
		{"half an hour skipped", "Australia/Lord_Howe", 1, usage.Hour, "2026-10-03 15:40", "2026-10-03 15:30", "2026-10-03 16:00"},
		{"ISO week begins on Monday", "UTC", 1, usage.Week, "2026-01-01 00:00", "2025-12-29 00:00", "2026-01-05 00:00"},
		{"Sunday ends it", "UTC", 1, usage.Week, "2026-01-04 23:59", "2025-12-29 00:00", "2026-01-05 00:00"},
		{"month", "Europe/Berlin", 1, usage.Month, "2026-03-31 22:00", "2026-03-31 22:00", "2026-04-30 22:00"},
		{"quarter", "UTC", 1, usage.Quarter, "2026-12-31 23:59", "2026-10-01 00:00", "2027-01-01 00:00"},
		{"first half", "UTC", 1, usage.Half, "2026-06-30 23:59", "2026-01-01 00:00", "2026-07-01 00:00"},
		{"second half", "UTC", 1, usage.Half, "2026-07-01 00:00", "2026-07-01 00:00", "2027-01-01 00:00"},
		{"year", "Asia/Tokyo", 1, usage.Year, "2026-12-31 15:00", "2026-12-31 15:00", "2027-12-31 15:00"},
		{"cycle 31 in January", "UTC", 31, usage.Cycle, "2026-02-10 00:00", "2026-01-31 00:00", "2026-02-28 00:00"},
		{"cycle 31 in February returns to 31", "UTC", 31, usage.Cycle, "2026-02-28 00:00", "2026-02-28 00:00", "2026-03-31 00:00"},
		{"cycle 30 in a leap year", "UTC", 30, usage.Cycle, "2028-02-29 00:00", "2028-02-29 00:00", "2028-03-30 00:00"},
		{"cycle 15 over the new year", "UTC", 15, usage.Cycle, "2026-01-14 23:59", "2025-12-15 00:00", "2026-01-15 00:00"},
		{"cycle 31 over the new year", "UTC", 31, usage.Cycle, "2027-01-30 23:59", "2026-12-31 00:00", "2027-01-31 00:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := New(zone(t, tt.zone), tt.anchor)
			require.Equal(t, Period{at(t, tt.start), at(t, tt.end)}, c.Period(tt.kind, at(t, tt.at)))
		})
	}
}

func TestAnchorClampsToTheLastDayOfEachMonth(t *testing.T) {
	c, next := New(time.UTC, 31), at(t, "2027-12-31 00:00")
	var days []int
	for range 12 {
		next = c.Period(usage.Cycle, next).End
		days = append(days, next.Day())
	}
	require.Equal(t, []int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}, days)
}

func TestStartOf(t *testing.T) {
	berlin := New(zone(t, "Europe/Berlin"), 1)
	require.Equal(t, at(t, "2026-03-28 23:00"), berlin.StartOf(usage.Date{Year: 2026, Month: 3, Day: 29}))
	require.Equal(t, at(t, "2026-03-29 22:00"), berlin.StartOf(usage.Date{Year: 2026, Month: 3, Day: 30}))
	require.True(t, berlin.StartOf(usage.Date{}).Before(at(t, "0001-01-01 00:00")))

	apia := New(zone(t, "Pacific/Apia"), 1)
	require.Equal(t, at(t, "2011-12-30 10:00"), apia.StartOf(usage.Date{Year: 2011, Month: 12, Day: 30}), "a date that was skipped")
	require.Equal(t, at(t, "2011-12-30 10:00"), apia.StartOf(usage.Date{Year: 2011, Month: 12, Day: 31}))
}

func TestNewTakesDefaults(t *testing.T) {
	c := New(nil, 0)
	require.Equal(t, time.UTC, c.Zone())
	require.Equal(t, 1, c.Anchor())
	require.Equal(t, 31, New(nil, 99).Anchor())
}

func BenchmarkPeriod(b *testing.B) {
	for _, kind := range []usage.Kind{usage.Hour, usage.Day, usage.Month, usage.Cycle} {
		b.Run(kind.String(), func(b *testing.B) {
			c := New(zone(b, "Europe/Berlin"), 30)
			t := at(b, "2026-05-05 12:34")
			b.ReportAllocs()
			for b.Loop() {
				c.Period(kind, t)
			}
		})
	}
}

func TestPeriodDoesNotAllocate(t *testing.T) {
	c := New(zone(t, "Europe/Berlin"), 30).Change(at(t, "2026-01-01 00:00"), zone(t, "Asia/Tokyo"), 31)
	now := at(t, "2026-05-05 12:34")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for k := range usage.Rolling {
			c.Period(k, now)
		}
	}))
}
