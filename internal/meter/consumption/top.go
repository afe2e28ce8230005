// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"cmp"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// topEntry is a user of a top list.
type topEntry struct {
	sum    wide.Int
	hash   uint64 // of the person: their place among equal sums
	slot   uint32
	series *usage.Series // of the figure, once it was shown: the name is asked for once a period
}

// byRank orders the largest sum first. Neither order nor number of arrivals
// plays a part; slots decide between persons of one hash, which do not occur.
func byRank(a, b topEntry) int {
	if a.sum != b.sum {
		return b.sum.Cmp(a.sum)
	}
	if a.hash != b.hash {
		return cmp.Compare(a.hash, b.hash)
	}
	return cmp.Compare(a.slot, b.slot)
}

// topList is the users with the largest sums of one period, kept as the sums
// change. It is exact while sums grow; when a listed user's falls, somebody
// not listed may belong here instead, and the list is stale: it must be
// refilled from all users before it is next shown.
type topList struct {
	entries []topEntry // by rank
	stale   bool
	full    bool
	bar     wide.Int // the last one's sum, where it is full
}

// ignores reports whether a change of a share cannot change the list: it is to be
// refilled anyway, or whoever has the share was not listed and will not be.
func (t *topList) ignores(top int, before, after share) bool {
	if t.stale || top == 0 {
		return true
	}
	below := func(s share) bool { return s.none() || s.sum().Cmp(t.bar) < 0 }
	return t.full && below(before) && below(after)
}

// change tells the list, of at most top users, that a user's share changed in a
// way that it does not ignore. It reports whether the user has come onto the list.
func (t *topList) change(top int, slot uint32, before, after share, hash func(slot uint32) uint64) (listed bool) {
	prefetch.All(t.entries) // else looking through them waits line by line
	e := topEntry{sum: before.sum(), hash: hash(slot), slot: slot}
	if at, was := t.find(e); was && !before.none() {
		switch {
		case t.full && (after.none() || after.sum().Cmp(before.sum()) < 0):
			t.stale = true
		case after.none():
			t.entries = slices.Delete(t.entries, at, at+1)
		default:
			t.entries[at].sum = after.sum()
			t.move(at)
		}
	} else if !after.none() {
		e.sum = after.sum()
		listed = t.offer(top, e)
	}
	if t.full = len(t.entries) == top; t.full {
		t.bar = t.entries[top-1].sum
	}
	return listed
}

// move brings an entry to its rank; nearly always it has that already.
func (t *topList) move(at int) {
	for ; at > 0 && byRank(t.entries[at], t.entries[at-1]) < 0; at-- {
		t.entries[at], t.entries[at-1] = t.entries[at-1], t.entries[at]
	}
	for ; at+1 < len(t.entries) && byRank(t.entries[at+1], t.entries[at]) < 0; at++ {
		t.entries[at], t.entries[at+1] = t.entries[at+1], t.entries[at]
	}
}

// offer lists an entry if it is among the first top, and reports whether it is.
func (t *topList) offer(top int, e topEntry) bool {
	at, _ := t.find(e)
	if at == top {
		return false
	}
	if len(t.entries) == top {
		t.entries = t.entries[:top-1]
	}
	t.entries = slices.Insert(t.entries, at, e)
	return true
}

func (t *topList) find(e topEntry) (int, bool) { return slices.BinarySearchFunc(t.entries, e, byRank) }

// empty forgets all users.
func (t *topList) empty() {
	clear(t.entries)
	t.entries, t.stale, t.full = t.entries[:0], false, false
}

// forgetSeries drops what names the period and the users.
func (t *topList) forgetSeries() {
	for i := range t.entries {
		t.entries[i].series = nil
	}
}

// shiftTops moves the lists of one kind's periods by n periods.
func shiftTops(lists []topList, n int) {
	for range min(n, len(lists)) {
		oldest := lists[len(lists)-1]
		copy(lists[1:], lists)
		oldest.empty()
		lists[0] = oldest
		for i := range lists {
			lists[i].forgetSeries()
		}
	}
}
