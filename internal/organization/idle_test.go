// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"bytes"
	"math/rand/v2"
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

// An organization whose meters are idle until they count shows at each minute what
// one shows that has had them all from its first, and they end in the same state.
func TestAMeterThatIsMadeLaterIsAsIfItHadBeenThereFromTheBeginning(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 25))
		d := manyMeters(t)
		d.Meters[0].Versions = append(d.Meters[0].Versions, usage.Version{
			EffectiveFrom: usage.Date{Year: 2027, Month: 1, Day: 15}, Classes: []usage.Class{{}},
		})
		s := share(t, d)
		now := metertest.MinuteAt(t, "2026-11-20 12:00") + period.Minute(r.IntN(3000))
		berlin, err := time.LoadLocation("Europe/Berlin")
		require.NoError(t, err)
		newOne := func() *Organization {
			o := New("acme", s, calendar.New(berlin, 15), now.Ns())
			o.Named = []bool{true, true, false, false, true}
			o.SetQuotas([]quota.Quota{{Meter: 2, Window: d.Meters[2].Windows[1], Limit: metertest.Units(5), Thresholds: quarters}})
			o.Person = func(uint32, bool) string { return "somebody" }
			return o
		}
		lazy, eager := newOne(), newOne()
		for i := range eager.meters {
			eager.made(uint16(i))
		}
		both := func(f func(o *Organization)) { f(lazy); f(eager) }
		for step, counted := 0, 0; counted < 3*len(d.Meters); step++ {
			now += period.Minute(1 + r.IntN(20*period.MinutesPerDay))
			if step == 5 {
				tokyo, err := time.LoadLocation("Asia/Tokyo")
				require.NoError(t, err)
				both(func(o *Organization) { o.SetCalendar(o.Calendar().Change(now.Time(), tokyo, 3)) })
			}
			lazyFigures, _ := lazy.Collect(now)
			eagerFigures, _ := eager.Collect(now)
			require.Equal(t, eagerFigures, lazyFigures, "seed %d, step %d", seed, step)
			before := encoded(lazy)
			lazy = readBack(t, s, lazy)
			require.True(t, bytes.Equal(before, encoded(lazy)), "what is read back is written as it was")
			if step < 8 || r.IntN(3) > 0 { // a year without an event
				continue
			}
			m := uint16(counted % len(d.Meters))
			counted++
			at, late := now.Ns()+1, time.Duration(r.IntN(40*24))*time.Hour
			if r.IntN(2) == 0 {
				at -= late.Nanoseconds()
			}
			if r.IntN(5) == 0 {
				at += int64(3 * time.Minute) // held until its minute
			}
			both(func(o *Organization) {
				o.Advance(now.Ns()+1, false)
				user, known := o.Blocks().Find(uint64(m % 3))
				if !known {
					user = o.Blocks().Insert(uint64(m % 3))
				}
				e := meter.Effect{Kind: usage.Active, Meter: m, Value: 7 * usage.Micro, ByUser: true}
				switch d.Meters[m].Type {
				case usage.ConcurrentUsers:
					e.Kind, e.Roles = usage.Concurrent, usage.RoleHourly|usage.RoleActivity
				case usage.Consumption:
					e.Kind = usage.Consume
				case usage.ActiveUsers:
				}
				e.Dims = make([]uint32, 0, len(d.Meters[m].Breakdowns))
				o.PrefetchEvent(&meter.Event{Time: at, User: user, Effects: []meter.Effect{{Kind: e.Kind, Meter: m, Dims: make([]uint32, cap(e.Dims))}}})
				for b := range d.Meters[m].Breakdowns {
					n, _ := o.Value(m, b, "share")
					e.Dims = append(e.Dims, n)
				}
				o.Apply(&meter.Event{Time: at, User: user, Effects: []meter.Effect{e}})
			})
		}
		now += period.MinutesPerHour
		both(func(o *Organization) { o.Collect(now) })
		require.True(t, bytes.Equal(encoded(eager), encoded(lazy)))
	}
}
