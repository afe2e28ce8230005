// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// minutes makes requests of one item each, from 10:00 on, a minute apart.
func minutes(n int) []int64 {
	times := make([]int64, n)
	for i := range times {
		times[i] = day("10:00:00").Add(time.Duration(i) * time.Minute).UnixNano()
	}
	return times
}

// testimonies are requests of one item each.
func testimonies(times []int64) []testimony {
	all := make([]testimony, len(times))
	for i, t := range times {
		all[i] = testify([]int64{t}, false)
	}
	return all
}

func clocks(at []int64) []string {
	out := make([]string, len(at))
	for i, t := range at {
		out[i] = time.Unix(0, t).UTC().Format("15:04")
	}
	return out
}

// A wrong clock of a few requests, wherever they are, moves the clock of the
// replay nowhere: it is as if they were not there.
func TestRequestsAheadOfThoseAroundThemMoveNoClock(t *testing.T) {
	for _, every := range []time.Duration{time.Second, time.Minute, 10 * time.Minute, 30 * time.Minute} {
		right := minutes(180)
		for i := range right {
			right[i] = right[0] + int64(every)*int64(i)
		}
		for _, ahead := range []time.Duration{8 * every, 150 * time.Minute, 40 * 24 * time.Hour} {
			if ahead < max(5*every, 8*time.Minute) {
				continue // too little to be told from an irregular step
			}
			for _, wrong := range [][]int{
				{0}, {1}, {19}, {5, 50, 130}, {0, 100}, {19, 20, 21, 22, 23}, {0, 1, 2}, {90, 91}, {178}, {179}, {177, 178, 179}, {0, 100, 179},
			} {
				if ends := wrong[len(wrong)-1] >= 177; (ends || len(wrong) > 3 || wrong[1%len(wrong)] == wrong[0]+1) && ahead < 13*every {
					continue // likewise, for several in a row and those that none follows
				}
				t.Run(fmt.Sprint(every, ahead, wrong), func(t *testing.T) {
					times := slices.Clone(right)
					for _, i := range wrong {
						times[i] += int64(ahead)
					}
					got := arrivals(testimonies(times), false)
					want := slices.Clone(right)
					for _, i := range wrong {
						want[i] = want[max(i, 1)-1]
					}
					first := slices.IndexFunc(times, func(at int64) bool { return at < right[0]+int64(ahead) })
					for i := range first {
						want[i] = right[first]
					}
					for i := range want {
						require.Equal(t, time.Unix(0, want[i]), time.Unix(0, got[i]), "request %d", i)
					}
				})
			}
		}
	}
}

func TestTimeThatIsLeftOutIsNoWrongClock(t *testing.T) {
	for name, gaps := range map[string]map[int]time.Duration{
		"a night":                     {60: 15 * time.Hour},
		"a weekend":                   {60: 63 * time.Hour},
		"nights":                      {20: 15 * time.Hour, 60: 15 * time.Hour, 90: 15 * time.Hour},
		"months":                      {60: 90 * 24 * time.Hour},
		"a lunch":                     {60: time.Hour},
		"right at the begin":          {1: 15 * time.Hour},
		"a while before the end":      {110: 15 * time.Hour},
		"an hour between all of them": nil,
	} {
		t.Run(name, func(t *testing.T) {
			times := minutes(120)
			var gone time.Duration
			for i := range times {
				if gone += gaps[i]; gaps == nil {
					gone += time.Hour
				}
				times[i] += int64(gone)
			}
			require.Equal(t, times, arrivals(testimonies(times), false))
		})
	}
}

// What is late moves no clock either, and denies nobody.
func TestLateRequestsDenyNobody(t *testing.T) {
	times := minutes(120)
	want := slices.Clone(times)
	for i := 60; i < 120; i++ { // a night; then a phone sends what it has of last week
		times[i] += int64(15 * time.Hour)
		want[i] = times[i]
	}
	for i := 62; i < 90; i++ {
		times[i] -= int64(7 * 24 * time.Hour)
		want[i] = want[61]
	}
	require.Equal(t, clocks(want), clocks(arrivals(testimonies(times), false)))
}

// The last request of a recording has nobody to confirm it.
func TestALongStepAtTheEndIsBelievedWhereItIsUsualOrSaid(t *testing.T) {
	const far = int64(150 * time.Minute)
	last := func(times []int64, observed, stated bool) int64 {
		said := testimonies(times)
		said[len(said)-1].observed = observed
		at := arrivals(said, stated)
		return at[len(at)-1] - times[len(times)-1]
	}
	times := minutes(60)
	times[59] += far
	require.NotZero(t, last(times, false, false))
	require.Zero(t, last(times, true, false), "observed then")
	require.Zero(t, last(times, false, true), "the end is known")

	hours := minutes(60)
	for i := range hours {
		hours[i] += int64(i) * int64(time.Hour)
	}
	hours[59] += far
	require.Zero(t, last(hours, false, false), "steps are long here")
	require.Zero(t, last([]int64{minutes(1)[0], minutes(1)[0] + far}, false, false), "nothing is usual yet")
	require.Zero(t, last([]int64{minutes(1)[0]}, false, false), "a file of one line")
}

// Hourly dumps of several services, one after the other.
func TestFilesThatAreNotInOrderDenyNothingWithinTheirDisorder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var said []testimony
	clock, want := int64(0), []int64(nil)
	for hour := range 48 {
		for range 20 {
			times := make([]int64, 1+random.IntN(30))
			for i := range times {
				times[i] = day("00:00:00").Add(time.Duration(hour)*time.Hour + time.Duration(random.Int64N(int64(time.Hour)))).UnixNano()
			}
			said = append(said, testify(times, false))
			clock = max(clock, slices.Max(times))
			want = append(want, clock)
		}
	}
	require.Equal(t, want, arrivals(said, false))
}

// Office hours of a service, requests a few seconds late, some of them hours.
func TestAnOrdinaryRecordingIsBelieved(t *testing.T) {
	for _, every := range []time.Duration{10 * time.Second, time.Minute} {
		for _, late := range []float64{0, 0.02, 0.1} {
			random := rand.New(rand.NewPCG(3, 4))
			drawn := func(mean time.Duration) time.Duration { return time.Duration(random.ExpFloat64() * float64(mean)) }
			now := day("08:00:00")
			var times []int64
			for range 5000 {
				if now = now.Add(drawn(every)); now.Hour() >= 18 {
					now = now.Truncate(24 * time.Hour).Add(32*time.Hour + drawn(every))
				}
				behind := drawn(3 * time.Second)
				if random.Float64() < late {
					behind = drawn(12 * time.Hour)
				}
				times = append(times, now.Add(-behind).UnixNano())
			}
			for i, at := range arrivals(testimonies(times), false) {
				require.LessOrEqual(t, times[i], at+int64(lead), "request %d, every %s, %v late", i, every, late)
			}
		}
	}
}

func TestFilesThatGoBackwardsDenyNothing(t *testing.T) {
	for _, every := range []time.Duration{time.Second, time.Minute, time.Hour} {
		for _, n := range []int{2, 3, 5, 200} {
			times := make([]int64, n)
			for i := range times {
				times[i] = day("10:00:00").Add(time.Duration(n-i) * every).UnixNano()
			}
			for _, at := range arrivals(testimonies(times), false) {
				require.Equal(t, times[0], at)
			}
		}
	}
	// The files of two months in the wrong order.
	times := append(minutes(120), minutes(60)...)
	for i := range 60 {
		times[120+i] -= int64(30 * 24 * time.Hour)
	}
	at := arrivals(testimonies(times), false)
	require.Equal(t, times[:120], at[:120])
	require.Equal(t, times[119], at[179])
}

func TestAWrongClockIsToldInAFileOfThreeLines(t *testing.T) {
	at := func(clock string) int64 { return day(clock).UnixNano() }
	times := []int64{at("12:30:00"), at("10:01:00"), at("10:02:00")}
	require.Equal(t, []string{"10:01", "10:01", "10:02"}, clocks(arrivals(testimonies(times), false)))
}

func TestAShortFileInNoOrderDeniesNothing(t *testing.T) {
	at := func(clock string) int64 { return day(clock).UnixNano() }
	times := []int64{at("12:00:00"), at("09:00:00"), at("11:00:00"), at("10:00:00"), at("13:00:00")}
	require.Equal(t, []string{"12:00", "12:00", "12:00", "12:00", "13:00"}, clocks(arrivals(testimonies(times), false)))
}

func TestARequestWithAFewItemsFarAheadVotesWithTheOthers(t *testing.T) {
	at := func(clock string) int64 { return day(clock).UnixNano() }
	times := minutes(180)
	times[99] = at("14:10:00")
	said := testify(times, false)
	require.Equal(t, at("12:59:00"), said.vote)
	require.Equal(t, []int64{at("14:10:00"), at("12:59:00")}, said.claims)
	require.Equal(t, []string{"12:59"}, clocks(arrivals([]testimony{said}, false)), "a file of one line")

	// An hour of a batch has few items, and none of them is wrong.
	said = testify([]int64{at("10:00:00"), at("11:00:00"), at("11:01:00"), at("13:00:00")}, false)
	require.Equal(t, at("13:00:00"), said.vote)

	// A device is ahead in every request.
	var all []testimony
	for i := range 60 {
		times := make([]int64, 20)
		for j := range times {
			times[j] = minutes(60)[i] + int64(j)*int64(3*time.Second)
		}
		times[7] += int64(150 * time.Minute)
		all = append(all, testify(times, false))
	}
	got := arrivals(all, false)
	require.Equal(t, clocks(minutes(60)), clocks(got))
}

func TestWithoutTimesThereIsNoClock(t *testing.T) {
	require.Equal(t, []int64{0, 0}, arrivals([]testimony{testify(nil, false), testify(nil, true)}, false))
	require.Empty(t, arrivals(nil, false))
	require.Equal(t, []int64{7, 7, 7}, arrivals([]testimony{{}, testify([]int64{7}, false), {}}, false))
}
