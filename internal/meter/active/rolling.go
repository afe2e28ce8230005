// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"cmp"
	"math"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// EdgeLength is how many minutes of a rolling window's far end are kept one by
// one. Windows are whole hours long, so all edges of an organization end at
// the same minute of the hour and are rebuilt in one pass.
const EdgeLength = 60

// rolling counts the users whose latest action lies in (asOf-length, asOf].
// Only the oldest hour of the window is kept by the minute:
//
//	asOf-length                                              asOf
//	     |<- edge: users by minute ->|<- the rest: in the count only ->|
//	   base                     base+60
//
// An action moves one user from one place to another in O(1); a minute that
// passes takes that minute's users out. When the edge is used up the next one
// is built by a pass over the organization's users, once an hour; the count
// goes on.
type rolling struct {
	length period.Minute
	count  int64
	base   period.Minute
	edge   *[EdgeLength]uint32 // nil while empty
}

// add counts (sign 1) or takes out (sign -1) a user whose latest action is m.
func (r *rolling) add(asOf, m period.Minute, sign int64) {
	if m <= asOf-r.length {
		return
	}
	r.count += sign
	if m < r.base+EdgeLength {
		r.mark(m, sign)
	}
}

// mark counts a user in the edge.
func (r *rolling) mark(m period.Minute, sign int64) {
	if r.edge == nil {
		r.edge = new([EdgeLength]uint32)
	}
	r.edge[m-r.base] += uint32(sign)
}

// atEdge reports whether a user whose latest action is m stands in the edge.
func (r *rolling) atEdge(asOf, m period.Minute) bool {
	return m > asOf-r.length && m < r.base+EdgeLength
}

// move puts a user whose latest action was old at m.
func (r *rolling) move(asOf, old, m period.Minute) {
	r.add(asOf, old, -1)
	r.add(asOf, m, 1)
}

// slide moves the window's far end within the edge as asOf goes on, and reports whether
// somebody has left.
func (r *rolling) slide(from, asOf period.Minute) (left bool) {
	if r.edge == nil {
		return false
	}
	for m := from - r.length + 1; m <= asOf-r.length; m++ {
		n := &r.edge[m-r.base]
		left = left || *n != 0
		r.count -= int64(*n)
		*n = 0
	}
	return left
}

// reset empties the window, with an edge that begins at the hour (shifted by
// the organization's phase) in which the far end lies.
func (r *rolling) reset(asOf, phase period.Minute) {
	r.renew(asOf, phase)
	r.count, r.edge = 0, nil
}

// renew begins such an edge, empty, and leaves the count.
func (r *rolling) renew(asOf, phase period.Minute) {
	first := asOf - r.length + 1
	r.base = first - (first-phase)%EdgeLength
	if r.edge != nil {
		clear(r.edge[:])
	}
}

// rollings are the rolling windows of one count.
type rollings []rolling

func newRollings(lengths []period.Minute) rollings {
	rs := make(rollings, len(lengths))
	for i := range rs {
		rs[i].length = lengths[i]
	}
	return rs
}

func (rs rollings) add(asOf, m period.Minute, sign int64) {
	for i := range rs {
		rs[i].add(asOf, m, sign)
	}
}

func (rs rollings) move(asOf, old, m period.Minute) {
	for i := range rs {
		rs[i].move(asOf, old, m)
	}
}

func (rs rollings) slide(from, asOf period.Minute) (left bool) {
	for i := range rs {
		left = rs[i].slide(from, asOf) || left
	}
	return left
}

// mark counts a user in the edges where they stand.
func (rs rollings) mark(asOf, m period.Minute) {
	for i := range rs {
		if rs[i].atEdge(asOf, m) {
			rs[i].mark(m, 1)
		}
	}
}

func (rs rollings) reset(asOf, phase period.Minute) {
	for i := range rs {
		rs[i].reset(asOf, phase)
	}
}

// reaches notes that somebody counts whose latest action is of a minute.
func (a *Meter) reaches(asOf, last period.Minute) {
	for i, length := range a.lengths {
		if last > asOf-length {
			a.oldest[i] = min(a.oldest[i], last)
		}
	}
}

// edgesEnd reports whether the edges have come to their end at a minute, which is at the
// same time for all, and whether the minute is beyond it, so that counts have to be built
// anew as well.
func (a *Meter) edgesEnd(asOf period.Minute) (used, lost bool) {
	for _, r := range a.total.prefix[0] {
		used = used || asOf-r.length+1 >= r.base+EdgeLength
		lost = lost || asOf-r.length >= r.base+EdgeLength
	}
	return used, lost
}

// anyLeaves reports whether somebody may leave a rolling window up to a minute, and notes
// that nobody is left then who is older.
func (a *Meter) anyLeaves(asOf period.Minute) (may bool) {
	for i, length := range a.lengths {
		if first := asOf - length + 1; a.oldest[i] < first {
			a.oldest[i], may = first, true
		}
	}
	return may
}

// eachLatest calls f for the rolling windows in which a user may count, in all and
// under each value, with the minute of their latest action of the classes of these
// windows. It reads the users in the order in which they lie in memory, each once, and
// notes how old the oldest of these actions is.
func (a *Meter) eachLatest(asOf period.Minute, f func(rs rollings, last period.Minute)) {
	rs := &a.rules[a.version]
	for i := range a.oldest {
		a.oldest[i] = math.MaxInt32
	}
	for root := range uint32(a.users.Len()) {
		block := a.users.At(root)
		if block.Stamp() == 0 {
			continue // nothing is known of them
		}
		p, last := a.timeline(root), period.Minute(0)
		for n, class := range rs.order {
			if last = max(last, a.lastIn(rs, record{block: block, fields: a.fields}, p, &a.total, class)); last != 0 {
				f(a.total.prefix[n], last)
				a.reaches(asOf, last)
			}
		}
		for _, under := range a.latestUnder(rs, block, p) {
			f(a.breakdowns[under.breakdown].totals[under.value].prefix[0], under.last)
			a.reaches(asOf, under.last)
		}
	}
}

// latest is the minute of a user's latest action under a value.
type latest struct {
	breakdown uint8
	value     uint32
	last      period.Minute
}

func (l latest) place() uint64 { return uint64(l.breakdown)<<32 | uint64(l.value) }

// latestUnder returns the latest actions of a user under values, of classes in which
// they count. It is good until the next call.
func (a *Meter) latestUnder(rs *rules, block people.Block, p *person.Timeline) []latest {
	if len(a.breakdowns) == 0 {
		return nil
	}
	found, sorted := a.latest[:0], true
	for c := block.Entries(); c.Next(); {
		e := c.Entry()
		of, periodic := a.users.Pairs.Of(e.ID())
		if !periodic || of.Meter != a.number || !slices.Contains(rs.order, of.Class) {
			continue
		}
		if required := rs.requires[of.Class]; required != usage.NoStatus && p.Status() != required {
			continue
		}
		l := latest{of.Breakdown, of.Value, period.Minute(e.At())}
		if n := len(found); n > 0 {
			sorted = sorted && found[n-1].place() <= l.place()
		}
		found = append(found, l)
	}
	a.latest = found
	if len(rs.order) == 1 { // a value has one entry then
		return found
	}
	if !sorted {
		slices.SortFunc(found, func(x, y latest) int { return cmp.Compare(x.place(), y.place()) })
	}
	n := 0
	for _, l := range found {
		if n > 0 && found[n-1].place() == l.place() {
			found[n-1].last = max(found[n-1].last, l.last)
			continue
		}
		found[n] = l
		n++
	}
	return found[:n]
}
