// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

func TestAPeakComesWithItsHits(t *testing.T) {
	for name, tc := range map[string]struct {
		counts []uint32
		want   peak
	}{
		"nothing":              {nil, peak{}},
		"zeros are no hits":    {[]uint32{0, 0}, peak{}},
		"the largest":          {[]uint32{1, 3, 2}, peak{3, 1}},
		"all that equal it":    {[]uint32{3, 1, 3, 0, 3}, peak{3, 3}},
		"a larger one is new":  {[]uint32{3, 3, 4}, peak{4, 1}},
		"a smaller one is not": {[]uint32{4, 3, 3}, peak{4, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var p, left, right peak
			for i, n := range tc.counts {
				p.add(n)
				if i%2 == 0 {
					left.add(n)
				} else {
					right.add(n)
				}
			}
			require.Equal(t, tc.want, p)
			require.Equal(t, tc.want, left.with(right))
		})
	}
}

func TestStairsKnowThePeakOfEveryWindowThatEndsNow(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		var s stairs
		var counts []uint32
		bound := 1 + rng.Uint32N(6)
		for at := range period.Minute(200) {
			n := 1 + rng.Uint32N(bound)
			counts = append(counts, n)
			s.add(at, n)
			s.forget(at - 60)
			for after := at - 60; after <= at; after += 1 + period.Minute(rng.IntN(20)) {
				var want peak
				for _, n := range counts[max(0, after+1):] {
					want.add(n)
				}
				require.Equal(t, want, s.peak(after))
			}
		}
	}
}

func TestStairsKeepOnlyWhatCanStillBeAPeak(t *testing.T) {
	var s stairs
	for at, n := range []uint32{3, 9, 2, 7, 5, 7} {
		s.add(period.Minute(at), n)
	}
	require.Equal(t, stairs{{1, 9}, {3, 7}, {5, 7}}, s)
	s.forget(1)
	require.Equal(t, stairs{{3, 7}, {5, 7}}, s)
}

func TestPeaksAreReadBackByAMeterWithOtherWindows(t *testing.T) {
	r := newShiftAt(t, "UTC", "2026-02-20 06:00", "day", "month", "7d")
	r.worked(tom, "2026-02-20 06:10")
	r.collect(instant(t, "2026-02-21 12:00"))
	e := &wire.Encoder{}
	r.x.Encode(e)

	other := newShiftAt(t, "UTC", "2026-02-21 12:00", "month", "30d", "week", "day")
	d := &wire.Decoder{Bytes: e.Bytes}
	other.x.Decode(d, 1000)
	require.NoError(t, d.Err())
	require.Equal(t, peak{1, 1}, other.hourPeak("previous day"))
	require.Equal(t, peak{1, 1}, other.hourPeak("current month"))
	require.Equal(t, peak{1, 1}, other.hourPeak("current 30d"))
	require.EqualValues(t, 1, other.figures()["concurrent_users_peak previous day"])
	require.EqualValues(t, 1, other.figures()["concurrent_users_peak current 30d"])
}
