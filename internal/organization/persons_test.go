// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// club is an organization whose meters count by status, standing activity and
// values: one class requires a status, of the other meter none does.
func club(t testing.TB) *Organization {
	t.Helper()
	var windows []usage.Window
	for _, name := range []string{"hour", "day", "week", "month", "year", "2h", "3d"} {
		w, err := usage.ParseWindow(name)
		require.NoError(t, err)
		windows = append(windows, w)
	}
	breakdowns := []usage.Breakdown{{Dimension: "feature", Attribute: "f"}, {Dimension: "language", Attribute: "l"}}
	of := func(name string, requires usage.Status) usage.Meter {
		return usage.Meter{
			Name: name, Type: usage.ActiveUsers, Windows: windows, Classes: []string{"full", "guest"}, Breakdowns: breakdowns,
			Versions: []usage.Version{{
				Classes:  []usage.Class{{Index: 0, Requires: requires, Billable: true}, {Index: 1}},
				Standing: &usage.Standing{On: []string{"on"}, Off: []string{"off"}, Key: "key", Class: 1},
			}},
		}
	}
	d := meter.Definitions{
		Meters: []usage.Meter{of("members", usage.Registered), of("visitors", usage.NoStatus)},
		Past:   35 * 24 * 60, Grace: 60, Birth: period.MinuteOf(closingStart) - 100*24*60, Began: closingStart.UnixNano(), ValuesPerDimension: 100,
	}
	o := New("acme", share(t, d), calendar.New(time.UTC, 1), closingStart.UnixNano())
	for user := range uint64(12) {
		o.Blocks().Insert((user + 1) * 0x9e3779b97f4a7c15)
	}
	for m := range uint16(2) {
		for b := range 2 {
			for value := range 6 {
				o.Value(m, b, strconv.Itoa(value))
			}
		}
	}
	return o
}

// story returns events of a few days before an instant, of which the aliases are no chain
// that depends on the order: each id has one target.
func story(random *rand.Rand, n int, now time.Time) (events []meter.Event) {
	aliased := map[uint32]bool{}
	for range n {
		ev := meter.Event{Time: now.Add(-time.Duration(random.IntN(6*24*60)) * time.Minute).UnixNano(), User: random.Uint32N(12)}
		m := uint16(random.IntN(2))
		x := meter.Effect{Meter: m, Class: uint8(random.IntN(2)), Key: random.Uint32N(3), Dims: []uint32{2 + random.Uint32N(6), 2 + random.Uint32N(6)}}
		switch random.IntN(10) {
		case 0:
			from := random.Uint32N(12)
			if from <= ev.User || aliased[from] { // to a smaller one: no circle
				continue
			}
			aliased[from] = true
			x = meter.Effect{Kind: usage.Alias, Meter: usage.NoMeter, Key: from}
		case 1, 2:
			x = meter.Effect{Kind: usage.Lifecycle, Meter: usage.NoMeter, Status: usage.Status(1 + random.IntN(3))}
		case 3, 4:
			x.Kind, x.Dims = usage.StandingOn, nil
		case 5:
			x.Kind, x.Class, x.Dims = usage.StandingOff, 0, nil
		default:
			x.Kind = usage.Active
		}
		ev.Effects = []meter.Effect{x}
		events = append(events, ev)
	}
	return events
}

// countsOf are all counts of an organization, by period and value and of rolling windows.
func countsOf(o *Organization) (counts [][]meter.Cell, figures []float64) {
	for i := range o.meters {
		for k, track := range o.clock.Tracks {
			if track == nil {
				continue
			}
			for back := range track.Starts {
				if !o.clock.Frozen(usage.Kind(k), back) {
					counts = append(counts, o.meters[i].Cells(nil, &o.clock, usage.Kind(k), back))
				}
			}
		}
		for w := range o.meters[i].def.Windows {
			used, _ := o.meters[i].Use(&o.clock, w, 0).Int64()
			figures = append(figures, float64(used))
		}
	}
	for _, n := range o.closings.Now {
		figures = append(figures, float64(n))
	}
	return counts, figures
}

// Counts follow from the events, whatever comes first: what became of the person when a
// status, a switch or an alias was applied, and which counts that touched, leaves nothing.
func TestCountsDoNotDependOnTheOrderOfWhatBecomesKnown(t *testing.T) {
	now := closingStart.AddDate(0, 0, 20).Add(12*time.Hour + 30*time.Second)
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 3))
		events := story(random, 20+random.IntN(200), now)
		apply := func(events []meter.Event) *Organization {
			o := club(t)
			o.Advance(now.UnixNano(), false)
			for i := range events {
				o.Apply(&events[i])
			}
			return o
		}
		o := apply(events)
		counts, figures := countsOf(o)
		for range 4 {
			shuffled := slices.Clone(events)
			random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			other := apply(shuffled)
			otherCounts, otherFigures := countsOf(other)
			require.Equal(t, counts, otherCounts, "seed %d", seed)
			require.Equal(t, figures, otherFigures, "seed %d", seed)
			for user := range uint32(12) {
				require.Equal(t, o.Root(user), other.Root(user))
				require.Equal(t, o.MergedInto(o.Root(user)), other.MergedInto(o.Root(user)))
			}
		}
		// Rolling windows are found anew by a start: they are what they were.
		var e wire.Encoder
		o.Encode(&e)
		read, err := Restore("acme", o.defs, o.users.Hashes(), e.Bytes)
		require.NoError(t, err)
		for chunk := range o.users.Chunks() {
			var encoder people.Encoder
			require.NoError(t, read.RestorePage(UsersOfAll, 0, uint32(chunk), encoder.AppendChunk(nil, &o.users.Blocks, chunk)))
		}
		require.NoError(t, read.Restored())
		readCounts, readFigures := countsOf(read)
		require.Equal(t, counts, readCounts)
		require.Equal(t, figures, readFigures)
		var again wire.Encoder
		read.Encode(&again)
		require.Equal(t, e.Bytes, again.Bytes)
	}
}

// A person has no more than so many transitions, whatever makes them so: switches at once or
// ahead of the clock, aliases at once or ahead of it.
func TestNothingMakesAPersonOfMoreTransitionsThanTheBound(t *testing.T) {
	now := closingStart.AddDate(0, 0, 20).Add(12*time.Hour + 30*time.Second)
	ahead := now.Add(2 * time.Minute)
	refused, taken := 0, 0
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 4))
		o := club(t)
		o.Advance(now.UnixNano(), false)
		try := func(ev meter.Event) {
			e := &ev.Effects[0]
			switch reason := o.Refusal(ev.User, ev.Time, e); reason {
			case usage.ReasonNone:
				o.Apply(&ev)
				taken++
			case usage.ReasonTransitions:
				refused++
			default:
				require.Equal(t, usage.ReasonSecondAlias, reason)
			}
		}
		for i := range 9_000 {
			at := now.Add(-time.Duration(i) * time.Second)
			if random.IntN(3) == 0 {
				at = ahead.Add(time.Duration(i))
			}
			ev := meter.Event{Time: at.UnixNano(), User: random.Uint32N(4)}
			switch {
			case random.IntN(900) == 0:
				ev.Effects = []meter.Effect{{Kind: usage.Alias, Meter: usage.NoMeter, Key: random.Uint32N(4)}}
			case i%2 == 0:
				ev.Effects = []meter.Effect{{Kind: usage.Lifecycle, Meter: usage.NoMeter, Status: usage.Registered}}
			default:
				ev.Effects = []meter.Effect{{Kind: usage.StandingOn, Meter: 0, Key: uint32(i)}}
			}
			try(ev)
		}
		o.Advance(ahead.Add(time.Hour).UnixNano(), false)
		require.Empty(t, o.held)
		require.Empty(t, o.promised.transitions)
		most := 0
		o.users.Persons.Each(func(_ uint32, p *person.Timeline) { most = max(most, p.Len()) })
		require.LessOrEqual(t, most, person.MaxTransitions)
	}
	require.Positive(t, taken)
	require.Positive(t, refused)
}

// A resend of what a full person has is nothing new, and is not refused.
func TestAFullPersonTakesWhatItHas(t *testing.T) {
	o := club(t)
	now := closingStart.AddDate(0, 0, 20).UnixNano()
	o.Advance(now, false)
	on := func(i int) (meter.Event, *meter.Effect) {
		ev := meter.Event{Time: now - int64(i+1)*int64(time.Minute), User: 1, Effects: []meter.Effect{{Kind: usage.StandingOn, Key: uint32(i)}}}
		return ev, &ev.Effects[0]
	}
	for i := range person.MaxTransitions {
		ev, e := on(i)
		require.Equal(t, usage.ReasonNone, o.Refusal(1, ev.Time, e))
		o.Apply(&ev)
	}
	ev, e := on(7)
	require.Equal(t, usage.ReasonNone, o.Refusal(1, ev.Time, e))
	ev, e = on(person.MaxTransitions)
	require.Equal(t, usage.ReasonTransitions, o.Refusal(1, ev.Time, e))
	require.Equal(t, usage.ReasonNone, o.Refusal(1, now, &meter.Effect{Kind: usage.Alias, Key: 2}), "somebody who has none")
	o.Apply(&meter.Event{Time: now - 1, User: 2, Effects: []meter.Effect{{Kind: usage.Lifecycle, Meter: usage.NoMeter, Status: usage.Registered}}})
	require.Equal(t, usage.ReasonTransitions, o.Refusal(1, now, &meter.Effect{Kind: usage.Alias, Key: 2}))
	require.Equal(t, usage.ReasonTransitions, o.Refusal(1, now, &meter.Effect{Kind: usage.Respelled, Key: 2}))
}
