// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package person

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// What is asked of a timeline is what one finds by looking through it, whether it has
// few transitions or many, came about one by one, by uniting two or was read back.
func TestTimelinesAnswerAsIfLookedThrough(t *testing.T) {
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 2))
		some := func() *Timeline {
			p := &Timeline{}
			for range random.IntN(60) {
				p.Change(StatusChange{At: minuteOf(random).Ns(), Status: usage.Status(1 + random.IntN(3))})
				s := StandingSwitch{
					Meter: uint16(random.IntN(2)), Key: random.Uint32N(6), At: minuteOf(random).Ns() + random.Int64N(2),
					Off: random.IntN(2) == 0,
				}
				if !s.Off {
					s.Class = uint8(random.IntN(2))
				}
				require.Equal(t, !p.HasSwitch(s), p.Switch(s))
				require.True(t, p.HasSwitch(s))
			}
			return p
		}
		p := some()
		requireAsLookedThrough(t, random, p)
		p = Unite(p, some())
		requireAsLookedThrough(t, random, p)
		var e wire.Encoder
		p.Encode(&e)
		d := &wire.Decoder{Bytes: e.Bytes}
		read := DecodeTimeline(d)
		require.NoError(t, d.Err())
		require.Equal(t, p.stands().switches, read.stands().switches)
		requireAsLookedThrough(t, random, read)
	}
}

// minuteOf is one of a few, so that much happens at the same time.
func minuteOf(random *rand.Rand) period.Minute { return period.Minute(30_000_000 + random.IntN(40)) }

func requireAsLookedThrough(t *testing.T, random *rand.Rand, p *Timeline) {
	t.Helper()
	for range 100 {
		meter, class := uint16(random.IntN(3)), uint8(random.IntN(3))
		start := minuteOf(random)
		end := start + period.Minute(1+random.IntN(10))
		in, last, standing, stood := false, period.Minute(0), false, false
		for i, s := range p.stands().switches {
			if s.Off {
				continue
			}
			stood = stood || s.At < start.Ns()
			to := int64(math.MaxInt64)
			if i+1 < len(p.stands().switches) && p.stands().switches[i+1].Meter == s.Meter && p.stands().switches[i+1].Key == s.Key {
				to = p.stands().switches[i+1].At
			}
			if s.Meter != meter {
				continue
			}
			standing = standing || to == math.MaxInt64
			if s.Class != class || s.At == to {
				continue
			}
			in = in || s.At < end.Ns() && to > start.Ns()
			if to == math.MaxInt64 {
				last = forever
			} else {
				last = max(last, period.Ceil(to))
			}
		}
		require.Equal(t, in, p.StandsIn(meter, class, start, end))
		require.Equal(t, last, p.LastStanding(meter, class))
		require.Equal(t, standing, p.Standing(meter))
		require.Equal(t, stood, p.StoodBefore(start.Ns()))
		status := usage.NoStatus
		for _, s := range p.Statuses {
			if s.At < start.Ns() {
				status = s.Status
			}
		}
		require.Equal(t, status, p.StatusBefore(start))
	}
}

// Nearly nobody has a timeline: what is asked of none has an answer.
func TestNoTimelineIsAnEmptyOne(t *testing.T) {
	var none *Timeline
	requireAsLookedThrough(t, rand.New(rand.NewPCG(1, 1)), &Timeline{})
	require.Zero(t, none.Len())
	require.False(t, none.StandsIn(0, 0, 1, 2))
	require.Zero(t, none.LastStanding(0, 0))
	require.False(t, none.Standing(0))
	require.False(t, none.Stood(0))
	require.False(t, none.StoodBefore(math.MaxInt64))
	require.Zero(t, none.Status())
	require.Zero(t, none.StatusBefore(1))
	require.False(t, none.HasStatus())
	require.False(t, none.HasChange(StatusChange{}))
	require.False(t, none.HasSwitch(StandingSwitch{}))
	require.Nil(t, Unite(none, none))
	none.Stretches(0, func(StandingSwitch, int64) { t.Error("a stretch of nobody") })
}

func TestATimelineOutOfOrderIsCorrupt(t *testing.T) {
	p := Timeline{Statuses: []StatusChange{{At: 2}, {At: 1}}}
	var e wire.Encoder
	p.Encode(&e)
	d := &wire.Decoder{Bytes: e.Bytes}
	DecodeTimeline(d)
	require.Error(t, d.Err())
}

// BenchmarkSwitch is of the last switch that a timeline takes.
func BenchmarkSwitch(b *testing.B) {
	var p Timeline
	for i := range MaxTransitions - 1 {
		p.Switch(StandingSwitch{Key: uint32(i), At: int64(i + 1)})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Switch(StandingSwitch{Key: MaxTransitions / 2, At: int64(MaxTransitions - i%100), Off: i%2 == 0})
		p.StandsIn(0, 0, 1, 2)
	}
}
