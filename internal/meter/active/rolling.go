// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import "github.com/otelcol-usage/otelcol-usage/internal/period"

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

// slide moves the window's far end as asOf goes on. used tells that the edge has
// come to its end, lost that it does not reach and the count has to be built
// anew as well.
func (r *rolling) slide(from, asOf period.Minute) (used, lost bool) {
	for m := from - r.length + 1; m <= asOf-r.length; m++ {
		i := m - r.base
		if i >= EdgeLength {
			return true, true
		}
		if r.edge != nil {
			r.count -= int64(r.edge[i])
			r.edge[i] = 0
		}
	}
	return asOf-r.length+1 >= r.base+EdgeLength, false
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

// atEdge reports whether a user whose latest action is m stands in some edge.
func (rs rollings) atEdge(asOf, m period.Minute) bool {
	for i := range rs {
		if rs[i].atEdge(asOf, m) {
			return true
		}
	}
	return false
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
