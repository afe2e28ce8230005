// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// TestPeriodsAsPythonFindsThem holds every kind against testdata/periods.json,
// which testdata/generate.py wrote.
func TestPeriodsAsPythonFindsThem(t *testing.T) {
	data, err := os.ReadFile("testdata/periods.json")
	require.NoError(t, err)
	var cases []map[string]any
	require.NoError(t, json.Unmarshal(data, &cases))
	require.Greater(t, len(cases), 350)
	for _, want := range cases {
		c := New(zone(t, want["zone"].(string)), int(want["anchor"].(float64)))
		now := time.Unix(int64(want["at"].(float64)), 0)
		for k := range usage.Rolling {
			bounds := want[k.String()].([]any)
			p := c.Period(k, now)
			require.Equal(t, []any{float64(p.Start.Unix()), float64(p.End.Unix())}, bounds,
				"%s of %s in %s, anchor %v", k, now.UTC(), want["zone"], want["anchor"])
		}
	}
}

// zones are those in which something is odd, and some ordinary ones.
var zones = []string{
	"Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Johannesburg", "Africa/Juba", "Africa/Monrovia", "Africa/Sao_Tome", "Africa/Windhoek",
	"America/Adak", "America/Argentina/San_Luis", "America/Asuncion", "America/Bogota", "America/Caracas", "America/Chicago", "America/Godthab", "America/Halifax",
	"America/Havana", "America/Los_Angeles", "America/Mexico_City", "America/Miquelon", "America/New_York", "America/Phoenix", "America/Santiago", "America/Sao_Paulo",
	"America/Scoresbysund", "America/St_Johns", "Antarctica/Casey", "Antarctica/Troll", "Antarctica/Vostok", "Asia/Almaty", "Asia/Amman", "Asia/Beirut", "Asia/Colombo",
	"Asia/Dhaka", "Asia/Gaza", "Asia/Hong_Kong", "Asia/Jerusalem", "Asia/Kabul", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Kuala_Lumpur", "Asia/Pyongyang", "Asia/Singapore",
	"Asia/Tehran", "Asia/Tokyo", "Asia/Yangon", "Atlantic/Azores", "Atlantic/Reykjavik", "Australia/Adelaide", "Australia/Eucla", "Australia/Lord_Howe", "Australia/Sydney",
	"Europe/Berlin", "Europe/Dublin", "Europe/Istanbul", "Europe/Lisbon", "Europe/London", "Europe/Moscow", "Europe/Volgograd", "Pacific/Apia", "Pacific/Auckland",
	"Pacific/Chatham", "Pacific/Easter", "Pacific/Fakaofo", "Pacific/Fiji", "Pacific/Kiritimati", "Pacific/Kwajalein", "Pacific/Marquesas", "Pacific/Norfolk", "Pacific/Tongatapu", "UTC",
}

// TestPeriodsTileTime checks, of random instants and of those around every
// change of the offset, that each period contains its instants, begins where
// the local date does, and ends where the next one starts.
func TestPeriodsTileTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	first := at(t, "1990-01-01 00:00").Unix()
	for _, name := range zones {
		loc := zone(t, name)
		for range 60 {
			now := time.Unix(first+rng.Int64N(50*366*day), rng.Int64N(1e9)).In(loc)
			checkTiling(t, loc, 1+rng.IntN(31), now)
			if _, change := now.ZoneBounds(); !change.IsZero() {
				checkTiling(t, loc, 1+rng.IntN(31), change.Add(time.Duration(rng.Int64N(4*hour)-2*hour)*time.Second))
			}
		}
	}
}

func checkTiling(t *testing.T, loc *time.Location, anchor int, now time.Time) {
	t.Helper()
	c := New(loc, anchor)
	for k := range usage.Rolling {
		p := c.Period(k, now)
		require.True(t, p.Contains(now), "%s of %s: %v", k, now, p)
		require.Equal(t, p, c.Period(k, p.Start))
		require.Equal(t, p, c.Period(k, p.End.Add(-1)))
		require.Equal(t, p.End, c.Period(k, p.End).Start)
		require.Equal(t, p.Start, c.Period(k, p.Start.Add(-1)).End)
		requireAligned(t, k, loc, anchor, p.Start)
	}
	requireDaysAddUp(t, c, now)
}

// requireAligned checks the wall clock at a period's start. Only a change of
// the offset at that very instant excuses another time than midnight.
func requireAligned(t *testing.T, k usage.Kind, loc *time.Location, anchor int, start time.Time) {
	t.Helper()
	local := start.In(loc)
	_, offset := local.Zone()
	if _, before := local.Add(-1).Zone(); before != offset {
		return
	}
	require.Zero(t, local.Minute()*60+local.Second(), "%s starts at %s", k, local)
	if k == usage.Hour {
		return
	}
	require.Zero(t, local.Hour(), "%s starts at %s", k, local)
	_, month, d := local.Date()
	lastDay := local.AddDate(0, 1, -d).Day()
	switch k {
	case usage.Week:
		require.Equal(t, time.Monday, local.Weekday())
	case usage.Month:
		require.Equal(t, 1, d)
	case usage.Quarter:
		require.Equal(t, []int{1, 1}, []int{d, int(month) % 3})
	case usage.Half:
		require.Equal(t, []int{1, 1}, []int{d, int(month) % 6})
	case usage.Year:
		require.Equal(t, []int{1, 1}, []int{d, int(month)})
	case usage.Cycle:
		require.Equal(t, min(anchor, lastDay), d)
	default: // any instant may be the start
	}
}

func requireDaysAddUp(t *testing.T, c *Calendar, now time.Time) {
	t.Helper()
	month := c.Period(usage.Month, now)
	next, days := month.Start, 0
	for next.Before(month.End) {
		next = c.Period(usage.Day, next).End
		days++
	}
	require.Equal(t, month.End, next)
	middle := month.Start.Add(month.End.Sub(month.Start) / 2).In(c.Zone())
	lastDay := time.Date(middle.Year(), middle.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	require.Contains(t, []int{lastDay, lastDay - 1}, days, "a skipped date at most")
}

// TestPeriodsTileTimeAcrossChanges does the same with random changes of zone
// and anchor.
func TestPeriodsTileTimeAcrossChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	randomZone := func() *time.Location { return zone(t, zones[rng.IntN(len(zones))]) }
	for range 60 {
		now := at(t, "2026-01-01 00:00").Add(time.Duration(rng.IntN(365*24)) * time.Hour)
		c := New(randomZone(), 1+rng.IntN(31))
		for range 1 + rng.IntN(5) {
			before := c
			c = c.Change(now, randomZone(), 1+rng.IntN(31))
			for k := range usage.Rolling {
				require.Equal(t, before.Period(k, now), c.Period(k, now), "the running period stays")
				past := now.Add(-time.Duration(rng.IntN(400*24)) * time.Hour)
				require.Equal(t, before.Period(k, past), c.Period(k, past), "earlier periods stay")
			}
			now = now.Add(time.Duration(rng.IntN(1000)) * time.Hour)
		}
		for k := usage.Day; k < usage.Rolling; k++ {
			p := c.Period(k, now.AddDate(-1, -6, 0))
			for p.Start.Before(now.AddDate(2, 0, 0)) {
				next := c.Period(k, p.End)
				require.Equal(t, p.End, next.Start)
				require.Equal(t, p, c.Period(k, p.End.Add(-1)))
				p = next
			}
			require.Equal(t, New(c.Zone(), c.Anchor()).Period(k, p.Start), p, "in the end it is the new calendar's")
		}
	}
}
