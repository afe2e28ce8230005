// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/metertest"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// consumptionModel keeps every event and finds figures by looking at them all.
type consumptionModel struct {
	bench   *consumptionBench
	events  []consumedEvent
	persons map[uint32]uint32 // merged users
}

type consumedEvent struct {
	ns      int64
	value   int64
	user    uint32                 // as the event named it
	owners  [usage.NumKinds]uint32 // person by kind: merges pass over frozen periods
	dims    []string
	numbers []uint32 // of dims
	avg     []usage.Average
}

// total is an exact sum of millionths; the zero total is 0.
type total struct{ big.Int }

func (s *total) add(millionths int64) { s.Add(&s.Int, big.NewInt(millionths)) }

// units returns the nearest number of units.
func (s *total) units() float64 {
	f, _ := new(big.Rat).SetFrac(&s.Int, big.NewInt(usage.Micro)).Float64()
	return f
}

func (m *consumptionModel) figures() map[string]float64 {
	found := map[string]float64{}
	var ever total
	for _, e := range m.events {
		ever.add(e.value)
	}
	if !m.bench.def.Corrections {
		found["consumption_total"] = ever.units()
	}
	for _, w := range m.bench.def.Windows {
		if w.Kind == usage.Rolling {
			to := m.bench.c.AsOf.Ns()
			m.window(found, w, 0, to-int64(w.Length())+1, to+1)
			continue
		}
		p := m.bench.c.Calendar.Period(w.Kind, m.bench.c.AsOf.Time())
		for back := range period.Published {
			m.window(found, w, back, p.Start.UnixNano(), p.End.UnixNano())
			if w.Kind > usage.Day {
				m.busiest(found, w, back, p)
			}
			p = m.bench.c.Calendar.Period(w.Kind, p.Start.Add(-1))
		}
	}
	m.days(found)
	m.lastActivity(found)
	return found
}

func (m *consumptionModel) keepsDays() bool {
	return slices.ContainsFunc(m.bench.def.Windows, func(w usage.Window) bool { return w.Kind == usage.Day })
}

// sumsByDay are the sums of the days with events of a period, by their start.
func (m *consumptionModel) sumsByDay(p calendar.Period) map[int64]*total {
	days := map[int64]*total{}
	for _, e := range m.events {
		if at := time.Unix(0, e.ns); p.Contains(at) {
			day := m.bench.c.Calendar.Period(usage.Day, at).Start.Unix()
			if days[day] == nil {
				days[day] = &total{}
			}
			days[day].add(e.value)
		}
	}
	return days
}

// busiest writes the day of a period with the largest sum.
func (m *consumptionModel) busiest(found map[string]float64, w usage.Window, back int, p calendar.Period) {
	if !m.keepsDays() {
		return
	}
	days, suffix := m.sumsByDay(p), " "+usage.PeriodName(back)+" "+w.String()
	found["consumption_peak_day"+suffix] = 0
	var largest *total
	for _, day := range slices.Sorted(maps.Keys(days)) {
		if largest == nil || days[day].Cmp(&largest.Int) > 0 {
			largest = days[day]
			found["consumption_peak_day"+suffix] = largest.units()
			found["consumption_peak_day_timestamp_seconds"+suffix] = float64(day)
		}
	}
}

// days writes the days of the running month.
func (m *consumptionModel) days(found map[string]float64) {
	cal, isMonth := m.bench.c.Calendar, func(w usage.Window) bool { return w.Kind == usage.Month }
	if !m.keepsDays() || !slices.ContainsFunc(m.bench.def.Windows, isMonth) {
		return
	}
	for day, sum := range m.sumsByDay(cal.Period(usage.Month, m.bench.c.AsOf.Time())) {
		date := time.Unix(day, 0).Add(2 * time.Hour).In(cal.Zone()).Format("01-02")
		found["consumption_by_day "+date] = sum.units()
	}
}

// lastActivity writes the latest event of each user that a running period shows.
func (m *consumptionModel) lastActivity(found map[string]float64) {
	shown := map[string]bool{}
	for key := range found {
		if user, is := strings.CutPrefix(key, "consumption_breakdown user u"); is && strings.Contains(user, " current ") {
			name, _, _ := strings.Cut(user, " ")
			shown["user_last_activity_timestamp_seconds user u"+name] = true
		}
	}
	for _, e := range m.events {
		key := fmt.Sprintf("user_last_activity_timestamp_seconds user u%d/true", m.person(e.user))
		if shown[key] {
			found[key] = max(found[key], float64(period.Floor(e.ns))*60)
		}
	}
}

func (m *consumptionModel) person(user uint32) uint32 {
	if to, merged := m.persons[user]; merged {
		return m.person(to)
	}
	return user
}

// window writes the figures of the events in [from, to).
func (m *consumptionModel) window(found map[string]float64, w usage.Window, back int, from, to int64) {
	def, suffix := m.bench.def, " "+usage.PeriodName(back)+" "+w.String()
	cells, users, events := map[string][]total{"": make([]total, 2+2*len(def.Averages))}, map[uint32]*total{}, 0
	var none, rest total
	anybody := false
	for _, e := range m.events {
		if e.ns < from || e.ns >= to {
			continue
		}
		events++
		keys := []string{""}
		for i, value := range e.dims {
			keys = append(keys, " "+def.Breakdowns[i].Dimension+" "+value)
		}
		for _, key := range keys {
			if cells[key] == nil {
				cells[key] = make([]total, 2+2*len(def.Averages))
			}
			cells[key][0].add(e.value)
			for i, a := range e.avg {
				if a.Set {
					cells[key][2+2*i].add(a.Value)
					cells[key][3+2*i].add(usage.Micro)
				}
			}
		}
		if w.Kind == usage.Rolling {
			continue
		}
		if user := e.owners[w.Kind]; user != meter.NoUser {
			if users[user] == nil {
				users[user] = &total{}
			}
			users[user].add(e.value)
			rest.add(e.value)
		} else {
			none.add(e.value)
			anybody = true
		}
	}
	found["consumption_events"+suffix] = float64(events)
	for key, cell := range cells {
		name := "consumption"
		if key != "" {
			name = "consumption_breakdown"
		}
		found[name+key+suffix] = cell[0].units()
		for i, a := range def.Averages {
			found["average_sum "+a.Name+key+suffix] = cell[2+2*i].units()
			found["average_count "+a.Name+key+suffix] = cell[3+2*i].units()
		}
	}
	if w.Kind != usage.Rolling && def.ByUser != nil {
		m.top(found, suffix, users, &rest)
		if anybody {
			found["consumption_breakdown user __none__"+suffix] = none.units()
		}
	}
}

func (m *consumptionModel) top(found map[string]float64, suffix string, users map[uint32]*total, rest *total) {
	order := make([]uint32, 0, len(users))
	for user := range users {
		order = append(order, user)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(users[b].Cmp(&users[a].Int), cmp.Compare(spread(a), spread(b)))
	})
	for _, user := range order[:min(len(order), m.bench.def.ByUser.Top)] {
		found[fmt.Sprintf("consumption_breakdown user u%d/true%s", user, suffix)] = users[user].units()
		rest.Sub(&rest.Int, &users[user].Int)
	}
	if rest.Sign() != 0 {
		found["consumption_breakdown user __other__"+suffix] = rest.units()
	}
}

// consumptionWalk makes random events, merges, restarts and turns.
type consumptionWalk struct {
	*consumptionModel
	r     *rand.Rand
	large bool // some values are as large as one may be
}

func newConsumptionWalk(t *testing.T, seed uint64) *consumptionWalk {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	def := metertest.ConsumptionMeter(t, pick("hour day month 1h", "day cycle week 3h 30d", "day half", "quarter 90d", "hour day week month quarter half year cycle 1h 24h 2d 7d", "36h", "month"))
	def.Corrections = r.IntN(2) == 0
	def.Averages = make([]usage.AverageOf, r.IntN(3))
	for i := range def.Averages {
		def.Averages[i].Name = fmt.Sprintf("average%d", i)
	}
	def.Breakdowns = make([]usage.Breakdown, r.IntN(3))
	for i := range def.Breakdowns {
		def.Breakdowns[i].Dimension = fmt.Sprintf("dimension%d", i)
	}
	if r.IntN(4) > 0 {
		def.ByUser = &usage.ByUser{Dimension: "user", Top: 1 + r.IntN(4), Reveal: true}
	}
	b := newConsumptionBench(t, def, pick("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"), "2026-03-05 12:00")
	return &consumptionWalk{consumptionModel: &consumptionModel{bench: b, persons: map[uint32]uint32{}}, r: r, large: seed%2 == 0}
}

// event applies an event of any accepted time up to the end of the running
// minute.
func (w *consumptionWalk) event() {
	def, c := w.bench.def, w.bench.c
	ns := c.AsOf.Ns()
	switch w.r.IntN(8) {
	case 0:
		ns -= w.r.Int64N(int64(c.Past) * period.NsPerMinute)
	case 1:
		ns -= w.r.Int64N(3 * 60 * period.NsPerMinute)
	case 2:
		ns -= w.r.Int64N(120) * period.NsPerMinute
	case 3: // on the minute
	default:
		ns += 1 + w.r.Int64N(period.NsPerMinute-1)
	}
	e := consumedEvent{ns: ns, value: w.r.Int64N(4) * 333_333}
	if def.Corrections {
		e.value -= 700_000
	}
	if w.large && w.r.IntN(3) == 0 {
		e.value = math.MaxInt64 - w.r.Int64N(4)
		if def.Corrections && w.r.IntN(2) == 0 {
			e.value = -e.value
		}
	}
	user := meter.NoUser
	if w.r.IntN(8) > 0 {
		user = uint32(w.r.IntN(10) * 37)
		user = w.person(user)
	}
	e.user = user
	for k := range e.owners {
		e.owners[k] = user
	}
	effect := meter.Effect{Value: e.value, ByUser: true}
	for i := range def.Breakdowns {
		n, _ := w.bench.vals[i].Number(fmt.Sprintf("v%d", w.r.IntN(5)), 3, 0)
		effect.Dims = append(effect.Dims, n)
		e.dims = append(e.dims, w.bench.vals[i].Of(n).Name)
		e.numbers = append(e.numbers, n)
	}
	for range def.Averages {
		e.avg = append(e.avg, usage.Average{Value: w.r.Int64N(1000) - 300 + e.value/1_000_000*1_000_000, Set: w.r.IntN(3) > 0})
	}
	effect.Averages = e.avg
	w.bench.apply(ns, user, &effect)
	w.events = append(w.events, e)
}

func (w *consumptionWalk) merge() {
	from, to := w.person(uint32(w.r.IntN(10)*37)), w.person(uint32(w.r.IntN(10)*37))
	if from == to {
		return
	}
	w.persons[from] = to
	c := w.bench.c
	w.bench.x.Merge(c, from, to)
	for i := range w.events {
		e := &w.events[i]
		for k := range e.owners {
			p := c.Calendar.Period(usage.Kind(k), period.Floor(e.ns).Time())
			if e.owners[k] == from && period.MinuteOf(p.End) > c.Now-c.Past {
				e.owners[k] = to
			}
		}
	}
}

func (w *consumptionWalk) turn() {
	steps := []period.Minute{1, 1, 1, 2, 30, 61, 24 * 60, 5*24*60 + 7, 40 * 24 * 60}
	w.bench.turn(w.bench.c.AsOf + steps[w.r.IntN(len(steps))])
}

func TestConsumptionFiguresAreThoseOfAllEventsHoweverTheyCame(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newConsumptionWalk(t, seed)
			for range 60 {
				for range w.r.IntN(8) {
					w.event()
					w.ask(t)
				}
				switch w.r.IntN(12) {
				case 0:
					w.merge()
				case 1:
					w.bench.restart(w.bench.def)
				}
				if w.r.IntN(3) > 0 {
					require.Equal(t, w.figures(), w.bench.figures())
				}
				w.turn()
				if w.r.IntN(3) > 0 {
					require.Equal(t, w.figures(), w.bench.figures())
				}
			}
		})
	}
}

func TestTheOrderOfConsumptionEventsDoesNotShow(t *testing.T) {
	for seed := range uint64(10) {
		w := newConsumptionWalk(t, seed)
		def := *w.bench.def
		def.Breakdowns = nil // first come is outside the promise
		var want map[string]float64
		type arrival struct {
			ns    int64
			user  uint32
			value float64
		}
		var arrivals []arrival
		for range 200 {
			arrivals = append(arrivals, arrival{w.bench.c.AsOf.Ns() - w.r.Int64N(10*24*60*period.NsPerMinute), uint32(w.r.IntN(30)), float64(w.r.IntN(5))})
		}
		for range 5 {
			b := newConsumptionBench(t, &def, "Europe/Berlin", "2026-03-05 12:00")
			w.r.Shuffle(len(arrivals), func(i, j int) { arrivals[i], arrivals[j] = arrivals[j], arrivals[i] })
			for i, a := range arrivals {
				b.consume(a.ns, a.user, a.value)
				if i == 100 {
					b.turn(b.c.AsOf + 1)
				}
			}
			if want == nil {
				want = b.figures()
			}
			require.Equal(t, want, b.figures())
		}
	}
}

func TestASteadyMeterDoesNotAllocate(t *testing.T) {
	b, e := benchedConsumption(t)
	ev := &meter.Event{User: 5}
	turn := period.Turn{}
	for range 3 * 24 * 60 {
		minuteOfConsumption(b, ev, e, &turn)
	}
	require.Zero(t, testing.AllocsPerRun(24*60, func() { minuteOfConsumption(b, ev, e, &turn) }))
}

func benchedConsumption(t testing.TB) (*consumptionBench, *meter.Effect) {
	t.Helper()
	def := topMeter(t, "year cycle 2h 24h", 10)
	def.Breakdowns = []usage.Breakdown{{Dimension: "language"}, {Dimension: "model"}}
	def.Averages = []usage.AverageOf{{Name: "accuracy"}}
	b := newConsumptionBench(t, def, "UTC", "2026-03-05 12:00")
	b.vals[0].Number("de", 9, 0)
	b.vals[1].Number("large", 9, 0)
	return b, &meter.Effect{Value: 1, ByUser: true, Dims: []uint32{2, 2}, Averages: []usage.Average{{Value: 3, Set: true}}}
}

func minuteOfConsumption(b *consumptionBench, ev *meter.Event, e *meter.Effect, turn *period.Turn) {
	turn.From = b.c.AsOf
	b.c.AsOf++
	b.x.Turn(b.c, turn)
	for late := range int64(2) {
		ev.Time = b.c.AsOf.Ns() + 1 - late
		b.x.Apply(b.c, ev, e)
	}
}

// legacyPage is one of before format 7: user 70 has 5 in the running year.
func legacyPage(stamp period.Minute) []byte {
	e := &wire.Encoder{}
	e.Int(int64(stamp))
	e.Uint(1)
	e.Uint(uint64(usage.Year))
	for n := range legacyUsers {
		for back := range period.Published {
			of := share{}
			if n == 6 && back == 0 {
				of = of.plus(wide.Of(5))
			}
			e.Wide(wide.Int(of))
		}
	}
	for n := range legacyUsers {
		e.Uint(uint64(n / 6 % 2)) // the first of 70 at the stamp
	}
	return e.Bytes
}

func TestAPageOfAnEarlierFormatBecomesPartOfBlocks(t *testing.T) {
	b, _ := benchedConsumption(t)
	require.NoError(t, b.x.RestorePage(b.c, legacyPopulation, 1, legacyPage(b.c.AsOf)))
	sums := b.x.users.seen(b.c, 70)
	year := b.x.users.indexOf(uint64(usage.Year)) * period.Published
	require.Equal(t, []share{share{}.plus(wide.Of(5)), {}, {}}, []share{sums.at(year), sums.at(year + 1), sums.at(year + 2)})
	require.Equal(t, b.c.AsOf, b.x.users.lastOf(70))
	require.Zero(t, b.x.users.lastOf(69))
}

func TestASumByUserOfMoreThanAWordIsKeptAndMovesOn(t *testing.T) {
	b, _ := benchedConsumption(t)
	year := b.x.users.indexOf(uint64(usage.Year)) * period.Published
	huge := share{}.plus(wide.Product(math.MaxInt64, 1000))
	sums := b.x.users.of(b.c, 70)
	sums.set(year, huge)
	sums.set(year+1, huge.plus(wide.Of(1)))
	require.Equal(t, []share{huge, huge.plus(wide.Of(1))}, []share{sums.at(year), sums.at(year + 1)})
	b.turn(b.c.AsOf + 366*period.MinutesPerDay)
	sums = b.x.users.of(b.c, 70)
	require.Equal(t, []share{{}, huge, huge.plus(wide.Of(1))}, []share{sums.at(year), sums.at(year + 1), sums.at(year + 2)})
	sums.set(year+1, share{})
	require.Equal(t, huge.plus(wide.Of(1)), sums.at(year+2))
}

func FuzzConsumptionDecode(f *testing.F) {
	b, e := benchedConsumption(f)
	b.apply(b.c.AsOf.Ns(), 70, e)
	b.apply(b.c.AsOf.Ns()-1, meter.NoUser, e)
	state := &wire.Encoder{}
	b.x.Encode(state)
	f.Add(state.Bytes, legacyPage(b.c.AsOf))
	f.Add([]byte(strings.Repeat("\x01", 100)), []byte(strings.Repeat("\xff", 300)))
	f.Fuzz(func(t *testing.T, state, page []byte) {
		fresh, e := benchedConsumption(t)
		d := &wire.Decoder{Bytes: state}
		fresh.x.Decode(d, 0)
		if err := fresh.x.RestorePage(fresh.c, legacyPopulation, 1, page); err != nil || d.Err() != nil {
			return
		}
		fresh.x.Apply(fresh.c, &meter.Event{Time: fresh.c.AsOf.Ns(), User: 70}, e)
		fresh.turn(fresh.c.AsOf + 1)
		fresh.figures()
	})
}

func BenchmarkConsumptionApply(b *testing.B) {
	for _, users := range []uint32{1, 1000, 1_000_000} {
		b.Run(fmt.Sprint("users=", users), func(b *testing.B) {
			bench, e := benchedConsumption(b)
			ev := &meter.Event{Time: bench.c.AsOf.Ns() + 1}
			for user := range users {
				if int(user) >= bench.users.Len() {
					bench.users.Insert(spread(user))
				}
				ev.User = user
				bench.x.Apply(bench.c, ev, e)
			}
			b.ReportAllocs()
			user := uint32(0)
			for b.Loop() {
				user = (user + 7919) % users
				ev.User = user
				bench.x.Apply(bench.c, ev, e)
			}
		})
	}
}

func BenchmarkConsumptionFigures(b *testing.B) {
	bench, e := benchedConsumption(b)
	for user := range uint32(100_000) {
		bench.x.Apply(bench.c, &meter.Event{Time: bench.c.AsOf.Ns(), User: user}, e)
	}
	bench.figures()
	every := func(usage.Window, int) bool { return true }
	b.ReportAllocs()
	for b.Loop() {
		bench.sheet.Figures = bench.sheet.Figures[:0]
		bench.x.Figures(bench.c, &bench.sheet, every)
	}
}
