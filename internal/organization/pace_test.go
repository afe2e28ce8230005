// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/metertest"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

func paceMeters(t testing.TB) []usage.Meter {
	t.Helper()
	windows := metertest.MustWindows(t, "day week month cycle quarter 7d")
	class := []usage.Version{{Classes: []usage.Class{{Billable: true}}}}
	return []usage.Meter{
		{Name: "learners", Type: usage.ActiveUsers, Windows: windows, Classes: []string{""}, Versions: class},
		{Name: "operators", Type: usage.ConcurrentUsers, Windows: windows, Classes: []string{""}, Versions: class, SampleInterval: 15 * time.Minute, IdleTimeout: 30 * time.Minute, Settle: time.Minute},
		{Name: "minutes", Type: usage.Consumption, Windows: windows, Classes: []string{""}, Versions: class},
	}
}

func paceDefinitions(t testing.TB, began period.Minute) *Shared {
	t.Helper()
	d := meter.Definitions{Meters: paceMeters(t), Past: 35 * period.MinutesPerDay, Birth: began, Began: began.Ns(), Silence: int64(time.Hour)}
	return share(t, d)
}

func byName(figures []usage.Figure) map[string]float64 {
	m := map[string]float64{}
	for _, f := range figures {
		m[fmt.Sprint(f.Series.Name, f.Series.Labels)] = f.Value
	}
	return m
}

// An organization that is written down and read back at any time has the same
// figures from then on as one that lives on: projections, comparisons and
// quotas among them, through changes of clocks and of the zone.
func TestReadingBackChangesNoProjection(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 9))
			began := metertest.MinuteAt(t, "2025-09-20 07:00") + period.Minute(random.IntN(60*period.MinutesPerDay))
			d := paceDefinitions(t, began)
			cal := calendar.New(metertest.NamedZone(t, []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}[seed%3]), 31)
			lives, read := New("acme", d, cal, began.Ns()), New("acme", d, cal, began.Ns())
			hashes := []uint64{}
			for user := range uint64(60) {
				lives.Blocks().Insert(user)
				read.Blocks().Insert(user)
				hashes = append(hashes, user)
			}
			quotas := []quota.Quota{
				{Meter: 0, Window: d.Meters[0].Windows[2], Limit: metertest.Units(30), Thresholds: quarters},
				{Meter: 1, Window: d.Meters[1].Windows[1], Limit: metertest.Units(4), Thresholds: quarters},
				{Meter: 2, Window: d.Meters[2].Windows[3], Limit: metertest.Units(200), Thresholds: quarters},
			}
			lives.SetQuotas(quotas)
			read.SetQuotas(quotas)
			compared, now, disk := 0, began, map[uint32][]byte{}
			for now < began+150*period.MinutesPerDay {
				now += period.Minute(1 + random.IntN(12*period.MinutesPerHour))
				if random.IntN(40) == 0 {
					now += period.Minute(random.IntN(6 * period.MinutesPerDay)) // nothing happens
				}
				late := period.Minute(random.IntN(2 * period.MinutesPerDay))
				if random.IntN(4) > 0 {
					late = 0
				}
				ev := meter.Event{Time: (now - late).Ns(), User: uint32(random.IntN(60)), Effects: []meter.Effect{
					{Kind: usage.Active}, {Kind: usage.Concurrent, Meter: 1, Roles: usage.RoleHourly | usage.RoleActivity},
					{Kind: usage.Consume, Meter: 2, Value: random.Int64N(9 * usage.Micro)},
				}}
				for _, o := range []*Organization{lives, read} {
					o.Advance(now.Ns()+1, o == lives)
					o.Apply(&ev)
				}
				if random.IntN(300) == 0 {
					moved := cal.Change(now.Time(), metertest.NamedZone(t, "Pacific/Auckland"), 15)
					lives.SetCalendar(moved)
					read.SetCalendar(moved)
				}
				if random.IntN(20) == 0 {
					var head wire.Encoder
					read.Encode(&head)
					savePages(read, func(page uint32, data []byte) { disk[page] = slices.Clone(data) })
					back, err := Restore("acme", d, hashes, head.Bytes)
					require.NoError(t, err)
					for _, page := range slices.Sorted(maps.Keys(disk)) {
						require.NoError(t, back.RestorePage(UsersOfAll, 0, page, disk[page]))
					}
					require.NoError(t, back.Restored())
					read = back
				}
				if random.IntN(5) == 0 {
					now++
					want, ok := lives.Collect(now)
					require.True(t, ok)
					got, ok := read.Collect(now)
					require.True(t, ok)
					require.Equal(t, byName(want), byName(got), now.Time())
					compared += len(want)
				}
			}
			require.Greater(t, compared, 5000)
		})
	}
}

// Curves have the value of each midnight, wherever the clock stops between, and
// a period that was not recorded from its start on has none.
func TestCurvesHaveTheValueOfEachMidnight(t *testing.T) {
	for _, steps := range []string{"each hour", "seldom"} {
		t.Run(steps, func(t *testing.T) {
			began := metertest.MinuteAt(t, "2026-01-20 10:00")
			d := paceDefinitions(t, began)
			o := New("acme", d, calendar.New(metertest.NamedZone(t, "Europe/Berlin"), 1), began.Ns())
			for user := range uint64(40) {
				o.Blocks().Insert(user)
			}
			visit := func(at string, first, last uint32) {
				now := metertest.MinuteAt(t, at)
				o.Advance(now.Ns(), false)
				for user := first; user <= last; user++ {
					o.Apply(&meter.Event{Time: now.Ns(), User: user, Effects: []meter.Effect{{Kind: usage.Active}}})
				}
			}
			visit("2026-01-25 09:00", 1, 30)
			visit("2026-02-01 09:00", 1, 4)
			visit("2026-02-03 22:59", 1, 5) // 23:59 in Berlin
			visit("2026-02-04 08:00", 6, 9)
			if steps == "each hour" {
				for at := metertest.MinuteAt(t, "2026-02-04 08:00"); at < metertest.MinuteAt(t, "2026-02-20 00:00"); at += period.MinutesPerHour {
					o.Collect(at)
				}
			}
			visit("2026-02-20 12:00", 10, 20)
			o.Collect(metertest.MinuteAt(t, "2026-03-10 00:00"))
			past := o.pace.Of(0, 2).Past
			require.Len(t, past, 1, "January was not recorded from its start on")
			require.Equal(t, metertest.MinuteAt(t, "2026-01-31 23:00"), past[0].Start)
			require.Equal(t, wide.Of(20), past[0].Last())
			at := func(day int) float64 {
				return past[0].Until(&o.clock.Days, usage.Month, metertest.MinuteAt(t, "2026-01-31 23:00")+period.Minute(day-1)*period.MinutesPerDay)
			}
			require.Equal(t, []float64{0, 4, 4, 5, 9, 9, 9, 20, 20}, []float64{at(1), at(2), at(3), at(4), at(5), at(19), at(20), at(21), at(28)})
		})
	}
}

func FuzzPaceDecode(f *testing.F) {
	began := metertest.MinuteAt(f, "2026-01-20 10:00")
	d := paceDefinitions(f, began)
	cal := calendar.New(metertest.NamedZone(f, "Europe/Berlin"), 31)
	o := New("acme", d, cal, began.Ns())
	o.Blocks().Insert(1)
	o.SetQuotas([]quota.Quota{{Meter: 2, Window: d.Meters[2].Windows[3], Limit: metertest.Units(200), Thresholds: quarters}})
	for day := range period.Minute(80) {
		now := began + day*period.MinutesPerDay
		o.Advance(now.Ns(), false)
		o.Apply(&meter.Event{Time: now.Ns(), User: 0, Effects: []meter.Effect{{Kind: usage.Active}, {Kind: usage.Consume, Meter: 2, Value: 7 * usage.Micro}}})
	}
	var e wire.Encoder
	o.encodePace(&e)
	f.Add(e.Bytes)
	var head wire.Encoder
	o.Encode(&head)
	before := head.Bytes[:len(head.Bytes)-len(e.Bytes)]
	f.Fuzz(func(_ *testing.T, data []byte) {
		read, err := Restore("acme", d, []uint64{1}, append(slices.Clip(before), data...))
		if err != nil || len(data) == 0 {
			return
		}
		if read.Restored() != nil {
			return
		}
		read.Collect(o.clock.AsOf + 1) // any state that is taken can be lived on with
		read.Collect(o.clock.AsOf + 3*period.MinutesPerDay)
	})
}
