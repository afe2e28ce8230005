// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestChangeTakesEffectWithTheNextPeriod(t *testing.T) {
	before := New(zone(t, "America/New_York"), 15)
	// In the middle of May and of Tuesday the 5th.
	after := before.Change(at(t, "2026-05-05 12:00"), zone(t, "Europe/Berlin"), 20)

	tests := []struct {
		name       string
		kind       usage.Kind
		at         string
		start, end string
	}{
		{"the running day ends where it would have", usage.Day, "2026-05-05 12:00", "2026-05-05 04:00", "2026-05-06 04:00"},
		{"the next starts there and ends at the second new midnight", usage.Day, "2026-05-06 04:00", "2026-05-06 04:00", "2026-05-07 22:00"},
		{"then days are the new zone's", usage.Day, "2026-05-07 22:00", "2026-05-07 22:00", "2026-05-08 22:00"},
		{"the running month ends in the middle of a new day", usage.Month, "2026-06-01 03:59", "2026-05-01 04:00", "2026-06-01 04:00"},
		{"June starts there", usage.Month, "2026-06-01 04:00", "2026-06-01 04:00", "2026-06-30 22:00"},
		{"July is the new zone's", usage.Month, "2026-07-01 00:00", "2026-06-30 22:00", "2026-07-31 22:00"},
		{"the running cycle ends at the old anchor", usage.Cycle, "2026-05-10 00:00", "2026-04-15 04:00", "2026-05-15 04:00"},
		{"a short one leads to the new anchor", usage.Cycle, "2026-05-15 04:00", "2026-05-15 04:00", "2026-05-19 22:00"},
		{"then cycles are the new ones", usage.Cycle, "2026-05-19 22:00", "2026-05-19 22:00", "2026-06-19 22:00"},
		{"earlier periods stay", usage.Day, "2026-05-04 12:00", "2026-05-04 04:00", "2026-05-05 04:00"},
		{"the year too", usage.Year, "2027-01-01 05:00", "2027-01-01 05:00", "2027-12-31 23:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, Period{at(t, tt.start), at(t, tt.end)}, after.Period(tt.kind, at(t, tt.at)))
		})
	}
	require.Equal(t, Period{at(t, "2026-05-06 04:00"), at(t, "2026-05-07 04:00")}, before.Period(usage.Day, at(t, "2026-05-06 12:00")),
		"the calendar that was changed is as it was")
}

func TestAPeriodShorterThanADayJoinsTheNext(t *testing.T) {
	c := New(zone(t, "Europe/Berlin"), 1).Change(at(t, "2026-05-31 12:00"), zone(t, "America/New_York"), 1)
	// Berlin's May ends at 22:00Z, when it is still May in New York.
	june := Period{at(t, "2026-05-31 22:00"), at(t, "2026-07-01 04:00")}
	require.Equal(t, june, c.Period(usage.Month, at(t, "2026-05-31 22:00")))
	require.Equal(t, june, c.Period(usage.Month, at(t, "2026-06-01 04:00")))
	require.Equal(t, june, c.Period(usage.Month, at(t, "2026-07-01 03:59")))
	require.Equal(t, Period{at(t, "2026-07-01 04:00"), at(t, "2026-08-01 04:00")}, c.Period(usage.Month, at(t, "2026-07-01 04:00")))

	// A cycle that ends on the 15th and goes on to the 16th has a day: it stays.
	c = New(time.UTC, 15).Change(at(t, "2026-05-10 12:00"), time.UTC, 16)
	require.Equal(t, Period{at(t, "2026-05-15 00:00"), at(t, "2026-05-16 00:00")}, c.Period(usage.Cycle, at(t, "2026-05-15 12:00")))
	c = New(time.UTC, 15).Change(at(t, "2026-05-10 12:00"), zone(t, "Europe/Berlin"), 16)
	require.Equal(t, Period{at(t, "2026-05-15 00:00"), at(t, "2026-06-15 22:00")}, c.Period(usage.Cycle, at(t, "2026-05-15 12:00")))
}

func TestAWholeDayThatAClockChangeMadeShortIsNoStub(t *testing.T) {
	// Of anchors days do not know: the 29th of March has 23 hours.
	c := New(zone(t, "Europe/Berlin"), 1).Change(at(t, "2026-03-28 12:00"), zone(t, "Europe/Berlin"), 15)
	require.Equal(t, Period{at(t, "2026-03-28 23:00"), at(t, "2026-03-29 22:00")}, c.Period(usage.Day, at(t, "2026-03-29 12:00")))
}

func TestAnHourThatAChangedZoneCutsIsNotJoined(t *testing.T) {
	c := New(time.UTC, 1).Change(at(t, "2026-05-05 12:10"), zone(t, "Asia/Kolkata"), 1)
	require.Equal(t, Period{at(t, "2026-05-05 13:00"), at(t, "2026-05-05 13:30")}, c.Period(usage.Hour, at(t, "2026-05-05 13:00")))
	require.Equal(t, Period{at(t, "2026-05-05 13:30"), at(t, "2026-05-05 14:30")}, c.Period(usage.Hour, at(t, "2026-05-05 13:30")))
}

func TestNoPeriodAfterAChangeIsShorterThanADay(t *testing.T) {
	zones := []string{"UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "Australia/Lord_Howe"}
	changed := at(t, "2026-01-27 09:00")
	for i, before := range zones {
		for j, after := range zones {
			for k := usage.Day; k < usage.Rolling; k++ {
				c := New(zone(t, before), 1+i).Change(changed, zone(t, after), 1+(i+j)%31)
				p := c.Period(k, changed)
				for range 4 {
					next := c.Period(k, p.End)
					require.Equal(t, p.End, next.Start, "%s, %s to %s", k, before, after)
					require.GreaterOrEqual(t, next.End.Sub(next.Start), 24*time.Hour, "%s, %s to %s", k, before, after)
					p = next
				}
			}
		}
	}
}

func TestACalendarChangedByTheOldLawKeepsItsPeriods(t *testing.T) {
	clipped := []Entry{{0, "Europe/Berlin", 1, true}, {at(t, "2026-05-31 12:00").Unix(), "America/New_York", 1, true}}
	c, err := FromHistory(clipped)
	require.NoError(t, err)
	require.Equal(t, Period{at(t, "2026-05-31 22:00"), at(t, "2026-06-01 04:00")}, c.Period(usage.Month, at(t, "2026-05-31 22:00")))
	require.Equal(t, Period{at(t, "2026-06-01 04:00"), at(t, "2026-07-01 04:00")}, c.Period(usage.Month, at(t, "2026-06-01 04:00")))

	c = c.Change(at(t, "2026-09-30 12:00"), zone(t, "Pacific/Pago_Pago"), 1)
	require.Equal(t, Period{at(t, "2026-10-01 04:00"), at(t, "2026-11-01 11:00")}, c.Period(usage.Month, at(t, "2026-10-01 04:00")), "a later change is by the law of today")
	for _, e := range c.History() {
		read := Entry{From: e.From, Zone: e.Zone}
		read.Decode(e.Code())
		require.Equal(t, e, read)
	}
	old := Entry{}
	old.Decode(31)
	require.Equal(t, Entry{Anchor: 31, Clips: true}, old, "what was written before has the anchor only")
}

func TestTheLastChangeDuringAPeriodWins(t *testing.T) {
	noon := at(t, "2026-05-05 12:00")
	c := New(time.UTC, 1).
		Change(noon, zone(t, "Asia/Tokyo"), 1).
		Change(noon.AddDate(0, 0, 10), zone(t, "America/New_York"), 1)

	// Days saw Tokyo, months did not.
	require.Equal(t, Period{at(t, "2026-05-07 15:00"), at(t, "2026-05-08 15:00")}, c.Period(usage.Day, at(t, "2026-05-08 00:00")))
	require.Equal(t, Period{at(t, "2026-05-01 00:00"), at(t, "2026-06-01 00:00")}, c.Period(usage.Month, at(t, "2026-05-31 23:00")))
	require.Equal(t, Period{at(t, "2026-06-01 00:00"), at(t, "2026-07-01 04:00")}, c.Period(usage.Month, at(t, "2026-06-01 00:00")))
}

func TestAChangeTakenBackDuringThePeriodChangesNothing(t *testing.T) {
	plain := New(zone(t, "Europe/Berlin"), 31)
	noon := at(t, "2026-05-05 12:10")
	back := plain.Change(noon, time.UTC, 1).Change(noon.Add(time.Minute), zone(t, "Europe/Berlin"), 31)
	for k := range usage.Rolling {
		for now := noon; now.Before(noon.AddDate(1, 1, 0)); now = now.Add(7 * time.Hour) {
			require.Equal(t, plain.Period(k, now), back.Period(k, now), k.String())
		}
	}
}

func TestChangeAtABoundaryIsOfThePeriodThatBegins(t *testing.T) {
	c := New(time.UTC, 1).Change(at(t, "2026-05-05 00:00"), zone(t, "Asia/Tokyo"), 1)
	require.Equal(t, Period{at(t, "2026-05-05 00:00"), at(t, "2026-05-06 00:00")}, c.Period(usage.Day, at(t, "2026-05-05 00:00")))
	require.Equal(t, Period{at(t, "2026-05-06 00:00"), at(t, "2026-05-07 15:00")}, c.Period(usage.Day, at(t, "2026-05-06 00:00")))
}

func TestChangeToTheSameIsNoChange(t *testing.T) {
	c := New(zone(t, "Europe/Berlin"), 15)
	require.Same(t, c, c.Change(at(t, "2026-05-05 12:00"), zone(t, "Europe/Berlin"), 15))
	require.NotSame(t, c, c.Change(at(t, "2026-05-05 12:00"), zone(t, "Europe/Berlin"), 16))
}

func TestChangeBeforeTheLatestCountsAsTheLatest(t *testing.T) {
	c := New(time.UTC, 1).Change(at(t, "2026-05-05 12:00"), zone(t, "Asia/Tokyo"), 1)
	now := c.Change(at(t, "2026-05-05 12:00"), zone(t, "Asia/Kolkata"), 1)
	early := c.Change(at(t, "2026-04-01 12:00"), zone(t, "Asia/Kolkata"), 1)
	require.Equal(t, now.History(), early.History())
}

func TestStartOfFollowsTheZoneInForce(t *testing.T) {
	c := New(zone(t, "America/New_York"), 1).Change(at(t, "2026-05-05 12:00"), zone(t, "Europe/Berlin"), 1)
	date := func(d int) usage.Date { return usage.Date{Year: 2026, Month: 5, Day: d} }
	require.Equal(t, at(t, "2026-05-05 04:00"), c.StartOf(date(5)))
	require.Equal(t, at(t, "2026-05-06 04:00"), c.StartOf(date(6)), "the day that begins at the change")
	require.Equal(t, at(t, "2026-05-06 22:00"), c.StartOf(date(7)))

	far := New(zone(t, "Pacific/Pago_Pago"), 1).Change(at(t, "2026-05-05 12:00"), zone(t, "Pacific/Kiritimati"), 1)
	// The 6th begins at 11:00Z in Pago Pago, when it is the 7th already.
	require.Equal(t, at(t, "2026-05-06 11:00"), far.StartOf(date(6)))
	require.Equal(t, at(t, "2026-05-06 11:00"), far.StartOf(date(7)))
	require.Equal(t, at(t, "2026-05-07 10:00"), far.StartOf(date(8)))

	back := New(zone(t, "Pacific/Kiritimati"), 1).Change(at(t, "2026-05-05 12:00"), zone(t, "Pacific/Pago_Pago"), 1)
	// Pago Pago lives the 6th once more.
	require.Equal(t, at(t, "2026-05-05 10:00"), back.StartOf(date(6)))
	require.Equal(t, at(t, "2026-05-07 11:00"), back.StartOf(date(7)))
}

func TestHistoryRoundTrip(t *testing.T) {
	noon := at(t, "2026-05-05 12:00")
	c := New(zone(t, "Europe/Berlin"), 31).
		Change(noon, zone(t, "Asia/Tokyo"), 31).
		Change(noon.AddDate(0, 0, 3), zone(t, "Asia/Tokyo"), 15).
		Change(noon.AddDate(0, 3, 0), zone(t, "America/New_York"), 1)
	history := c.History()
	require.Equal(t, []Entry{
		{0, "Europe/Berlin", 31, false},
		{noon.Unix(), "Asia/Tokyo", 31, false},
		{noon.AddDate(0, 0, 3).Unix(), "Asia/Tokyo", 15, false},
		{noon.AddDate(0, 3, 0).Unix(), "America/New_York", 1, false},
	}, history)

	restored, err := FromHistory(history)
	require.NoError(t, err)
	require.Equal(t, history, restored.History())
	require.Equal(t, c.Zone().String(), restored.Zone().String())
	require.Equal(t, c.Anchor(), restored.Anchor())
	for k := range usage.Rolling {
		for now := noon.AddDate(0, -2, 0); now.Before(noon.AddDate(0, 8, 0)); now = now.Add(11 * time.Hour) {
			require.Equal(t, c.Period(k, now), restored.Period(k, now))
		}
	}
}

func TestFromHistoryRefuses(t *testing.T) {
	for want, entries := range map[string][]Entry{
		"empty":                      nil,
		`entry 0: zone "Mars/Base"`:  {{0, "Mars/Base", 1, false}},
		"entry 1: anchor 32":         {{0, "UTC", 1, false}, {5, "UTC", 32, false}},
		"entry 2: from 4: is before": {{0, "UTC", 1, false}, {5, "UTC", 3, false}, {4, "UTC", 2, false}},
	} {
		_, err := FromHistory(entries)
		require.ErrorContains(t, err, want)
	}
}
