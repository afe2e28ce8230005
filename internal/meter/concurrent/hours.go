// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"maps"
	"math"
	"math/bits"
	"slices"
	"sort"

	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// hours count distinct users by clock hour. Hours that end within the
// acceptance span are open: late events and merges revise them, so who was
// there is known. When an hour leaves the span its count is frozen into the
// peaks and its users are forgotten.
//
//	frozen peaks | open[0] ... open[len-1] = the running hour
//	             | number first ... one bit per user and hour in members
//
// Hours are numbered one after the other, as the calendar has them: they need
// not be 60 minutes nor begin at the same minute where a zone changes.
type hours struct {
	open  []hour        // oldest first; none while nobody was there
	end   period.Minute // of the last open hour
	first int32         // number of open[0]
	// members holds, for each 64 hours by their numbers, who was there.
	members map[int32]*people.Roster
	windows []usage.Window
	frozen  peaks

	// tops are the peaks of the open hours, by window and period; nil: none. While
	// stale they are wrong and recounted before they are read.
	tops  [][]peak
	stale bool
	// revised counts what changed hours that are over; it says no more than
	// whether something has.
	revised int
}

// hour is how many users an hour has.
type hour struct {
	start period.Minute
	users uint32
}

func newHours(windows []usage.Window) hours {
	return hours{windows: windows, frozen: newPeaks(windows), members: map[int32]*people.Roster{}, tops: make([][]peak, len(windows))}
}

// topsOf returns the peaks of a window's open hours, for changing them.
func (h *hours) topsOf(w int) []peak {
	if h.tops[w] == nil {
		periods := 1
		if kind := h.windows[w].Kind; kind != usage.Rolling {
			periods = period.Depth[kind]
		}
		h.tops[w] = make([]peak, periods)
	}
	return h.tops[w]
}

// note counts a user in the hour of a minute and returns when it started. The
// minute is not after c.AsOf; before the acceptance span nothing is counted.
func (h *hours) note(c *period.Clock, user uint32, m period.Minute) period.Minute {
	if m < c.Now-c.Past {
		return 0
	}
	if len(h.open) == 0 {
		h.reach(c)
	}
	if m < h.open[0].start {
		h.extend(c, m)
	}
	i := len(h.open) - 1
	if m < h.open[i].start {
		i = h.startingAfter(m) - 1
	}
	number := h.first + int32(i)
	users := h.members[number>>6]
	if users == nil {
		users = &people.Roster{}
		h.members[number>>6] = users
	}
	there, bit := users.Of(user), uint64(1)<<(number&63)
	if *there&bit == 0 {
		*there |= bit
		h.open[i].users++
		if i < len(h.open)-1 {
			h.revised++
		}
		h.raise(c, h.open[i])
	}
	return h.open[i].start
}

// running returns the start of the running hour, in which all minutes from it
// to the clock's lie; before hours are laid out, the end of time.
func (h *hours) running() period.Minute {
	if len(h.open) == 0 {
		return math.MaxInt32
	}
	return h.open[len(h.open)-1].start
}

// startingAfter returns the place of the first open hour that starts after m.
func (h *hours) startingAfter(m period.Minute) int {
	return sort.Search(len(h.open), func(i int) bool { return h.open[i].start > m })
}

// reach lays out the hours up to that of c.AsOf.
func (h *hours) reach(c *period.Clock) {
	if len(h.open) == 0 {
		p := c.Calendar.Period(usage.Hour, c.AsOf.Time())
		start := period.MinuteOf(p.Start)
		h.open = append(h.open, hour{start: start})
		h.end = period.MinuteOf(p.End)
		// Any number will do that leaves room before it, if none is in use.
		h.first = int32(start / 60)
		clear(h.members)
	}
	for c.AsOf >= h.end {
		h.open = append(h.open, hour{start: h.end})
		h.end = period.MinuteOf(c.Calendar.Period(usage.Hour, h.end.Time()).End)
	}
}

// extend lays out earlier hours, back to that of m.
func (h *hours) extend(c *period.Clock, m period.Minute) {
	var earlier []hour
	for start := h.open[0].start; m < start; {
		start = period.MinuteOf(c.Calendar.Period(usage.Hour, (start - 1).Time()).Start)
		earlier = append(earlier, hour{start: start})
	}
	slices.Reverse(earlier)
	h.first -= int32(len(earlier))
	h.open = append(earlier, h.open...)
}

// raise takes an hour that has just gained a user into the peaks.
func (h *hours) raise(c *period.Clock, of hour) {
	for w, window := range h.windows {
		if window.Kind == usage.Rolling {
			if of.start > c.AsOf-period.LengthOf(window) {
				h.topsOf(w)[0].add(of.users)
			}
		} else if i := c.Tracks[window.Kind].Index(of.start); i >= 0 {
			h.topsOf(w)[i].add(of.users)
		}
	}
}

// turn lets hours and periods end, and reports whether a peak may have left a rolling
// window.
func (h *hours) turn(c *period.Clock, t *period.Turn) (left bool) {
	for w, window := range h.windows {
		if window.Kind != usage.Rolling {
			period.Shift(h.tops[w], 1, t.Ended[window.Kind])
			continue
		}
		left := period.LengthOf(window)
		if h.startingAfter(t.From-left) != h.startingAfter(c.AsOf-left) {
			h.stale = true
		}
	}
	left = h.frozen.turn(c, t)
	h.freeze(c)
	if len(h.open) > 0 {
		h.reach(c)
	}
	return left || h.stale
}

// freeze takes the hours that have left the acceptance span out of the open
// ones.
func (h *hours) freeze(c *period.Clock) {
	n := 0
	for ; n < len(h.open) && h.endOf(n) <= c.Now-c.Past; n++ {
		h.frozen.add(c, h.open[n].start, h.open[n].users)
		h.stale = h.stale || h.open[n].users > 0
	}
	if n == 0 {
		return
	}
	h.open = h.open[n:]
	h.first += int32(n)
	for key := range h.members {
		if (key+1)<<6 <= h.first {
			delete(h.members, key)
		}
	}
	h.forget()
}

// forget drops the open hours where nobody was in any: they are laid out again when
// somebody is.
func (h *hours) forget() {
	if len(h.members) == 0 {
		h.open = nil
	}
}

func (h *hours) endOf(i int) period.Minute {
	if i+1 < len(h.open) {
		return h.open[i+1].start
	}
	return h.end
}

// merge makes two users one in every open hour.
func (h *hours) merge(c *period.Clock, from, to uint32) {
	h.freeze(c)
	for key, users := range h.members {
		if !users.Has(from) {
			continue
		}
		source, target := users.Of(from), users.Of(to)
		both := *source & *target
		*target |= *source
		*source = 0
		for ; both != 0; both &= both - 1 {
			i := int(key<<6-h.first) + bits.TrailingZeros64(both)
			if i >= 0 && i < len(h.open) {
				h.open[i].users--
				h.revised++
				h.stale = true
			}
		}
	}
}

// users returns how many users the hour has that lies i hours before the
// running one.
func (h *hours) users(i int) uint32 {
	if i >= len(h.open) {
		return 0
	}
	return h.open[len(h.open)-1-i].users
}

// peak returns the peak of a window in the period that lies i periods before
// the current one; a rolling window has only period 0.
func (h *hours) peak(c *period.Clock, window, i int) peak {
	if h.stale {
		h.recount(c)
	}
	top := peak{}
	if of := h.tops[window]; of != nil {
		top = of[i]
	}
	return top.with(h.frozen.peak(c, window, i))
}

// recount finds the peaks of the open hours anew.
func (h *hours) recount(c *period.Clock) {
	for w, window := range h.windows {
		if clear(h.tops[w]); len(h.open) == 0 {
			continue
		}
		tops := h.topsOf(w)
		if window.Kind == usage.Rolling {
			for _, of := range h.open[h.startingAfter(c.AsOf-period.LengthOf(window)):] {
				tops[0].add(of.users)
			}
			continue
		}
		back, starts := 0, c.Tracks[window.Kind].Starts
		for _, v := range slices.Backward(h.open) {
			for back < len(starts) && v.start < starts[back] {
				back++
			}
			if back == len(starts) {
				break
			}
			tops[back].add(v.users)
		}
	}
	h.stale = false
}

func (h *hours) encode(e *wire.Encoder) {
	h.frozen.encode(e)
	e.Int(int64(h.first))
	e.Uint(uint64(len(h.open)))
	before := period.Minute(0)
	for _, of := range h.open {
		e.Uint(uint64(of.start - before))
		e.Uint(uint64(of.users))
		before = of.start
	}
	e.Uint(uint64(h.end - before))
	e.Uint(uint64(len(h.members)))
	for _, key := range slices.Sorted(maps.Keys(h.members)) {
		e.Int(int64(key))
		h.members[key].Encode(e)
	}
}

// decode reads what encode wrote, of an organization with so many users.
func (h *hours) decode(d *wire.Decoder, users int) {
	h.frozen.decode(d)
	h.first = int32(d.Int())
	n, at := d.Count(2), period.Minute(0)
	h.open = make([]hour, 0, n)
	for range n {
		at += period.Minute(d.Uint())
		h.open = append(h.open, hour{at, uint32(d.Uint())})
	}
	h.end = at + period.Minute(d.Uint())
	if !slices.IsSortedFunc(h.open, func(a, b hour) int { return int(a.start) - int(b.start) }) || h.end < at {
		d.Fail()
	}
	for range d.Count(2) {
		key, r := int32(d.Int()), &people.Roster{}
		r.Decode(d, users)
		h.members[key] = r
	}
	h.forget()
	h.stale = true
}

// dayPeaks finds them among the hours that are still known.
func (h *hours) dayPeaks(d *period.Days) (b pace.DayPeaks) {
	back, i := 0, len(h.open)-1
	for ; i >= 0 && back < len(b); i-- {
		for back < len(b) && back < len(d.Starts) && h.open[i].start < d.Starts[d.Today()-back] {
			back++
		}
		if back < len(b) && back < len(d.Starts) {
			b[back] = max(b[back], h.open[i].users)
		}
	}
	return b
}
