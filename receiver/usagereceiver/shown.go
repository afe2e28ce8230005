// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// shown is what a store has been given of series. It outlives the process, see
// memory: what a restart ends is told of, and what goes on is not begun again.
type shown struct {
	at            time.Time // minute of the collection; zero: nothing is known
	recalled      bool      // by the process before this one
	organizations []seriesOf
}

// seriesOf are the series of an organization, in the order of the collection.
type seriesOf struct {
	organization string
	series       []*usage.Series // nil: not collected since the start
	numbers      []uint32        // of the same, in the register
	// rested are the counters that it had and has no more. They go on where
	// they stopped.
	rested []uint32
}

func byID(a, b seriesOf) int { return strings.Compare(a.organization, b.organization) }

// change is what a collection has and the one before has not, or the other way
// round.
type change struct {
	organization string
	ended        []*usage.Series
	begun        map[*usage.Series]struct{} // counters that were never shown
}

// register numbers series by what they are called: a ledger that was opened
// anew has the same ones in other places of the memory.
type register struct {
	series  []*usage.Series // by number; nil: the number is not in use
	byName  map[string]uint32
	byPlace map[*usage.Series]uint32
	free    []uint32 // numbers that are not in use
	fresh   []uint32 // numbers that were given since they were last written down
	kept    int      // how many were in use after the last sweep
}

func newRegister() *register {
	return &register{byName: map[string]uint32{}, byPlace: map[*usage.Series]uint32{}}
}

// number returns the number of a series, giving it the next one at first.
func (r *register) number(s *usage.Series) uint32 {
	if n, known := r.byPlace[s]; known {
		return n
	}
	name := string(encodeSeries(s))
	n, known := r.byName[name]
	if !known {
		n = r.unused()
		r.byName[name], r.fresh = n, append(r.fresh, n)
	}
	r.series[n], r.byPlace[s] = s, n
	return n
}

// unused returns a number that is not in use.
func (r *register) unused() (n uint32) {
	if last := len(r.free) - 1; last >= 0 {
		n, r.free = r.free[last], r.free[:last]
		return n
	}
	r.series = append(r.series, nil)
	return uint32(len(r.series) - 1)
}

// grown reports whether so many series have come since the last sweep that there may be
// as many that are shown no more: users come into lists of the busiest and leave them.
func (r *register) grown() bool { return len(r.byName) > 2*r.kept+1024 }

// sweep takes the numbers of series that were not shown, and returns them.
func (r *register) sweep(was shown) (taken []uint32) {
	used := make([]bool, len(r.series))
	for i := range was.organizations {
		for _, numbers := range [...][]uint32{was.organizations[i].numbers, was.organizations[i].rested} {
			for _, n := range numbers {
				used[n] = true
			}
		}
	}
	r.free = r.free[:0]
	for n, s := range r.series {
		if used[n] {
			continue
		}
		if r.free = append(r.free, uint32(n)); s != nil {
			delete(r.byName, string(encodeSeries(s)))
			r.series[n], taken = nil, append(taken, uint32(n))
		}
	}
	for s, n := range r.byPlace {
		if r.series[n] != s {
			delete(r.byPlace, s)
		}
	}
	r.kept = len(r.byName)
	return taken
}

// follow returns what a collection shows, and what it changes, in the order of
// the organizations. From one minute to the next an organization nearly always
// has the same series in the same order, so only where it has not are they
// looked at one by one.
//
// The first collection after a start may be of a minute that some organizations
// had passed before it; those have not ended.
func (r *register) follow(before shown, c usage.Collection) (now shown, changes []change) {
	now = shown{at: c.At, organizations: make([]seriesOf, 0, len(c.Organizations))}
	rest := before.organizations
	leave := func(old seriesOf) {
		if before.recalled {
			now.organizations = append(now.organizations, old)
		} else if e, changed := r.compare(&old, &seriesOf{organization: old.organization}, &now); changed {
			changes = append(changes, e)
		}
	}
	for i := range c.Organizations {
		o := &c.Organizations[i]
		for len(rest) > 0 && rest[0].organization < o.Organization {
			leave(rest[0])
			rest = rest[1:]
		}
		old := seriesOf{organization: o.Organization}
		if len(rest) > 0 && rest[0].organization == o.Organization {
			old, rest = rest[0], rest[1:]
		}
		if old.isOf(o.Figures) {
			now.organizations = append(now.organizations, old)
			continue
		}
		if e, changed := r.compare(&old, r.enter(o), &now); changed {
			changes = append(changes, e)
		}
	}
	for _, old := range rest {
		leave(old)
	}
	return now, changes
}

// isOf reports whether these are the series of the figures.
func (o *seriesOf) isOf(figures []usage.Figure) bool {
	return slices.EqualFunc(o.series, figures, func(s *usage.Series, f usage.Figure) bool { return s == f.Series })
}

func (r *register) enter(o *usage.OrganizationFigures) *seriesOf {
	s := &seriesOf{organization: o.Organization, series: make([]*usage.Series, len(o.Figures)), numbers: make([]uint32, len(o.Figures))}
	for i := range o.Figures {
		s.series[i] = o.Figures[i].Series
		s.numbers[i] = r.number(s.series[i])
	}
	return s
}

// compare adds an organization to now, as long as something is to be known of
// it, and returns what has changed since before.
func (r *register) compare(old, o *seriesOf, now *shown) (c change, changed bool) {
	c = change{organization: o.organization, begun: map[*usage.Series]struct{}{}}
	if o.rested = old.rested; !slices.Equal(old.numbers, o.numbers) {
		changed = true
		has, had := setOf(o.numbers), setOf(old.numbers)
		for _, n := range old.rested {
			had[n] = struct{}{}
		}
		o.rested = nil
		for _, n := range slices.Concat(old.numbers, old.rested) {
			if _, still := has[n]; !still && r.series[n].Counter {
				o.rested = append(o.rested, n)
			}
		}
		for _, n := range old.numbers {
			if _, still := has[n]; !still {
				c.ended = append(c.ended, r.series[n])
			}
		}
		for i, n := range o.numbers {
			if _, known := had[n]; !known && o.series[i].Counter {
				c.begun[o.series[i]] = struct{}{}
			}
		}
	}
	if len(o.numbers)+len(o.rested) > 0 {
		now.organizations = append(now.organizations, *o)
	}
	return c, changed
}

func setOf(numbers []uint32) map[uint32]struct{} {
	set := make(map[uint32]struct{}, len(numbers))
	for _, n := range numbers {
		set[n] = struct{}{}
	}
	return set
}

// encodeSeries is the name of a series in the register: a byte that is 1 for a
// counter, then the name and the labels, each with its length before it.
func encodeSeries(s *usage.Series) []byte {
	b := []byte{0}
	if s.Counter {
		b[0] = 1
	}
	b = appendString(b, s.Name)
	for _, l := range s.Labels {
		b = appendString(appendString(b, l.Name), l.Value)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
