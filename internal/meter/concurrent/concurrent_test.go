// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

const (
	tom = uint32(iota)
	john
	ann
)

// yardDay is the day of the shifts of the source.
var yardDay = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// clockTime returns an instant of yardDay: 06:00, 06:00:30 or 06:00:30.001.
func clockTime(t *testing.T, s string) time.Time {
	t.Helper()
	for _, layout := range []string{"15:04", "15:04:05"} {
		if at, err := time.Parse(layout, s); err == nil {
			return yardDay.Add(at.Sub(at.Truncate(24 * time.Hour)))
		}
	}
	require.Fail(t, "not a time of day", s)
	return time.Time{}
}

func (r *shiftRig) event(user uint32, at string, roles usage.Roles) operator {
	return operator{user, clockTime(r.t, at).UnixNano(), roles}
}

// newYard starts the meter of INTERFACE in UTC at a time of yardDay.
func newYard(t *testing.T, start string) *shiftRig {
	t.Helper()
	def := concurrentDef(t, 15*time.Minute, 30*time.Minute, time.Minute, "day", "month", "24h")
	return newShiftRig(t, def, "UTC", clockTime(t, start))
}

// connected are the figures of a sample.
type connected struct{ active, idle float64 }

func (r *shiftRig) sampleAt(at string) connected {
	f := r.collect(clockTime(r.t, at))
	return connected{f["concurrent_users active"], f["concurrent_users idle"]}
}

// net are hand-over and net users of the latest sample that has them.
func (r *shiftRig) net() []float64 {
	f := r.figures()
	return []float64{f["concurrent_users_handover"], f["concurrent_users_net"]}
}

func TestALogoffStopsAtOnceAndAForgottenOneCountsThirtyMinutes(t *testing.T) {
	r := newYard(t, "05:59")
	r.arrive(clockTime(t, "06:00:10"), r.event(tom, "06:00", task), r.event(john, "06:00", task), r.event(ann, "06:00", logon))
	r.arrive(clockTime(t, "06:15:10"), r.event(tom, "06:15", task))
	require.Equal(t, connected{3, 0}, r.sampleAt("06:01"))
	require.Equal(t, connected{1, 2}, r.sampleAt("06:16"))
	r.arrive(clockTime(t, "06:30:10"), r.event(tom, "06:30", logoff))
	for _, at := range []string{"06:31", "06:46", "07:01", "07:16"} {
		require.Equal(t, connected{}, r.sampleAt(at), at)
	}
	require.EqualValues(t, 2, r.figures()["hour_users previous"], "Ann's logon is no finished task")
}

func TestTheShiftChangeIsAHandover(t *testing.T) {
	r := newYard(t, "12:05")
	r.arrive(clockTime(t, "12:59"), r.event(tom, "12:50", task), r.event(tom, "12:10", logon), r.event(tom, "12:30", task))
	require.Equal(t, connected{1, 0}, r.sampleAt("13:01"))
	r.arrive(clockTime(t, "13:06"), r.event(ann, "13:05", logon))
	require.Equal(t, connected{1, 1}, r.sampleAt("13:16"))
	require.Equal(t, connected{0, 1}, r.sampleAt("13:31"))
	require.Equal(t, []float64{0, 1}, r.net(), "of 13:00: who leaves is not known before 13:46")
	require.EqualValues(t, 1, r.figures()["concurrent_users_net_peak current day"])
	r.sampleAt("13:45")
	require.Equal(t, []float64{0, 1}, r.net())
	r.sampleAt("13:46")
	require.Equal(t, []float64{1, 1}, r.net())
	f := r.figures()
	require.EqualValues(t, 1, f["concurrent_users_net_peak current day"])
	require.EqualValues(t, 2, f["concurrent_users_net_peak_hits current day"])
	require.EqualValues(t, 0, f["hour_users current"])
	require.EqualValues(t, 1, f["hour_users previous"])
	require.EqualValues(t, 2, f["concurrent_users_peak current day"])
	require.EqualValues(t, 1, f["concurrent_users_peak_hits current day"])
}

func TestOneUserAtTheSampleOfNine(t *testing.T) {
	for name, tc := range map[string]struct {
		want   connected
		events []operatorAt
	}{
		"exactly the idle timeout ago is out":                  {connected{}, []operatorAt{{"08:30", task}}},
		"a nanosecond less is in":                              {connected{0, 1}, []operatorAt{{"08:30:00.000000001", task}}},
		"exactly the sample interval ago is idle":              {connected{0, 1}, []operatorAt{{"08:45", task}}},
		"a nanosecond less is active":                          {connected{1, 0}, []operatorAt{{"08:45:00.000000001", task}}},
		"an event at the instant counts":                       {connected{1, 0}, []operatorAt{{"09:00", logon}}},
		"an event after the instant does not":                  {connected{}, []operatorAt{{"09:00:00.000000001", logon}}},
		"a logoff at the instant counts":                       {connected{}, []operatorAt{{"08:50", task}, {"09:00", logoff}}},
		"a logoff after the instant does not":                  {connected{1, 0}, []operatorAt{{"08:50", task}, {"09:00:00.000000001", logoff}}},
		"a logoff wins over a task of the same instant":        {connected{}, []operatorAt{{"08:50", logoff}, {"08:50", task}}},
		"a task after the logoff connects again":               {connected{1, 0}, []operatorAt{{"08:50", logoff}, {"08:51", task}}},
		"a logoff of a long session that came late counts":     {connected{}, []operatorAt{{"08:50", task}, {"08:20", task}, {"08:55", logoff}}},
		"an hourly action that is no activity connects nobody": {connected{}, []operatorAt{{"08:50", usage.RoleHourly}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newYard(t, "08:10")
			var events []operator
			for _, e := range tc.events {
				events = append(events, r.event(tom, e.at, e.roles))
			}
			r.arrive(clockTime(t, "09:00:30"), events...)
			require.Equal(t, tc.want, r.sampleAt("09:01"))
		})
	}
}

type operatorAt struct {
	at    string
	roles usage.Roles
}

// Tom, who leaves, and a user whose session is in question: the hand-over is 1 if
// that session began within the idle timeout before 09:00.
func TestASessionBegins(t *testing.T) {
	for name, tc := range map[string]struct {
		begun  bool
		events []operatorAt
	}{
		"not by a later action of the same quarter of an hour": {false, []operatorAt{{"08:20", task}, {"08:55", task}, {"08:46", task}}},
		"at the first action":                                     {true, []operatorAt{{"08:50", logon}}},
		"not at a further action":                                 {false, []operatorAt{{"08:25", logon}, {"08:50", task}}},
		"after a gap of exactly the idle timeout":                 {true, []operatorAt{{"08:20", task}, {"08:50", task}}},
		"not after a gap of a nanosecond less":                    {false, []operatorAt{{"08:20:00.000000001", task}, {"08:50", task}}},
		"not at the instant that lies the idle timeout back":      {false, []operatorAt{{"08:30", logon}, {"08:50", task}}},
		"a nanosecond after it":                                   {true, []operatorAt{{"08:30:00.000000001", logon}, {"08:50", task}}},
		"after a logoff":                                          {true, []operatorAt{{"08:28", task}, {"08:40", logoff}, {"08:50", task}}},
		"after a logoff before the idle timeout":                  {true, []operatorAt{{"08:28", task}, {"08:29", logoff}, {"08:50", task}}},
		"not after a logoff that a new session followed before":   {false, []operatorAt{{"08:20", task}, {"08:21", logoff}, {"08:28", task}, {"08:50", task}}},
		"not by a logoff before any action":                       {false, []operatorAt{{"08:20", logoff}, {"08:28", task}, {"08:50", task}}},
		"after a logoff of the same instant as the action before": {true, []operatorAt{{"08:28", task}, {"08:28", logoff}, {"08:50", task}}},
		"after a logoff between two recent actions":               {true, []operatorAt{{"08:28", task}, {"08:40", task}, {"08:45", logoff}, {"08:46", task}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newYard(t, "08:10")
			events := []operator{r.event(tom, "08:20", task), r.event(tom, "08:40", task)}
			for _, e := range tc.events {
				events = append(events, r.event(ann, e.at, e.roles))
			}
			rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			r.arrive(clockTime(t, "09:00:30"), events...)
			got := r.sampleAt("09:01")
			require.EqualValues(t, 2, got.active+got.idle)
			r.sampleAt("09:31")
			require.Equal(t, tc.begun, r.net()[0] == 1)
		})
	}
}

func TestASampleIsFinalWhenItsSettleTimeHasPassed(t *testing.T) {
	r := newYard(t, "06:00")
	require.Equal(t, connected{}, r.sampleAt("06:15"), "not yet")
	r.arrive(clockTime(t, "06:15:59"), r.event(tom, "06:15", task))
	r.arrive(clockTime(t, "06:16"), r.event(john, "06:15", task), r.event(ann, "06:15:30", task))
	r.arrive(clockTime(t, "06:16:00.000000001"), r.event(ann, "06:15", task))
	require.Equal(t, connected{2, 0}, r.sampleAt("06:17"), "Ann's came too late for it")
	require.Equal(t, connected{1, 2}, r.sampleAt("06:31"), "but not for the next")
}

func TestACollectionTakesTheSampleThatIsDue(t *testing.T) {
	r := newYard(t, "06:00")
	r.arrive(clockTime(t, "06:15:30"), r.event(tom, "06:15", task))
	require.Equal(t, connected{}, r.sampleAt("06:15"))
	require.Equal(t, connected{1, 0}, r.sampleAt("06:16"))
	r.arrive(clockTime(t, "06:16"), r.event(john, "06:15", task))
	require.Equal(t, connected{1, 0}, r.sampleAt("06:17"))
}

func TestTheFirstSampleWaitsForAllBatchesOfTheStart(t *testing.T) {
	r := newYard(t, "06:07:20")
	r.arrive(clockTime(t, "06:07:20"), r.event(tom, "05:59", task))
	r.arrive(clockTime(t, "06:08:20"), r.event(ann, "05:59", task))
	r.arrive(clockTime(t, "06:08:21"), r.event(john, "05:59", task))
	require.Equal(t, connected{2, 0}, r.sampleAt("06:09"), "of 06:00")
}

func TestTheFirstSampleWaitsThoughItIsDueAtTheStart(t *testing.T) {
	r := newYard(t, "06:01")
	r.arrive(clockTime(t, "06:01:40"), r.event(tom, "05:59", task))
	require.Equal(t, connected{1, 0}, r.sampleAt("06:02"))
}

func TestTheFirstCollectionTakesTheFirstSample(t *testing.T) {
	r := newYard(t, "06:07:20")
	r.arrive(clockTime(t, "06:07:20"), r.event(tom, "05:59", task))
	require.Equal(t, connected{1, 0}, r.sampleAt("06:08"))
}

func TestASampleWhoseTimePassedInAnOutageIsTakenAfterRecovery(t *testing.T) {
	r := newYard(t, "06:00")
	r.arrive(clockTime(t, "06:14"), r.event(tom, "06:10", task))
	r.reload()
	r.x.Recover(r.outage("06:15:30", "06:40:20"))
	r.arrive(clockTime(t, "06:40:50"), r.event(john, "06:14", task), r.event(john, "06:20", logoff), r.event(ann, "06:29", task))
	require.Equal(t, connected{}, r.sampleAt("06:41"), "not settled yet")
	r.arrive(clockTime(t, "06:41:20"), r.event(john, "06:16", task))
	require.Equal(t, connected{1, 1}, r.sampleAt("06:42"), "06:30: Ann active, Tom idle")
	require.EqualValues(t, 2, r.figures()["concurrent_users_peak current day"])
	require.EqualValues(t, 2, r.figures()["concurrent_users_peak_hits current day"], "06:15 and 06:30")
}

func TestASecondOutagePostponesOnceMore(t *testing.T) {
	r := newYard(t, "06:00")
	r.x.Recover(r.outage("06:15:30", "06:20"))
	r.reload()
	r.x.Recover(r.outage("06:20:10", "06:25"))
	r.arrive(clockTime(t, "06:26"), r.event(tom, "06:15", task))
	require.Equal(t, connected{1, 0}, r.sampleAt("06:26"))
	require.Empty(t, r.x.outages, "nothing is left to postpone")
}

func TestAnOutageDoesNotPostponeWhatWasDueBefore(t *testing.T) {
	r := newYard(t, "06:00")
	r.x.Recover(r.outage("06:16", "06:20"))
	r.arrive(clockTime(t, "06:20:10"), r.event(tom, "06:15", task))
	require.Equal(t, connected{}, r.sampleAt("06:21"))
}

func TestAnOutageUntilTheVeryInstantPostpones(t *testing.T) {
	r := newYard(t, "06:02")
	r.x.Recover(r.outage("06:15", "06:16"))
	r.arrive(clockTime(t, "06:16:30"), r.event(tom, "06:15", task))
	require.Equal(t, connected{1, 0}, r.sampleAt("06:17"))
}

// outage is one of the day of the yard.
func (r *shiftRig) outage(down, up string) meter.Outage {
	return meter.Outage{Down: clockTime(r.t, down).UnixNano(), Up: clockTime(r.t, up).UnixNano()}
}

func TestAfterAFurtherStartTheFirstSampleWaitsForCollectionsToo(t *testing.T) {
	r := newYard(t, "06:03")
	r.x.Recover(r.outage("06:03:20", "06:03:50"))
	require.Equal(t, connected{}, r.sampleAt("06:04"))
	r.arrive(clockTime(t, "06:04:50"), r.event(tom, "05:50", task))
	require.Equal(t, connected{1, 0}, r.sampleAt("06:05"))
}

// TestAnOrganizationThatIsFirstSeenAfterOutagesHasTheSamplesOfTheOthers
// compares a meter that lived through outages with one that begins after them.
func TestAnOrganizationThatIsFirstSeenAfterOutagesHasTheSamplesOfTheOthers(t *testing.T) {
	for name, outages := range map[string][][2]string{
		"killed in its first minute":          {{"06:03:20", "06:03:50"}},
		"killed as it began":                  {{"06:03", "06:03:50"}},
		"killed twice in its first minute":    {{"06:03:50", "06:04:20"}, {"06:05", "06:05:30"}},
		"killed again when samples are final": {{"06:03:50", "06:04:20"}, {"06:05:20", "06:05:30"}},
		"killed later":                        {{"06:20", "06:20:30"}},
		"killed within the settle time":       {{"06:15:20", "06:16:30"}},
		"down for long":                       {{"06:20", "07:50:10"}},
		"down for long, twice":                {{"06:20", "07:20:10"}, {"07:21", "08:50"}},
		"down for long, and at once again":    {{"06:20", "07:20:10"}, {"07:21:30", "07:22"}},
	} {
		t.Run(name, func(t *testing.T) {
			old, defs := newYard(t, "06:03"), meter.Definitions{Meters: []usage.Meter{{Settle: time.Minute}}}
			last := ""
			for _, o := range outages {
				defs.Recover(old.outage(o[0], o[1]))
				old.x.Recover(old.outage(o[0], o[1]))
				last = o[1]
			}
			young := newYard(t, "06:03")
			young.x = New(young.shared, crowd(t), clockTime(t, "06:03").UnixNano(), defs.Outages)

			up := clockTime(t, last)
			for _, y := range []*shiftRig{old, young} {
				y.arrive(up.Add(30*time.Second), y.event(tom, "05:50", task), y.event(ann, "06:40", task), y.event(john, "06:59", task), y.event(john, "07:10", task))
				y.collect(up.Truncate(time.Minute).Add(time.Minute))
				y.arrive(up.Add(80*time.Second), y.event(ann, "05:50", task), y.event(john, "07:15", logon))
			}
			at := up.Truncate(time.Minute).Add(2 * time.Minute)
			require.Equal(t, old.collect(at), young.collect(at))
			require.Equal(t, old.x.next, young.x.next)
			require.Equal(t, old.x.outages, young.x.outages)
		})
	}
}

func TestTwoIdsOfOnePersonAreConnectedOnce(t *testing.T) {
	r := newYard(t, "06:00")
	r.arrive(clockTime(t, "06:15:10"), r.event(tom, "06:02", logon), r.event(john, "06:14", task), r.event(john, "06:03", logoff))
	r.x.Merge(r.c, john, tom)
	require.Equal(t, connected{1, 0}, r.sampleAt("06:16"))
	r.arrive(clockTime(t, "06:29"), r.event(tom, "06:28", logoff))
	require.Equal(t, connected{}, r.sampleAt("06:31"), "the logoff of one id is that of both")
}

func TestAFinalSampleIsNotRevised(t *testing.T) {
	r := newYard(t, "06:00")
	r.arrive(clockTime(t, "06:15:10"), r.event(tom, "06:14", task), r.event(john, "06:14", task))
	require.Equal(t, connected{2, 0}, r.sampleAt("06:16"))
	r.x.Merge(r.c, john, tom)
	require.Equal(t, connected{2, 0}, r.sampleAt("06:17"))
	require.EqualValues(t, 1, r.figures()["hour_users current"], "the hour is")
	require.EqualValues(t, 2, r.figures()["concurrent_users_peak current day"])
}

// What comes after a sample is final counts in its hand-over, which takes no more
// than the sample has.
func TestAHandOverIsNoMoreThanItsSample(t *testing.T) {
	r := newYard(t, "08:10")
	r.arrive(clockTime(t, "09:00:30"), r.event(tom, "08:20", task), r.event(tom, "08:45", task))
	require.Equal(t, connected{0, 1}, r.sampleAt("09:01"))
	r.arrive(clockTime(t, "09:10"), r.event(john, "08:20", task), r.event(john, "08:45", task),
		r.event(ann, "08:50", logon), r.event(ann+1, "08:50", logon))
	r.sampleAt("09:31")
	require.Equal(t, []float64{1, 0}, r.net())
}

// A sample of before there was this figure has none, and no window with one has.
func TestThereIsNoNetPeakOfSamplesWithoutHandOver(t *testing.T) {
	r := newYard(t, "08:10")
	r.x.netFrom = clockTime(t, "09:00").UnixNano()
	r.arrive(clockTime(t, "09:00:30"), r.event(tom, "08:50", task))
	f := r.collect(clockTime(t, "23:59"))
	require.Contains(t, f, "concurrent_users_peak current day")
	require.NotContains(t, f, "concurrent_users_net_peak current day")
	require.NotContains(t, f, "concurrent_users_net_peak current 24h")
	tomorrow := r.collect(clockTime(t, "23:59").Add(24 * time.Hour))
	require.Contains(t, tomorrow, "concurrent_users_net_peak current day")
	require.NotContains(t, tomorrow, "concurrent_users_net_peak previous day")
	require.Contains(t, tomorrow, "concurrent_users_net_peak current 24h")
}

func TestBeforeAnySampleAllIsZeroAndASeries(t *testing.T) {
	r := newYard(t, "06:07")
	f := r.figures()
	require.Len(t, f, 6+6*(3+3+1))
	for name, value := range f {
		require.Zero(t, value, name)
	}
}

func TestAPeriodWithoutFigureHasNoPeak(t *testing.T) {
	r := newYard(t, "06:07")
	s := &series.Sheet{Book: r.book}
	r.x.Figures(r.c, s, func(w usage.Window, back int) bool { return w.Kind == usage.Day && back == 0 })
	require.Len(t, s.Figures, 6+6*2)
}

func TestAnEventWithoutUserIsNobody(t *testing.T) {
	r := newYard(t, "06:00")
	r.arrive(clockTime(t, "06:15:30"), r.event(meter.NoUser, "06:15", task))
	require.Equal(t, connected{}, r.sampleAt("06:16"))
	require.Zero(t, r.figures()["hour_users current"])
}

func TestAnEventBeforeAnyTurnCounts(t *testing.T) {
	r := newYard(t, "06:05")
	r.x.Apply(r.c, &meter.Event{User: tom, Time: clockTime(t, "06:05:10").UnixNano()}, &meter.Effect{Roles: task})
	require.EqualValues(t, 1, r.figures()["hour_users current"])
}

func TestNobodyRecentlySeenIsKept(t *testing.T) {
	r := newYard(t, "06:00")
	for u := range uint32(100) {
		r.arrive(clockTime(t, "06:10"), operator{u, clockTime(t, "06:09").UnixNano(), task})
	}
	require.Len(t, r.x.sessions.recent, 100)
	r.collect(clockTime(t, "08:16"))
	require.Empty(t, r.x.sessions.recent)
	for user := range uint32(100) {
		_, known := r.x.sessions.find(user)
		require.False(t, known)
	}
	r.arrive(clockTime(t, "08:20"), r.event(100, "06:45", task))
	require.Empty(t, r.x.sessions.recent, "too old for any sample or hand-over to come")
	require.EqualValues(t, 101, r.figures()["hour_users_peak current day"], "but not for its hour")
}

func TestTheOrderOfEventsDoesNotMatter(t *testing.T) {
	events := []operator{}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		roles := []usage.Roles{logon, task, logoff}[rng.IntN(3)]
		events = append(events, operator{uint32(rng.IntN(20)), clockTime(t, "06:00").UnixNano() + rng.Int64N(int64(3*time.Hour)), roles})
	}
	var want map[string]float64
	for range 20 {
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		r := newYard(t, "09:07")
		r.arrive(clockTime(t, "09:07"), events...)
		got := r.collect(clockTime(t, "09:16"))
		if want == nil {
			want = got
		}
		require.Equal(t, want, got)
	}
}

func TestApplyAndFiguresDoNotAllocate(t *testing.T) {
	r := newYard(t, "06:00")
	now, effect := clockTime(t, "06:14:59").UnixNano(), &meter.Effect{Roles: task}
	var events []meter.Event
	for u := range uint32(1000) {
		events = append(events, meter.Event{User: u, Time: now - int64(u)*1000})
	}
	i := 0
	run := func() {
		r.x.Apply(r.c, &events[i%len(events)], effect)
		i++
	}
	r.advance(now)
	for range events {
		run()
	}
	require.Zero(t, testing.AllocsPerRun(5000, run))

	s := &series.Sheet{Book: r.book}
	all := func(usage.Window, int) bool { return true }
	r.x.Figures(r.c, s, all)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		s.Figures = s.Figures[:0]
		r.x.Figures(r.c, s, all)
	}))
}

func FuzzConcurrentDecode(f *testing.F) {
	t := &testing.T{}
	r := newYard(t, "06:00")
	r.arrive(clockTime(t, "06:10"), r.event(tom, "06:09", task), r.event(ann, "05:09", logoff|usage.RoleHourly))
	r.x.Recover(r.outage("06:11", "06:18"))
	r.collect(clockTime(t, "07:10"))
	e := &wire.Encoder{}
	r.x.Encode(e)
	f.Add(e.Bytes)
	f.Fuzz(func(t *testing.T, bytes []byte) {
		x, d := New(r.shared, crowd(t), 0, nil), &wire.Decoder{Bytes: bytes}
		x.Decode(d, 1000)
		if d.Err() != nil {
			return
		}
		again, e := New(r.shared, crowd(t), 0, nil), &wire.Encoder{}
		x.Encode(e)
		d = &wire.Decoder{Bytes: e.Bytes}
		again.Decode(d, 1000)
		require.NoError(t, d.Err())
		require.Equal(t, x, again)
	})
}

func BenchmarkConcurrentApply(b *testing.B) {
	t := &testing.T{}
	r := newYard(t, "06:00")
	rng := rand.New(rand.NewPCG(3, 4))
	now := clockTime(t, "06:59:59")
	r.advance(now.UnixNano())
	events := make([]meter.Event, 1<<16)
	for i := range events {
		events[i] = meter.Event{User: uint32(rng.IntN(1000)), Time: now.UnixNano() - rng.Int64N(int64(20*time.Minute))}
	}
	effect := &meter.Effect{Roles: task}
	for b.Loop() {
		for i := range events {
			r.x.Apply(r.c, &events[i], effect)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(events)), "ns/event")
}

func TestAPresenceTakesOneLine(t *testing.T) {
	require.EqualValues(t, 64, unsafe.Sizeof(presence{}))
}
