// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// active is the state of an active_users meter (SEMANTICS 3).
//
// A user counts in the first class, in order, of which they have a qualifying
// action in the window and whose `requires` holds. So for calendar windows an
// action that sets a new bit may move one user between two counts; for rolling
// windows the latest action of any of the first p classes decides whether the
// user is in one of them, and a class's users are the difference of two such
// counts.
type active struct {
	number  uint16
	def     *usage.Meter
	kinds   []usage.Kind    // calendar kinds of its windows
	lengths []period.Minute // rolling windows
	running uint64          // the bits of the running period of each kind
	rules   []rules         // by version

	people   *persons
	users    population
	total    headcount
	splits   []*split
	standing map[uint32]struct{} // roots with a key on
	stood    bitmap              // roots that ever had a key on
	version  int                 // in force at asOf
	series   *activeSeries
}

// rules are one version's order and demands.
type rules struct {
	from     period.Minute // in force from the start of this minute in the organization's zone
	order    []uint8
	requires []usage.Status // by class
	billable []bool         // by class
	plain    bool           // nothing is required
}

// headcount counts users: by class and period, and by prefix of classes for
// rolling windows.
type headcount struct {
	width   int
	split   bool                    // of one breakdown value: all classes together, standing activity left out
	periods [usage.NumKinds][]int64 // [period*width + class]
	prefix  []rollings              // [p] of the first p+1 classes
}

// split is a breakdown: users by value, one record a (user, value).
type split struct {
	values *values
	pairs  table // user<<32 | value -> position in users
	users  population
	totals []*headcount // by value; nil until it has a user
	series [][]*usage.Series
}

func newActive(number uint16, def *usage.Meter, vals []*values, timelines *persons, shown *activeSeries, c *period.Clock) *active {
	a := &active{number: number, def: def, people: timelines, series: shown, standing: map[uint32]struct{}{}}
	for _, w := range def.Windows {
		if w.Kind == usage.Rolling {
			a.lengths = append(a.lengths, period.Minute(w.Hours*60))
		} else {
			a.kinds = append(a.kinds, w.Kind)
			a.running |= 1 << bitOf[w.Kind]
		}
	}
	for _, v := range def.Versions {
		a.rules = append(a.rules, newRules(len(def.Classes), v))
	}
	a.users = newPopulation(len(def.Classes))
	a.total = a.newHeadcount(len(def.Classes), false)
	for i := range def.Breakdowns {
		a.splits = append(a.splits, &split{values: vals[i], users: newPopulation(len(def.Classes))})
	}
	a.restored(c)
	return a
}

func newRules(classes int, v usage.Version) rules {
	r := rules{requires: make([]usage.Status, classes), billable: make([]bool, classes), plain: true}
	for _, class := range v.Classes {
		r.order = append(r.order, class.Index)
		r.requires[class.Index] = class.Requires
		r.billable[class.Index] = class.Billable
		r.plain = r.plain && class.Requires == usage.NoStatus
	}
	return r
}

func (a *active) newHeadcount(width int, split bool) headcount {
	t := headcount{width: width, split: split}
	for _, k := range a.kinds {
		t.periods[k] = make([]int64, period.Depth[k]*width)
	}
	for range width {
		t.prefix = append(t.prefix, newRollings(a.lengths))
	}
	return t
}

// start sets the instants at which versions come into force.
func (a *active) start(c *period.Clock) {
	for i, v := range a.def.Versions {
		a.rules[i].from = -1 << 31
		if i > 0 {
			a.rules[i].from = period.MinuteOf(c.Calendar.StartOf(v.EffectiveFrom))
		}
	}
	a.version = a.versionAt(c.AsOf)
}

// stop returns the first minute at which another version comes into force.
func (a *active) stop(asOf, to period.Minute) period.Minute {
	for i := range a.rules {
		if from := a.rules[i].from; from > asOf && from < to {
			to = from
		}
	}
	return to
}

// versionAt returns the version in force at m.
func (a *active) versionAt(m period.Minute) int {
	v := 0
	for i := range a.rules {
		if a.rules[i].from <= m {
			v = i
		}
	}
	return v
}

// rulesOf returns the rules of a calendar period: those in force now for the
// running one, immediately before its end for an ended one.
func (a *active) rulesOf(c *period.Clock, k usage.Kind, back int) *rules {
	if back == 0 || len(a.rules) == 1 {
		return &a.rules[a.version]
	}
	_, end := c.Tracks[k].Bounds(back)
	return &a.rules[a.versionAt(end-1)]
}

// act applies a qualifying action. It reports whether this may be the
// user's first one in some period of a day or longer.
func (a *active) act(c *period.Clock, p *person, root uint32, at int64, class uint8, dims []uint32) (first bool) {
	floor, ceil := period.Floor(at), period.Ceil(at)
	r := a.users.touch(c, root)
	first = r.last(class) > ceil
	if added, changed := a.mark(c, r, p, &a.total, floor, ceil, class); changed {
		a.users.changed(root)
		first = first || added>>period.Depth[usage.Hour] != 0
	}
	for i, value := range dims {
		s := a.splits[i]
		n := s.pair(root, value)
		r := s.users.touch(c, n)
		if _, changed := a.mark(c, r, p, s.counts(a, c, value), floor, ceil, class); changed {
			s.users.changed(n)
		}
	}
	return first
}

// mark enters an action into a record and moves its user between counts. It
// returns the bits of periods that were new, and whether anything changed.
func (a *active) mark(c *period.Clock, r record, p *person, t *headcount, floor, ceil period.Minute, class uint8) (added uint64, changed bool) {
	have := r.bits(class)
	if floor >= c.Latest && have&a.running == a.running {
		if ceil == r.last(class) {
			return 0, false
		}
	} else {
		for _, k := range a.kinds {
			i := c.Tracks[k].Index(floor)
			if i < 0 || have>>(bitOf[k]+i)&1 != 0 {
				continue
			}
			bit := uint64(1) << (bitOf[k] + i)
			before := a.classIn(c, r, p, t, k, i)
			r.setBits(class, bit)
			t.shiftClass(k, i, before, a.classIn(c, r, p, t, k, i))
			added |= bit
		}
	}
	if ceil > r.last(class) {
		a.raise(c, r, p, t, class, ceil)
		changed = true
	}
	return added, changed || added != 0
}

// raise sets the minute of a class's latest action.
func (a *active) raise(c *period.Clock, r record, p *person, t *headcount, class uint8, m period.Minute) {
	if len(a.lengths) == 0 {
		r.setLast(class, m)
		return
	}
	rs := &a.rules[a.version]
	if t.width == 1 && len(rs.order) == 1 && rs.plain && p == nil {
		t.prefix[0].move(c.AsOf, r.last(class), m)
		r.setLast(class, m)
		return
	}
	a.prefixes(c, rs, r, p, t, -1)
	r.setLast(class, m)
	a.prefixes(c, rs, r, p, t, 1)
}

// classIn returns the class in which a user counts in a calendar period, or
// -1.
func (a *active) classIn(c *period.Clock, r record, p *person, t *headcount, k usage.Kind, i int) int {
	rs := a.rulesOf(c, k, i)
	start, end := c.Tracks[k].Bounds(i)
	for _, class := range rs.order {
		if r.bits(class)>>(bitOf[k]+i)&1 == 0 && (p == nil || t.split || !p.standsIn(a.number, class, start, end)) {
			continue
		}
		if required := rs.requires[class]; required != usage.NoStatus {
			status := p.status()
			if i > 0 {
				status = p.statusBefore(end)
			}
			if status != required {
				continue
			}
		}
		return int(class)
	}
	return -1
}

// prefixes adds a user to (or takes out of) the rolling counts.
func (a *active) prefixes(c *period.Clock, rs *rules, r record, p *person, t *headcount, sign int64) {
	last := period.Minute(0)
	for n, class := range rs.order {
		last = max(last, a.lastIn(rs, r, p, t, class))
		if t.width > 1 || n == len(rs.order)-1 {
			t.prefix[min(n, t.width-1)].add(c.AsOf, last, sign)
		}
	}
}

// lastIn returns the minute of the latest action or standing activity that
// counts for a class, 0 for none.
func (a *active) lastIn(rs *rules, r record, p *person, t *headcount, class uint8) period.Minute {
	if required := rs.requires[class]; required != usage.NoStatus && p.status() != required {
		return 0
	}
	if p == nil || t.split {
		return r.last(class)
	}
	return max(r.last(class), p.lastStanding(a.number, class))
}

// shiftClass moves one user of a calendar period between classes.
func (t *headcount) shiftClass(k usage.Kind, i, from, to int) {
	if from == to {
		return
	}
	if t.width == 1 { // a breakdown's counts are of all classes together
		from, to = min(from, 0), min(to, 0)
	}
	if from >= 0 {
		t.periods[k][i*t.width+from]--
	}
	if to >= 0 {
		t.periods[k][i*t.width+to]++
	}
}

func (a *active) apply(c *period.Clock, ev *Event, e *Effect) (first bool) {
	if e.Kind != usage.Active {
		a.stand(c, ev.User)
		return false
	}
	return a.act(c, a.people.of(ev.User), ev.User, ev.Time, e.Class, e.Dims)
}

func (a *active) lift(c *period.Clock, root uint32) { a.contribute(c, root, -1) }

func (a *active) put(c *period.Clock, root uint32) { a.contribute(c, root, 1) }

func (a *active) revises(Change) bool { return true }

func (a *active) lasts() bool { return len(a.standing) > 0 }

// contribute adds (1) or takes out (-1) all that a user counts for, in every
// period that may still be revised; what changes a user's standing, status or
// identity takes the old contribution out and puts the new one in.
func (a *active) contribute(c *period.Clock, root uint32, sign int64) {
	p := a.people.of(root)
	a.contributeTo(c, p, &a.users, root, &a.total, sign)
	for _, s := range a.splits {
		for value, t := range s.totals {
			if t == nil {
				continue
			}
			if n, known := s.pairs.find(pairKey(root, uint32(value))); known {
				a.contributeTo(c, p, &s.users, n, t, sign)
			}
		}
	}
}

func (a *active) contributeTo(c *period.Clock, p *person, pop *population, n uint32, t *headcount, sign int64) {
	if !pop.peek(n).exists() {
		return
	}
	r := pop.touch(c, n)
	for _, k := range a.kinds {
		for i := range period.Depth[k] {
			if !c.Frozen(k, i) {
				a.countIn(c, r, p, t, k, i, sign)
			}
		}
	}
	a.prefixes(c, &a.rules[a.version], r, p, t, sign)
}

func (a *active) countIn(c *period.Clock, r record, p *person, t *headcount, k usage.Kind, i int, sign int64) {
	if class := a.classIn(c, r, p, t, k, i); class >= 0 {
		t.periods[k][i*t.width+min(class, t.width-1)] += sign
	}
}

// stand notes whether a user's standing activity is on; the user is lifted. Their
// record exists from then on.
func (a *active) stand(c *period.Clock, root uint32) {
	a.stood.set(root)
	if a.people.of(root).standing(a.number) {
		a.standing[root] = struct{}{}
	} else {
		delete(a.standing, root)
	}
	a.users.touch(c, root)
	a.users.changed(root)
}

// merge makes one person of two roots; contributions have been taken out.
func (a *active) merge(c *period.Clock, from, to uint32) {
	delete(a.standing, from)
	if a.stood.has(from) {
		a.stood.set(to)
	}
	if a.users.peek(from).exists() {
		a.users.touch(c, to).take(a.users.touch(c, from))
		a.users.changed(from)
		a.users.changed(to)
	}
	for _, s := range a.splits {
		s.merge(c, from, to)
	}
	if p := a.people.of(to); p != nil && p.standing(a.number) {
		a.stand(c, to)
	}
}

// turn follows the clock.
func (a *active) turn(c *period.Clock, step *period.Turn) {
	used, lost := false, false
	a.eachHeadcount(func(t *headcount) {
		for _, k := range a.kinds {
			period.Shift(t.periods[k], t.width, step.Ended[k])
		}
		for _, rs := range t.prefix {
			for i := range rs {
				u, l := rs[i].slide(step.From, c.AsOf)
				used, lost = used || u, lost || l
			}
		}
	})
	for root := range a.standing {
		r, p := a.users.touch(c, root), a.people.of(root)
		for _, k := range a.kinds {
			for i := range min(step.Ended[k], period.Depth[k]) {
				a.countIn(c, r, p, &a.total, k, i, 1)
			}
		}
	}
	switch v := a.versionAt(c.AsOf); {
	case v != a.version:
		a.version = v
		a.recount(c)
	case lost:
		a.rebuildRollings(c)
	case used:
		a.renewEdges(c)
	}
}

func (a *active) eachHeadcount(f func(t *headcount)) {
	f(&a.total)
	for _, s := range a.splits {
		for _, t := range s.totals {
			if t != nil {
				f(t)
			}
		}
	}
}

// recount builds the counts of running windows anew, when a definition comes
// into force.
func (a *active) recount(c *period.Clock) {
	a.eachHeadcount(func(t *headcount) {
		for _, k := range a.kinds {
			clear(t.periods[k][:t.width])
		}
	})
	a.eachRecord(func(root uint32, pop *population, n uint32, t *headcount) {
		for _, k := range a.kinds {
			a.countIn(c, pop.touch(c, n), a.people.of(root), t, k, 0, 1)
		}
	})
	a.rebuildRollings(c)
}

func (a *active) rebuildRollings(c *period.Clock) {
	a.eachHeadcount(func(t *headcount) {
		for _, rs := range t.prefix {
			rs.reset(c.AsOf, c.Phase)
		}
	})
	if len(a.lengths) == 0 {
		return
	}
	a.people.each(func(root uint32, p *person) {
		p.segments(a.number, func(uint8, int64, int64) { a.stood.set(root) })
	})
	rs := &a.rules[a.version]
	a.eachRecord(func(root uint32, pop *population, n uint32, t *headcount) {
		a.prefixes(c, rs, pop.peek(n), a.people.of(root), t, 1)
	})
}

// renewEdges builds the next edges. Only those who stand in them are looked at
// closely, who are few: users whose latest action of some class is about as old
// as a window is long, and those who ever had a standing activity.
func (a *active) renewEdges(c *period.Clock) {
	a.eachHeadcount(func(t *headcount) {
		for _, rs := range t.prefix {
			for i := range rs {
				rs[i].renew(c.AsOf, c.Phase)
			}
		}
	})
	rs, edges := &a.rules[a.version], a.total.prefix[0]
	a.eachRecord(func(root uint32, pop *population, n uint32, t *headcount) {
		r := pop.peek(n)
		if !a.stood.has(root) && !r.anyAtEdge(c.AsOf, edges) {
			return
		}
		p, last := a.people.of(root), period.Minute(0)
		for n, class := range rs.order {
			last = max(last, a.lastIn(rs, r, p, t, class))
			if t.width > 1 || n == len(rs.order)-1 {
				t.prefix[min(n, t.width-1)].mark(c.AsOf, last)
			}
		}
	})
}

// anyAtEdge reports whether the latest action of some class stands in an edge.
func (r record) anyAtEdge(asOf period.Minute, edges rollings) bool {
	for class := range uint8(r.classes) {
		if edges.atEdge(asOf, r.last(class)) {
			return true
		}
	}
	return false
}

// eachRecord calls f for every record of the meter.
func (a *active) eachRecord(f func(root uint32, pop *population, n uint32, t *headcount)) {
	a.users.each(func(n uint32) { f(n, &a.users, n, &a.total) })
	for _, s := range a.splits {
		s.users.each(func(n uint32) {
			key := s.pairs.keys[n]
			f(uint32(key>>32), &s.users, n, s.totals[uint32(key)])
		})
	}
}

func pairKey(root, value uint32) uint64 { return uint64(root)<<32 | uint64(value) }

// pair returns the position of a (user, value), a new one where it has none.
func (s *split) pair(root, value uint32) uint32 {
	key := pairKey(root, value)
	if n, known := s.pairs.find(key); known {
		return n
	}
	return s.pairs.add(key)
}

func (s *split) counts(a *active, c *period.Clock, value uint32) *headcount {
	if int(value) >= len(s.totals) {
		s.totals = append(s.totals, make([]*headcount, int(value)+1-len(s.totals))...)
	}
	if s.totals[value] == nil {
		t := a.newHeadcount(1, true)
		t.prefix[0].reset(c.AsOf, c.Phase)
		s.totals[value] = &t
	}
	return s.totals[value]
}

// merge moves a user's pairs to another user's.
func (s *split) merge(c *period.Clock, from, to uint32) {
	for value := range s.totals {
		n, known := s.pairs.find(pairKey(from, uint32(value)))
		if !known || !s.users.peek(n).exists() {
			continue
		}
		into := s.pair(to, uint32(value))
		s.users.touch(c, into).take(s.users.touch(c, n))
		s.users.changed(n)
		s.users.changed(into)
	}
}

func (a *active) touch(user uint32, dims []uint32, first uint32) uint64 {
	n := a.users.peek(user).touch() + a.people.of(user).touch()
	for i, dim := range dims {
		if dim < first {
			continue
		}
		if pair, known := a.splits[i].pairs.find(pairKey(user, dim-first)); known {
			n += a.splits[i].users.peek(pair).touch()
		}
	}
	return n
}
