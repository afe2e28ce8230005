// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"fmt"
	"hash/maphash"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/metertest"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// consumptionBench drives one consumption state as an organization does.
type consumptionBench struct {
	t     testing.TB
	def   *usage.Meter
	vals  []meter.Values
	x     *Meter
	c     *period.Clock
	book  *series.Book
	users *people.Users
	sheet series.Sheet
	off   map[string]bool // window/period without figures
}

// spread is a hash that orders slots unlike their numbers.
func spread(slot uint32) uint64 { return uint64(slot+1) * 0x9e3779b97f4a7c15 }

// crowd are users as a meter keeps them, none or those that another one has.
func crowd(t testing.TB, def *usage.Meter, old *people.Users, n uint32) *people.Users {
	t.Helper()
	layout, err := people.NewLayout(Claims(0, def))
	require.NoError(t, err)
	users := people.NewUsers(layout)
	if old != nil {
		require.NoError(t, users.Adopt(&old.Blocks))
		require.NoError(t, users.Index())
	}
	for slot := uint32(users.Len()); slot < n; slot++ {
		users.Insert(spread(slot))
	}
	return &users
}

func newConsumptionBench(t testing.TB, def *usage.Meter, zone, now string) *consumptionBench {
	t.Helper()
	location, err := time.LoadLocation(zone)
	require.NoError(t, err)
	b := &consumptionBench{t: t, def: def, book: series.NewBook(time.Time{}, maphash.MakeSeed())}
	b.c = &period.Clock{Calendar: calendar.New(location, 1), AsOf: metertest.MinuteAt(t, now), Past: 35 * 24 * 60}
	b.c.Now, b.c.Days = b.c.AsOf, period.NewDays(b.c.Calendar, b.c.AsOf)
	for _, w := range def.Windows {
		if w.Kind < usage.Rolling {
			b.c.Follow(w.Kind)
		}
	}
	b.users = crowd(t, def, nil, 1000)
	shared := Share(0, def, b.users.Layout(), b.book)
	b.vals = meter.NumberAll(shared.Values)
	b.x = New(shared, b.vals, b.users)
	return b
}

// consume counts a value; zero time is the clock's minute.
func (b *consumptionBench) consume(ns int64, user uint32, value float64, dims ...string) {
	e := meter.Effect{Kind: usage.Consume, Value: int64(value * usage.Micro), ByUser: user != meter.NoUser}
	for i := range b.def.Breakdowns {
		name := usage.NoValue
		if i < len(dims) {
			name = dims[i]
		}
		n, _ := b.vals[i].Number(name, 3, 0)
		e.Dims = append(e.Dims, n)
	}
	e.Averages = make([]usage.Average, len(b.def.Averages))
	b.apply(ns, user, &e)
}

func (b *consumptionBench) apply(ns int64, user uint32, e *meter.Effect) {
	b.x.Apply(b.c, &meter.Event{Time: ns, User: user}, e)
}

func (b *consumptionBench) consumeAt(at string, value float64, dims ...string) {
	b.consume(metertest.MinuteAt(b.t, at).Ns(), meter.NoUser, value, dims...)
}

func (b *consumptionBench) turn(to period.Minute) {
	turn := period.Turn{From: b.c.AsOf}
	for k := range usage.NumKinds {
		if b.c.Tracks[k] != nil {
			turn.Ended[k] = b.c.Roll(usage.Kind(k), to)
		}
	}
	turn.Days = b.c.Days.Turn(b.c.Calendar, to, 400)
	b.c.AsOf, b.c.Now = to, to
	b.x.Turn(b.c, &turn)
}

func (b *consumptionBench) turnTo(at string) { b.turn(metertest.MinuteAt(b.t, at)) }

// figures returns every figure by its name and labels besides meter and unit.
func (b *consumptionBench) figures() map[string]float64 {
	b.sheet.Book, b.sheet.Figures = b.book, b.sheet.Figures[:0]
	b.sheet.Person = func(user uint32, reveal bool) string { return fmt.Sprintf("u%d/%v", user, reveal) }
	b.x.Figures(b.c, &b.sheet, func(w usage.Window, back int) bool {
		return !b.off[w.String()+"/"+usage.PeriodName(back)]
	})
	found := map[string]float64{}
	for _, f := range b.sheet.Figures {
		key := strings.TrimPrefix(f.Series.Name, "usage_")
		var keyLabels strings.Builder
		for _, l := range f.Series.Labels {
			if l.Name != "meter" && l.Name != "unit" {
				keyLabels.WriteString(" " + l.Value)
			}
		}
		key += keyLabels.String()
		if _, twice := found[key]; twice {
			require.Failf(b.t, "one series, two figures", key)
		}
		found[key] = f.Value
	}
	return found
}

// restart writes the state and goes on with what is read back, as def.
func (b *consumptionBench) restart(def *usage.Meter) {
	e := &wire.Encoder{}
	b.x.Encode(e)
	b.x.EncodeDays(e)
	b.users = crowd(b.t, def, b.users, 1000)
	b.def, b.x = def, New(Share(0, def, b.users.Layout(), b.book), b.vals, b.users)
	d := &wire.Decoder{Bytes: e.Bytes}
	b.x.Decode(d, 0)
	b.x.DecodeDays(d, len(b.c.Days.Starts))
	require.NoError(b.t, d.Err())
	require.Empty(b.t, d.Bytes)
}

func TestAnEventCountsInTheOnePeriodOfEachCalendarWindowThatContainsIt(t *testing.T) {
	b := newConsumptionBench(t, metertest.ConsumptionMeter(t, "hour day month"), "Europe/Berlin", "2026-03-05 12:00")
	b.consumeAt("2026-03-05 11:59", 2.5) // Berlin 12:59
	b.consumeAt("2026-03-04 22:59", 1)   // Berlin 23:59 of the day before
	b.consumeAt("2026-03-04 23:00", 4)   // Berlin midnight
	b.consumeAt("2026-02-28 22:59", 8)
	require.Equal(t, map[string]float64{
		"consumption_total":               15.5,
		"consumption current hour":        0,
		"consumption previous hour":       2.5,
		"consumption 2_ago hour":          0,
		"consumption current day":         6.5,
		"consumption previous day":        1,
		"consumption 2_ago day":           0,
		"consumption current month":       7.5,
		"consumption previous month":      8,
		"consumption 2_ago month":         0,
		"consumption_events current hour": 0, "consumption_events previous hour": 1, "consumption_events 2_ago hour": 0,
		"consumption_events current day": 2, "consumption_events previous day": 1, "consumption_events 2_ago day": 0,
		"consumption_events current month": 3, "consumption_events previous month": 1, "consumption_events 2_ago month": 0,
		"consumption_peak_day current month": 6.5, "consumption_peak_day previous month": 8, "consumption_peak_day 2_ago month": 0,
		"consumption_peak_day_timestamp_seconds current month":  float64(metertest.MinuteAt(t, "2026-03-04 23:00")) * 60,
		"consumption_peak_day_timestamp_seconds previous month": float64(metertest.MinuteAt(t, "2026-02-27 23:00")) * 60,
		"consumption_by_day 03-04":                              1, "consumption_by_day 03-05": 6.5,
	}, b.figures())
}

func TestSumsFollowTheirPeriodsAsTheClockTurns(t *testing.T) {
	b := newConsumptionBench(t, metertest.ConsumptionMeter(t, "day"), "UTC", "2026-03-05 23:59")
	b.consumeAt("2026-03-05 23:59", 1)
	b.turnTo("2026-03-06 00:00")
	b.consumeAt("2026-03-06 00:00", 2)
	b.turnTo("2026-03-07 10:00")
	found := b.figures()
	require.Equal(t, []float64{0, 2, 1}, []float64{
		found["consumption current day"], found["consumption previous day"], found["consumption 2_ago day"],
	})
	b.turnTo("2026-05-07 10:00")
	require.Zero(t, b.figures()["consumption 2_ago day"])
	require.InDelta(t, 3.0, b.figures()["consumption_total"], 0)
}

func TestALateEventRevisesItsPeriodAndAPeriodWithoutSeriesTakesItToo(t *testing.T) {
	b := newConsumptionBench(t, metertest.ConsumptionMeter(t, "day"), "UTC", "2026-03-05 10:00")
	b.off = map[string]bool{"day/previous": true}
	b.consumeAt("2026-03-04 10:00", 3)
	require.NotContains(t, b.figures(), "consumption previous day")
	b.turnTo("2026-03-06 10:00")
	require.InDelta(t, 3.0, b.figures()["consumption 2_ago day"], 0)
	b.consumeAt("2026-02-01 10:00", 5)
	day := &b.x.layout.windows[0]
	require.Equal(t, metertest.Units(5), b.x.read().total().sum(&b.x.layout, day, 33), "statements reach further than series")
}

func TestARollingWindowLeavesOutItsFarEdgeAndTakesInItsNearOne(t *testing.T) {
	b := newConsumptionBench(t, metertest.ConsumptionMeter(t, "1h"), "UTC", "2026-03-05 12:00")
	b.consumeAt("2026-03-05 12:00", 1)
	require.InDelta(t, 1.0, b.figures()["consumption current 1h"], 0, "at t is in")
	b.turnTo("2026-03-05 12:59")
	require.InDelta(t, 1.0, b.figures()["consumption current 1h"], 0)
	b.turnTo("2026-03-05 13:00")
	require.InDelta(t, 0.0, b.figures()["consumption current 1h"], 0, "at t - N is out")

	b.consume(metertest.MinuteAt(t, "2026-03-05 12:00").Ns()+1, meter.NoUser, 2)
	require.InDelta(t, 2.0, b.figures()["consumption current 1h"], 0, "a nanosecond after t - N is in")
	b.consume(metertest.MinuteAt(t, "2026-03-05 13:00").Ns()+1, meter.NoUser, 4)
	require.InDelta(t, 2.0, b.figures()["consumption current 1h"], 0, "a nanosecond after t is not")
	b.turnTo("2026-03-05 13:01")
	require.InDelta(t, 4.0, b.figures()["consumption current 1h"], 0)
}

func TestALateEventStaysInARollingWindowUntilItsOwnMinuteLeaves(t *testing.T) {
	b := newConsumptionBench(t, metertest.ConsumptionMeter(t, "1h 2d"), "UTC", "2026-03-05 12:00")
	b.consumeAt("2026-03-05 11:10", 1)
	b.consumeAt("2026-03-03 12:01", 2)
	b.consumeAt("2026-03-03 12:00", 4)
	require.InDelta(t, 3.0, b.figures()["consumption current 2d"], 0)
	b.turnTo("2026-03-05 12:01")
	require.InDelta(t, 1.0, b.figures()["consumption current 2d"], 0)
	b.turnTo("2026-03-05 12:10")
	require.InDelta(t, 0.0, b.figures()["consumption current 1h"], 0)
	b.turnTo("2026-04-05 12:10")
	require.InDelta(t, 0.0, b.figures()["consumption current 2d"], 0)
	require.Empty(t, b.x.read().total().log.chunks, "minutes that left are forgotten")
}

func TestABreakdownAddsUpAndShowsOnlyValuesWithSomethingInThatWindow(t *testing.T) {
	def := metertest.ConsumptionMeter(t, "day 1d")
	def.Breakdowns = []usage.Breakdown{{Dimension: "language", Values: []string{"de", "en"}}, {Dimension: "model"}}
	b := newConsumptionBench(t, def, "UTC", "2026-03-05 12:00")
	b.consumeAt("2026-03-05 09:00", 1, "de", "a")
	b.consumeAt("2026-03-05 09:00", 2, "fr", "b")
	b.consumeAt("2026-03-05 09:00", 4)
	b.consumeAt("2026-03-04 09:00", 8, "en", "c")
	b.consumeAt("2026-03-05 09:00", 0, "en", "d")
	found := map[string]float64{}
	for key, v := range b.figures() {
		if name, is := strings.CutPrefix(key, "consumption_breakdown "); is {
			found[name] = v
		}
	}
	require.Equal(t, map[string]float64{
		"language de current day": 1, "language __other__ current day": 2, "language __none__ current day": 4, "language en current day": 0,
		"model a current day": 1, "model b current day": 2, "model __none__ current day": 4, "model __other__ current day": 0,
		"language en previous day": 8, "model c previous day": 8,
		"language de current 1d": 1, "language __other__ current 1d": 2, "language __none__ current 1d": 4, "language en current 1d": 0,
		"model a current 1d": 1, "model b current 1d": 2, "model __none__ current 1d": 4, "model __other__ current 1d": 0,
	}, found)
}

func TestAveragesHaveSumAndCountOfTheEventsThatCarryThem(t *testing.T) {
	def := metertest.ConsumptionMeter(t, "day")
	def.Averages = []usage.AverageOf{{Name: "accuracy"}, {Name: "length"}}
	def.Breakdowns = []usage.Breakdown{{Dimension: "language"}}
	b := newConsumptionBench(t, def, "UTC", "2026-03-05 12:00")
	b.off = map[string]bool{"day/previous": true, "day/2_ago": true}
	n, _ := b.vals[0].Number("de", 3, 0)
	for _, accuracy := range []usage.Average{{Value: 900_000, Set: true}, {}, {Value: -400_000, Set: true}} {
		b.apply(b.c.AsOf.Ns(), meter.NoUser, &meter.Effect{Value: 1, Dims: []uint32{n}, Averages: []usage.Average{accuracy, {}}})
	}
	require.Equal(t, map[string]float64{
		"consumption_total": 0.000003, "consumption current day": 0.000003, "consumption_events current day": 3,
		"consumption_breakdown language de current day":  0.000003,
		"average_sum accuracy current day":               0.5,
		"average_count accuracy current day":             2,
		"average_sum length current day":                 0,
		"average_count length current day":               0,
		"average_sum accuracy language de current day":   0.5,
		"average_count accuracy language de current day": 2,
		"average_sum length language de current day":     0,
		"average_count length language de current day":   0,
	}, b.figures())
}

func TestTheTotalIsACounterUnlessThereAreCorrections(t *testing.T) {
	def := metertest.ConsumptionMeter(t, "day")
	b := newConsumptionBench(t, def, "UTC", "2026-03-05 12:00")
	b.consumeAt("2026-03-05 12:00", 0.1)
	require.InDelta(t, 0.1, b.figures()["consumption_total"], 0)
	require.True(t, b.sheet.Figures[0].Series.Counter)
	require.Equal(t, []usage.Label{{Name: "meter", Value: "minutes"}, {Name: "unit", Value: "min"}}, b.sheet.Figures[0].Series.Labels)

	corrected := *def
	corrected.Corrections = true
	b = newConsumptionBench(t, &corrected, "UTC", "2026-03-05 12:00")
	b.consumeAt("2026-03-05 12:00", 5)
	b.consumeAt("2026-03-05 12:00", -7)
	require.NotContains(t, b.figures(), "consumption_total")
	require.InDelta(t, -2.0, b.figures()["consumption current day"], 0)
	require.InDelta(t, 2.0, b.figures()["consumption_events current day"], 0)
}

// largest is the largest value that an item may carry, in units.
const largest = math.MaxInt64 / 1e6

func TestSumsDoNotEndWhereTheValueOfAnItemDoes(t *testing.T) {
	def := topMeter(t, "day month 2d", 1)
	def.Averages = []usage.AverageOf{{Name: "length"}}
	def.Breakdowns = []usage.Breakdown{{Dimension: "language"}}
	b := newConsumptionBench(t, def, "UTC", "2026-03-05 12:00")
	de, _ := b.vals[0].Number("de", 3, b.c.AsOf)
	most := &meter.Effect{Value: math.MaxInt64, ByUser: true, Dims: []uint32{de}, Averages: []usage.Average{{Value: -math.MaxInt64, Set: true}}}
	require.Equal(t, 12*largest, b.twelve(most)["consumption current day"])
	b.restart(def)
	b.turnTo("2026-03-06 11:00")
	require.Equal(t, 24*largest, b.twelve(most)["consumption current month"])
	for range 2 { // before a restart, and after
		found := b.figures()
		for key, sum := range map[string]float64{
			"consumption_total":                                24,
			"consumption current 2d":                           24,
			"consumption previous day":                         12,
			"consumption_peak_day current month":               12,
			"consumption_by_day 03-06":                         12,
			"consumption_breakdown language de current month":  24,
			"consumption_breakdown user u7/true current month": 24,
			"average_sum length current month":                 -24,
			"average_sum length language de previous day":      -12,
		} {
			require.Equal(t, sum*largest, found[key], key)
		}
		b.restart(def)
	}
	b.turnTo("2026-03-07 12:00")
	require.Equal(t, 12*largest, b.figures()["consumption current 2d"], "they leave a rolling window as they came")
	b.turnTo("2026-03-08 12:00")
	require.Zero(t, b.figures()["consumption current 2d"])
	require.Equal(t, 24*largest, b.figures()["consumption current month"])
}

// twelve applies an effect so many times now.
func (b *consumptionBench) twelve(e *meter.Effect) map[string]float64 {
	for range 12 {
		b.apply(b.c.AsOf.Ns(), 7, e)
	}
	return b.figures()
}

func TestCorrectionsTakeASumBelowWhatAnItemMayCarryAndBack(t *testing.T) {
	def := topMeter(t, "day 1d", 2)
	def.Corrections = true
	b := newConsumptionBench(t, def, "UTC", "2026-03-05 12:00")
	require.Equal(t, -12*largest, b.twelve(&meter.Effect{Value: -math.MaxInt64, ByUser: true})["consumption current day"])
	b.consume(b.c.AsOf.Ns(), 8, 1)
	require.Equal(t, map[string]float64{"u8/true current day": 1, "u7/true current day": -12 * largest}, b.byUser())
	b.restart(def)
	b.twelve(&meter.Effect{Value: math.MaxInt64, ByUser: true})
	b.consume(b.c.AsOf.Ns(), 7, 0.5)
	found := b.figures()
	require.Equal(t, 1.5, found["consumption current day"])
	require.Equal(t, 1.5, found["consumption current 1d"])
	require.Equal(t, map[string]float64{"u8/true current day": 1, "u7/true current day": 0.5}, b.byUser())
}

func topMeter(t testing.TB, windows string, top int) *usage.Meter {
	t.Helper()
	def := metertest.ConsumptionMeter(t, windows)
	def.ByUser = &usage.ByUser{Dimension: "user", Top: top, Reveal: true}
	return def
}

func (b *consumptionBench) byUser() map[string]float64 {
	found := map[string]float64{}
	for key, v := range b.figures() {
		if name, is := strings.CutPrefix(key, "consumption_breakdown user "); is {
			found[name] = v
		}
	}
	return found
}

func TestByUserTheTopIsShownAndTheRestAddsUp(t *testing.T) {
	b := newConsumptionBench(t, topMeter(t, "day 1d", 2), "UTC", "2026-03-05 12:00")
	now := b.c.AsOf.Ns()
	for user, value := range []float64{5, 1, 9, 2} {
		b.consume(now, uint32(user*100), value)
	}
	b.consume(now, meter.NoUser, 3)
	require.Equal(t, map[string]float64{
		"u200/true current day": 9, "u0/true current day": 5, "__other__ current day": 3, "__none__ current day": 3,
	}, b.byUser())
	b.consume(now, 300, 8)
	require.Equal(t, map[string]float64{
		"u300/true current day": 10, "u200/true current day": 9, "__other__ current day": 6, "__none__ current day": 3,
	}, b.byUser())
	b.turnTo("2026-03-06 12:00")
	b.consume(b.c.AsOf.Ns(), 100, 1)
	require.Equal(t, map[string]float64{
		"u300/true previous day": 10, "u200/true previous day": 9, "__other__ previous day": 6, "__none__ previous day": 3,
		"u100/true current day": 1,
	}, b.byUser())
	b.turnTo("2026-03-09 12:00")
	require.Empty(t, b.byUser())
}

func TestUsersOverALimitCountAsNobody(t *testing.T) {
	b := newConsumptionBench(t, topMeter(t, "day", 2), "UTC", "2026-03-05 12:00")
	b.apply(b.c.AsOf.Ns(), 7, &meter.Effect{Value: 2_000_000, ByUser: false})
	require.Equal(t, map[string]float64{"__none__ current day": 2}, b.byUser())
}

func TestTiesAmongTheTopDoNotDependOnArrival(t *testing.T) {
	want := map[string]float64(nil)
	for first := range uint32(5) {
		b := newConsumptionBench(t, topMeter(t, "day", 2), "UTC", "2026-03-05 12:00")
		for i := range uint32(5) {
			b.consume(b.c.AsOf.Ns(), (first+i)%5, 1)
		}
		if want == nil {
			want = b.byUser()
			require.Len(t, want, 3)
		}
		require.Equal(t, want, b.byUser())
	}
}

func TestACorrectionLetsAnotherUserIntoTheTop(t *testing.T) {
	def := topMeter(t, "day", 1)
	def.Corrections = true
	b := newConsumptionBench(t, def, "UTC", "2026-03-05 12:00")
	b.consume(b.c.AsOf.Ns(), 1, 5)
	b.consume(b.c.AsOf.Ns(), 2, 4)
	b.consume(b.c.AsOf.Ns(), 1, -5)
	require.Equal(t, map[string]float64{"u2/true current day": 4}, b.byUser())
	b.consume(b.c.AsOf.Ns(), 2, -6)
	require.Equal(t, map[string]float64{"u1/true current day": 0, "__other__ current day": -2}, b.byUser())
}

func TestAliasedUsersAreOnePersonInEveryPeriodThatIsNotFrozen(t *testing.T) {
	b := newConsumptionBench(t, topMeter(t, "month", 1), "UTC", "2026-01-31 12:00")
	b.consume(b.c.AsOf.Ns(), 1, 5)
	b.consume(b.c.AsOf.Ns(), 2, 4)
	b.turnTo("2026-03-08 12:00") // January ended 36 days ago
	b.consumeAt("2026-02-28 12:00", 1)
	b.consume(metertest.MinuteAt(t, "2026-02-28 12:00").Ns(), 1, 1)
	b.consume(metertest.MinuteAt(t, "2026-02-28 12:00").Ns(), 2, 2)
	b.consume(b.c.AsOf.Ns(), 2, 7)
	b.x.Merge(b.c, 2, 3)
	require.Equal(t, map[string]float64{
		"u3/true current month":  7,
		"u3/true previous month": 2, "__other__ previous month": 1, "__none__ previous month": 1,
		"u1/true 2_ago month": 5, "__other__ 2_ago month": 4,
	}, b.byUser())
	b.x.Merge(b.c, 1, 3)
	require.Equal(t, map[string]float64{
		"u3/true current month":  7,
		"u3/true previous month": 3, "__none__ previous month": 1,
		"u1/true 2_ago month": 5, "__other__ 2_ago month": 4,
	}, b.byUser())
	b.x.Merge(b.c, 999, 3)
	b.x.Merge(b.c, 3, 3)
	require.InDelta(t, 7.0, b.byUser()["u3/true current month"], 0)
}

func TestAStateOutlivesAChangedConfiguration(t *testing.T) {
	def := topMeter(t, "day month 1d", 1)
	def.Averages = []usage.AverageOf{{Name: "accuracy"}, {Name: "length"}}
	def.Breakdowns = []usage.Breakdown{{Dimension: "language"}, {Dimension: "model"}}
	b := newConsumptionBench(t, def, "UTC", "2026-03-05 12:00")
	de, _ := b.vals[0].Number("de", 3, 0)
	large, _ := b.vals[1].Number("large", 3, 0)
	b.apply(b.c.AsOf.Ns(), 1, &meter.Effect{Value: 2_000_000, ByUser: true, Dims: []uint32{de, large}, Averages: []usage.Average{{}, {Value: 6_000_000, Set: true}}})

	changed := topMeter(t, "2h month week", 1)
	changed.Averages = []usage.AverageOf{{Name: "length"}, {Name: "tone"}}
	changed.Breakdowns = []usage.Breakdown{{Dimension: "model"}}
	b.vals = b.vals[1:]
	b.c.Follow(usage.Week)
	b.restart(changed)
	b.off = map[string]bool{}
	for key, v := range map[string]float64{
		"consumption current 2h": 2, "consumption current month": 2, "consumption current week": 0, "consumption_total": 2,
		"average_sum length current 2h": 6, "average_count length current month": 1, "average_count tone current month": 0,
		"consumption_breakdown model large current 2h":     2,
		"average_sum length model large current month":     6,
		"consumption_breakdown user u1/true current month": 2,
	} {
		require.Contains(t, b.figures(), key)
		require.InDelta(t, v, b.figures()[key], 0, key)
	}
	require.NotContains(t, fmt.Sprint(b.figures()), "language")
	require.NotContains(t, fmt.Sprint(b.figures()), "accuracy")
}
