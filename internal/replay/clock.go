// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"math"
	"slices"
	"time"
)

// A recording does not say when its requests arrived. They say so themselves,
// by the times at which their items were observed, else by those of the items;
// and some lie, or rather a clock somewhere was wrong.
//
// A request that is late says too little, which moves no clock. One that is
// ahead says too much: believed, it makes all that follows late. So a request
// that would move the clock by more than [lead] is believed only if those that
// follow it agree:
//
//	10:18 10:19 12:50 10:21 10:22 10:23    three deny 12:50: it was ahead
//	17:58 17:59 08:30 08:30 08:31 08:32    they confirm it: a night without items
//	17:58 17:59 08:30 14:10 08:31 08:32    and one that comes from the night is late
//
// A request denies another if it continues the clock that was, before what the
// other claims; one that is from before that clock is merely late.
const (
	// lead is how far a request moves the clock without being asked.
	lead = 5 * time.Minute
	// scatter is how far requests that arrived together may differ.
	scatter = 2 * time.Minute
	// asked is how many of the following requests are heard.
	asked = 256
	// majority is how many denials for each that confirms a claim, itself
	// included, make it a wrong clock; denials is how many they are at least,
	// and of a first request, which no clock precedes.
	majority, denials, firstDenials = 2, 3, 2
	// confirmed is how many have to agree where the recording ends so soon after
	// that nobody is left to deny; and usual how many times as long as the
	// longest of the recent steps a step may be without them.
	confirmed, usual = 8, 12
	// recent is how many steps are remembered.
	recent = 64
)

// testimony is what a request says about when it arrived, in ns since 1970.
type testimony struct {
	// vote is the latest of its times, but for a few that are far ahead of all
	// others; 0: it has none.
	vote int64
	// claims are the last times of each group of times that is more than lead
	// away from the next, the latest first.
	claims []int64
	// observed tells that they are times of observation.
	observed bool
}

// testify makes a testimony of the times of a request, which it sorts.
func testify(times []int64, observed bool) testimony {
	if len(times) == 0 {
		return testimony{}
	}
	slices.Sort(times)
	t := testimony{vote: times[len(times)-1], observed: observed}
	longest := time.Duration(0)
	for i := 1; i < len(times); i++ {
		gap := time.Duration(times[i] - times[i-1])
		if gap > lead {
			t.claims = append(t.claims, times[i-1])
			if far := i >= confirmed && len(times)-i < i && gap > usual*longest; far {
				t.vote = times[i-1]
				longest = math.MaxInt64 / usual // what is beyond has no vote
			}
		}
		longest = max(longest, gap)
	}
	t.claims = append(t.claims, times[len(times)-1])
	slices.Reverse(t.claims)
	return t
}

// court decides when the requests of a recording arrived.
type court struct {
	requests []testimony
	// disorder is how far requests may be apart and yet not deny each other.
	disorder int64
	// stated tells that the end of the recording is known, so that a last
	// request needs nobody to confirm it.
	stated bool
	steps  []int64 // by which the clock went last, at most recent of them
}

// arrivals returns the time at which each request arrived, never earlier than
// the one before; all 0 where none says any.
func arrivals(requests []testimony, stated bool) []int64 {
	c := court{requests: requests, disorder: disorder(requests), stated: stated}
	at := make([]int64, len(requests))
	clock, first := int64(0), 0 // first: the first that has a clock
	for i, r := range requests {
		for _, claim := range r.claims {
			if claim <= clock {
				break
			}
			if c.believes(i, claim, clock) {
				c.step(clock, claim)
				clock = claim
				break
			}
		}
		if at[i] = clock; clock == 0 {
			first = i + 1
		}
	}
	if first < len(at) {
		for i := range first {
			at[i] = at[first]
		}
	}
	return at
}

// disorder is how far back every fourth step from one request to the next goes,
// times four: files that are not in order of time, such as hourly dumps of
// several services, deny nothing within it; and nothing at all where the latest
// come first.
func disorder(requests []testimony) int64 {
	votes := make([]int64, 0, len(requests))
	for _, r := range requests {
		if r.vote != 0 {
			votes = append(votes, r.vote)
		}
	}
	var back []int64
	for i, vote := range votes {
		if i > 0 && vote < votes[i-1] {
			back = append(back, votes[i-1]-vote)
		}
	}
	steps := len(votes) - 1
	if 2*len(back) > steps && backwards(votes) {
		return math.MaxInt64
	}
	if len(back) < 2 || len(back) <= steps/4 {
		return int64(scatter)
	}
	slices.Sort(back)
	return max(int64(scatter), 4*back[len(back)-1-steps/4])
}

// backwards reports whether most of the second half is earlier than the first.
func backwards(votes []int64) bool {
	half, back := len(votes)/2, 0
	for i := range half {
		if votes[len(votes)-half+i] < votes[i] {
			back++
		}
	}
	return 4*back > 3*half
}

// believes reports whether request i may move the clock to what it claims.
func (c *court) believes(i int, claim, clock int64) bool {
	since, need := clock-int64(lead), denials
	if clock == 0 {
		since, need = math.MinInt64, firstDenials
	} else if claim-clock <= int64(lead) {
		return true
	}
	end := min(i+1+asked, len(c.requests))
	confirm, deny := 1, 0
	for _, other := range c.requests[i+1 : end] {
		switch {
		case other.vote == 0 || other.vote < since:
		case other.vote >= claim-c.disorder:
			confirm++
		default:
			deny++
		}
		if deny >= max(need, majority*confirm) {
			return false
		}
	}
	r := &c.requests[i]
	if confirm >= confirmed || end < len(c.requests) || c.stated || r.observed {
		return true
	}
	if confirm == 1 && claim > r.vote {
		return false // not even the rest of its items
	}
	return clock == 0 || len(c.steps) < confirmed || claim-clock <= usual*slices.Max(c.steps)
}

// step remembers how far the clock has gone.
func (c *court) step(from, to int64) {
	if from == 0 {
		return
	}
	if len(c.steps) == recent {
		c.steps = slices.Delete(c.steps, 0, 1)
	}
	c.steps = append(c.steps, to-from)
}
