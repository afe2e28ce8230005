// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"fmt"
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
)

// An organization that copies what a meter showed last shows what one does that writes
// all figures at each minute: whatever happens, and when nothing does for a while. So
// does one that has rehearsed, beside one whose figures of some minutes nobody wants.
func TestFiguresThatAreCopiedAreThoseThatWouldBeWritten(t *testing.T) {
	copied := 0
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 12))
		d := manyMeters(t)
		d.Meters[1].Versions[0].Classes = []usage.Class{{Billable: true, Requires: usage.Registered}, {Index: 1}, {Index: 2}}
		d.Meters[1].Versions = append(d.Meters[1].Versions, usage.Version{
			EffectiveFrom: usage.Date{Year: 2026, Month: 12, Day: 2}, Classes: []usage.Class{{Index: 2}, {Index: 0}},
			Standing: &usage.Standing{Class: 2},
		})
		d.ValuesPerDimension = 10
		d.Meters[5].Windows = metertest.MustWindows(t, "day 3h month 24h")
		s := share(t, d)
		now := metertest.MinuteAt(t, "2026-11-20 12:00") + period.Minute(r.IntN(3000))
		berlin, err := time.LoadLocation("Europe/Berlin")
		require.NoError(t, err)
		named := 3 // users from then on are not on disk yet
		newOne := func() *Organization {
			o := New("acme", s, calendar.New(berlin, 15), now.Ns())
			o.Person = func(user uint32, _ bool) string {
				if int(user) >= named {
					return ""
				}
				return fmt.Sprint("user-", user)
			}
			return o
		}
		copies, writes := newOne(), newOne()
		both := func(f func(o *Organization)) { f(copies); f(writes) }
		for step := range 1500 {
			now += period.Minute(1 + r.IntN(3))
			switch r.IntN(40) {
			case 0:
				now += period.Minute(r.IntN(30 * period.MinutesPerHour))
			case 1:
				named++
			case 2:
				slot := uint32(r.IntN(8))
				both(func(o *Organization) {
					if int(slot) < o.Users() {
						o.SetNameless(slot, !o.Nameless(slot))
					}
				})
			case 3:
				quotas := []quota.Quota{{Meter: 5, Window: d.Meters[5].Windows[r.IntN(4)], Limit: metertest.Units(2), Thresholds: quarters}}
				both(func(o *Organization) { o.SetQuotas(quotas[:step%2]) })
			case 4:
				both(func(o *Organization) { o.ForgetName("value-1") })
			case 5:
				hidden := fmt.Sprint("user-", r.IntN(8))
				both(func(o *Organization) {
					o.Hide(func(s *usage.Series) bool {
						return slices.ContainsFunc(s.Labels, func(l usage.Label) bool { return l.Value == hidden })
					})
				})
			}
			if step == 700 {
				tokyo, err := time.LoadLocation("Asia/Tokyo")
				require.NoError(t, err)
				both(func(o *Organization) { o.SetCalendar(o.Calendar().Change(now.Time(), tokyo, 3)) })
			}
			if step%10 == 0 { // what a start builds anew is what has come about
				writes = readBack(t, s, writes)
				for slot := range uint32(copies.Users()) {
					writes.SetNameless(slot, copies.Nameless(slot))
				}
			}
			for i := range writes.meters {
				writes.meters[i].Same = false
				if copies.meters[i].Same {
					copied++
				}
			}
			got, okToo := copies.Collect(now)
			if step%4 == 1 {
				writes.Recollect(now)
			} else {
				want, ok := writes.Collect(now)
				require.Equal(t, ok, okToo)
				require.Equal(t, want, got, "seed %d, step %d, %s", seed, step, now.Time())
			}
			for range r.IntN(3) {
				ev := anEvent(r, d.Meters[:5+min(step/300, 1)], now) // until then there is the last meter while it has a quota
				both(func(o *Organization) { take(o, now, ev) })
			}
			if step%40 == 7 {
				copies.Rehearse()
			}
		}
	}
	require.Greater(t, copied, 10_000)
}

// Who leaves a rolling window is known without a look at all users most of the time: the
// counts are those that are found from what is known of each user.
func TestRollingWindowsCountWhomTheirUsersTellOf(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 13))
		d := manyMeters(t)
		d.ValuesPerDimension, d.Meters = 10, d.Meters[:3]
		for i := range d.Meters {
			d.Meters[i].Windows = metertest.MustWindows(t, "day 3h 5h 24h")
			for b := range d.Meters[i].Breakdowns {
				d.Meters[i].Breakdowns[b].Values = nil
			}
		}
		s := share(t, d)
		now := metertest.MinuteAt(t, "2026-11-20 12:00") + period.Minute(r.IntN(3000))
		o := New("acme", s, calendar.New(time.UTC, 1), now.Ns())
		for step := range 1500 {
			now += period.Minute(1 + r.IntN(30))
			got, _ := o.Collect(now)
			if step%5 == 0 {
				want := readBack(t, s, o).figures(nil)
				require.Equal(t, want, got, "seed %d, step %d, %s", seed, step, now.Time())
			}
			if r.IntN(2+step/200%3*20) == 0 { // often, rarely, hardly ever
				ev := anEvent(r, d.Meters, now)
				ev.user %= 1 + seed
				ev.at = now.Ns() + 1 - r.Int64N(2)*r.Int64N(6*int64(time.Hour))
				take(o, now, ev)
			}
		}
	}
}

// occurrence is an event of users and values by their names.
type occurrence struct {
	at, from int64
	user     uint64
	meter    uint16
	kind     usage.EffectKind
	class    uint8
	value    int
	status   usage.Status
	amount   int64
}

// anEvent draws what happens in the minutes after now, or some time before.
func anEvent(r *rand.Rand, meters []usage.Meter, now period.Minute) occurrence {
	e := occurrence{
		at: now.Ns() + 1 + r.Int64N(period.NsPerMinute-1), user: r.Uint64N(8), from: int64(r.Uint64N(8)), meter: uint16(r.IntN(len(meters))),
		value: r.IntN(3), amount: r.Int64N(9) - 2,
	}
	switch r.IntN(6) {
	case 0:
		e.at -= r.Int64N(30 * 24 * int64(time.Hour))
	case 1:
		e.at += int64(2 * time.Minute)
	}
	switch m := &meters[e.meter]; m.Type {
	case usage.ActiveUsers:
		e.kind, e.class = usage.Active, uint8(r.IntN(len(m.Classes)))
	case usage.ConcurrentUsers:
		e.kind = usage.Concurrent
	case usage.Consumption:
		e.kind = usage.Consume
	}
	switch r.IntN(20) {
	case 0:
		e.kind, e.status = usage.Lifecycle, usage.Status(1+r.IntN(3))
	case 1:
		e.kind = usage.Alias
	case 2:
		e.kind, e.meter, e.class = usage.StandingOn, 1, 2
	case 3:
		e.kind, e.meter, e.class = usage.StandingOff, 1, 2
	}
	return e
}

// take does what a ledger does to an event.
func take(o *Organization, now period.Minute, what occurrence) {
	o.Advance(now.Ns()+1, false)
	slot := func(hash uint64) uint32 {
		user, known := o.Blocks().Find(hash)
		if !known {
			user = o.Blocks().Insert(hash)
		}
		return user
	}
	ev := meter.Event{Time: what.at, User: slot(what.user)}
	e := meter.Effect{Kind: what.kind, Meter: what.meter, Class: what.class, Status: what.status, Value: what.amount * usage.Micro, ByUser: true, Roles: usage.RoleHourly | usage.RoleActivity}
	switch what.kind {
	case usage.Alias:
		e.Key = slot(uint64(what.from))
	case usage.StandingOn, usage.StandingOff:
		e.Key = o.Key("key")
	case usage.Active, usage.Consume:
		for b := range o.defs.Meters[what.meter].Breakdowns {
			n, _ := o.Value(what.meter, b, fmt.Sprint("value-", what.value))
			e.Dims = append(e.Dims, n)
		}
		e.Averages = make([]usage.Average, len(o.defs.Meters[what.meter].Averages))
	default:
	}
	if o.Refusal(ev.User, ev.Time, &e) != usage.ReasonNone {
		return
	}
	ev.Effects = []meter.Effect{e}
	o.Apply(&ev)
}
