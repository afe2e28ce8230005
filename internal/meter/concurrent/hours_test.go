// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
)

// worked lets a user finish a task at each of the instants, which arrives a
// second after the last of them.
func (r *shiftRig) worked(user uint32, instants ...string) {
	r.t.Helper()
	var events []operator
	last := r.c.Now.Ns()
	for _, s := range instants {
		at := instant(r.t, s).UnixNano()
		events = append(events, operator{user, at, task})
		last = max(last, at)
	}
	r.arrive(time.Unix(0, last+int64(time.Second)), events...)
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", s)
	require.NoError(t, err)
	return at
}

func newShiftAt(t *testing.T, zone, start string, windows ...string) *shiftRig {
	t.Helper()
	return newShiftRig(t, concurrentDef(t, 15*time.Minute, 30*time.Minute, time.Minute, windows...), zone, instant(t, start))
}

// hourPeak returns the peak of the users in the hour and its hits.
func (r *shiftRig) hourPeak(periodAndWindow string) peak {
	f := r.figures()
	highest, known := f["hour_users_peak "+periodAndWindow]
	require.True(r.t, known, periodAndWindow)
	return peak{uint32(highest), uint32(f["hour_users_peak_hits "+periodAndWindow])}
}

func TestAnHourCountsEachUserOnce(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-03-02 06:00", "day")
	r.worked(tom, "2026-03-02 06:00", "2026-03-02 06:10", "2026-03-02 06:59", "2026-03-02 07:00")
	r.worked(john, "2026-03-02 06:30")
	f := r.collect(instant(t, "2026-03-02 07:01"))
	require.EqualValues(t, 1, f["hour_users current"])
	require.EqualValues(t, 2, f["hour_users previous"])
	require.Equal(t, peak{2, 1}, r.hourPeak("current day"))
}

func TestThePeakIsTheLargestHourOfThePeriodAndTheRunningHourBelongsToIt(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-03-02 06:00", "day", "month")
	r.worked(tom, "2026-03-02 06:10", "2026-03-02 08:10")
	r.worked(john, "2026-03-02 06:20")
	require.Equal(t, peak{2, 1}, r.hourPeak("current day"))
	r.worked(ann, "2026-03-02 08:30")
	require.Equal(t, peak{2, 2}, r.hourPeak("current day"), "06:00 and the running hour")
	r.worked(john, "2026-03-02 08:40")
	require.Equal(t, peak{3, 1}, r.hourPeak("current day"))
	r.collect(instant(t, "2026-03-03 00:00"))
	require.Equal(t, peak{}, r.hourPeak("current day"), "a peak of 0 has no hits")
	require.Equal(t, peak{3, 1}, r.hourPeak("previous day"))
	require.Equal(t, peak{3, 1}, r.hourPeak("current month"))
}

func TestALateEventRevisesItsHourAndThePeaksOfItsPeriod(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-02-20 06:00", "month", "30d", "7d")
	r.worked(tom, "2026-02-20 06:10")
	r.collect(instant(t, "2026-03-05 00:00"))
	require.Equal(t, peak{1, 1}, r.hourPeak("previous month"))
	r.worked(john, "2026-02-20 06:20", "2026-02-10 05:00")
	require.Equal(t, peak{2, 1}, r.hourPeak("previous month"))
	require.Equal(t, peak{2, 1}, r.hourPeak("current 30d"))
	require.Equal(t, peak{}, r.hourPeak("current 7d"))
}

func TestTwoIdsOfOnePersonAreOneInEveryOpenHour(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-02-20 06:00", "month", "30d")
	r.worked(tom, "2026-02-20 06:10", "2026-02-22 06:10", "2026-03-01 09:00")
	r.worked(john, "2026-02-20 06:20", "2026-02-22 06:20", "2026-03-01 09:00")
	r.worked(ann, "2026-02-22 06:00", "2026-03-01 11:00")
	require.Equal(t, peak{3, 1}, r.hourPeak("current 30d"))
	r.x.Merge(r.c, john, tom)
	require.Equal(t, peak{2, 1}, r.hourPeak("current 30d"))
	require.Equal(t, peak{2, 1}, r.hourPeak("previous month"))
	require.Equal(t, peak{1, 2}, r.hourPeak("current month"))
	r.worked(tom, "2026-03-01 11:30", "2026-02-20 06:30")
	require.Equal(t, peak{2, 1}, r.hourPeak("current month"))
	require.Equal(t, peak{2, 1}, r.hourPeak("previous month"))
}

func TestHoursBeforeTheAcceptanceSpanKeepTheirCount(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-03-02 06:00", "year", "40d", "36d")
	r.worked(tom, "2026-03-02 06:10", "2026-03-02 08:10")
	r.worked(john, "2026-03-02 06:20", "2026-03-02 08:20")
	r.advance(instant(t, "2026-04-06 07:00").UnixNano())
	require.Equal(t, peak{2, 2}, r.hourPeak("current year"))
	r.x.Merge(r.c, john, tom)
	require.Equal(t, peak{2, 1}, r.hourPeak("current year"), "06:00 is past revision, 08:00 is not")
	require.Equal(t, peak{2, 1}, r.hourPeak("current 36d"))
	r.advance(instant(t, "2026-04-07 06:00").UnixNano())
	require.Equal(t, peak{1, 1}, r.hourPeak("current 36d"))
	require.Equal(t, peak{2, 1}, r.hourPeak("current 40d"))
	r.advance(instant(t, "2026-04-11 06:00").UnixNano())
	require.Equal(t, peak{1, 1}, r.hourPeak("current 40d"))
	require.Equal(t, peak{2, 1}, r.hourPeak("current year"))
	require.Empty(t, r.x.hours.members, "nobody's hours are kept")
}

func TestTheAcceptanceSpanEndsWithTheMinuteOfArrival(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-03-02 06:00", "year")
	r.worked(tom, "2026-03-02 06:10")
	r.worked(john, "2026-03-02 06:20")
	r.advance(instant(t, "2026-04-06 06:59").UnixNano())
	r.c.Now++ // an arrival; the minute has not turned
	r.x.Merge(r.c, john, tom)
	require.Equal(t, peak{2, 1}, r.hourPeak("current year"))
	r.x.Apply(r.c, &meter.Event{User: ann, Time: instant(t, "2026-03-02 06:59").UnixNano()}, &meter.Effect{Roles: task})
	require.Equal(t, peak{2, 1}, r.hourPeak("current year"))
	require.Len(t, r.x.hours.open, 35*24)
}

func TestOldHoursAndSamplesAreForgotten(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-03-02 06:00", "40d")
	r.worked(tom, "2026-03-02 06:10")
	r.collect(instant(t, "2026-04-11 05:00"))
	require.Len(t, r.x.hours.frozen.stairs, 1)
	r.collect(instant(t, "2026-04-11 07:00"))
	require.Empty(t, r.x.hours.frozen.stairs)
	require.Empty(t, r.x.samples.stairs)
	require.LessOrEqual(t, len(r.x.hours.open), 35*24+1)
}

func TestARollingPeakIsOverTheHoursThatStartedWithinIt(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-03-02 06:00", "2h")
	r.worked(tom, "2026-03-02 06:59", "2026-03-02 07:59")
	r.worked(john, "2026-03-02 06:59")
	r.collect(instant(t, "2026-03-02 08:00"))
	require.Equal(t, peak{1, 1}, r.hourPeak("current 2h"), "the hour that started at t - 2h is out")
	r.x.Apply(r.c, &meter.Event{User: ann, Time: instant(t, "2026-03-02 06:58").UnixNano()}, &meter.Effect{Roles: task})
	require.Equal(t, peak{1, 1}, r.hourPeak("current 2h"), "whoever comes late")
	r.worked(ann, "2026-03-02 06:58", "2026-03-02 07:58", "2026-03-02 08:01")
	require.Equal(t, peak{2, 1}, r.hourPeak("current 2h"))
	r.collect(instant(t, "2026-03-02 08:59"))
	require.Equal(t, peak{2, 1}, r.hourPeak("current 2h"))
	r.collect(instant(t, "2026-03-02 09:00"))
	require.Equal(t, peak{1, 1}, r.hourPeak("current 2h"))
}

func TestAtFallBackThereAreTwoHours(t *testing.T) {
	r := newShiftAt(t, "America/New_York", "2026-11-01 05:00", "day")
	r.worked(tom, "2026-11-01 05:30")
	r.worked(john, "2026-11-01 06:30")
	require.Equal(t, peak{1, 2}, r.hourPeak("current day"))
}

func TestHoursStartWhereTheZoneHasThem(t *testing.T) {
	for zone, starts := range map[string][3]string{
		"Asia/Kolkata":   {"2026-03-02 05:30", "2026-03-02 06:30", "2026-03-02 07:30"},
		"Asia/Kathmandu": {"2026-03-02 05:15", "2026-03-02 06:15", "2026-03-02 07:15"},
		// The clock goes back by half an hour at 15:00 UTC: 02:00 is 01:30.
		"Australia/Lord_Howe": {"2026-04-04 14:00", "2026-04-04 15:30", "2026-04-04 16:30"},
	} {
		t.Run(zone, func(t *testing.T) {
			r := newShiftAt(t, zone, starts[0], "day")
			last := instant(t, starts[1]).Add(-time.Minute).Format("2006-01-02 15:04")
			r.worked(tom, starts[0], last)
			r.worked(john, last)
			r.worked(ann, starts[1])
			f := r.collect(instant(t, starts[2]).Add(-time.Minute))
			require.EqualValues(t, 2, f["hour_users previous"])
			require.EqualValues(t, 1, f["hour_users current"])
			require.Zero(t, r.collect(instant(t, starts[2]))["hour_users current"])
		})
	}
}

func TestAChangedZoneMakesAShortHour(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-03-02 06:00", "day")
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	require.NoError(t, err)
	r.c.Calendar = r.c.Calendar.Change(instant(t, "2026-03-02 06:30"), kathmandu, 1)
	r.worked(tom, "2026-03-02 06:50", "2026-03-02 07:10", "2026-03-02 07:20")
	require.Equal(t, peak{1, 3}, r.hourPeak("current day"), "from 06:00, 07:00 and 07:15")
}

func TestTheHourThatBeginsAPeriodIsItsOwn(t *testing.T) {
	r := newShiftAt(t, "Europe/Berlin", "2026-03-28 20:00", "day", "month")
	r.worked(tom, "2026-03-28 22:59", "2026-03-28 23:00") // local midnight
	require.Equal(t, peak{1, 1}, r.hourPeak("current day"))
	require.Equal(t, peak{1, 1}, r.hourPeak("previous day"))
	r.worked(tom, "2026-03-31 21:59", "2026-03-31 22:00") // summer time
	require.Equal(t, peak{1, 1}, r.hourPeak("current month"))
	require.Equal(t, peak{1, 3}, r.hourPeak("previous month"))
}
