// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package active counts the users who acted in a window, each once, in the first
// class that fits (SEMANTICS 3).
//
//	effect --> record of the user: latest minute and period bits, by class
//	                |  a new bit, a later minute
//	                '--> headcount: users by period and class, rolling windows by prefix of classes
//	                '--> the same by value of each breakdown
package active

import (
	"math"
	mathbits "math/bits"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Meter is the state of an active_users meter (SEMANTICS 3).
//
// A user counts in the first class, in order, of which they have a qualifying
// action in the window and whose `requires` holds. So for calendar windows an
// action that sets a new bit may move one user between two counts; for rolling
// windows the latest action of any of the first p classes decides whether the
// user is in one of them, and a class's users are the difference of two such
// counts.
type Meter struct {
	*Shared
	users      *people.Users
	breakdowns []breakdown
	version    int     // in force at asOf
	rules      []rules // by version
	total      headcount
	standing   map[uint32]struct{} // roots with a key on
	stood      people.Bitmap       // roots that ever had a key on
	oldest     []period.Minute     // by rolling window: nobody counts in it whose latest action is older
	lifted     bool                // see Meet
	scratch    []acted             // see fetch
	latest     []latest            // see latestUnder
}

// Shared is what organizations share of a meter, so that it is in the caches when one
// of them needs it.
type Shared struct {
	Values   []*meter.Dictionary // by breakdown
	number   uint16
	def      *usage.Meter
	kinds    []usage.Kind           // calendar kinds of its windows
	lengths  []period.Minute        // rolling windows
	shortest period.Minute          // of them; 0: none
	running  uint64                 // the bits of the running period of each kind
	fields   []field                // by class
	lines    people.Lines           // of a block: those of fields, and of the first entries where there are breakdowns
	plain    bool                   // no version requires a status
	timed    bool                   // some version does, or has standing activity
	shown    [][][][2]*usage.Series // see newSeries
}

// Share returns what organizations share of a meter, which needs the layout of their
// blocks and the book of their series.
func Share(number int, def *usage.Meter, layout *people.Layout, book *series.Book) *Shared {
	s := &Shared{number: uint16(number), def: def, plain: true, shown: newSeries(book, def)}
	s.Values = meter.NewDictionaries(def, seriesOfValue(def), book)
	for _, w := range def.Windows {
		if w.Kind == usage.Rolling {
			s.lengths = append(s.lengths, period.LengthOf(w))
		} else {
			s.kinds = append(s.kinds, w.Kind)
			s.running |= 1 << people.BitOf[w.Kind]
		}
	}
	if len(s.lengths) > 0 {
		s.shortest = slices.Min(s.lengths)
	}
	for _, v := range def.Versions {
		s.plain = s.plain && newRules(len(def.Classes), v).plain
		s.timed = s.timed || !s.plain || v.Standing != nil
	}
	for class := range def.Classes {
		last, periods := claimIDs(number, class)
		f := field{layout.Field32(last), layout.Field64(periods)}
		s.fields, s.lines = append(s.fields, f), s.lines.With32(f.last).With64(f.periods)
	}
	if len(def.Breakdowns) > 0 {
		s.lines = s.lines.WithEntries(layout)
	}
	return s
}

// rules are one version's order and demands.
type rules struct {
	from     period.Minute // in force from the start of this minute in the organization's zone
	order    []uint8
	requires []usage.Status // by class
	billable []bool         // by class
	plain    bool           // nothing is required
}

// New returns a meter of an organization in which nobody was active yet.
func New(shared *Shared, vals []meter.Values, users *people.Users, c *period.Clock) *Meter {
	a := &Meter{Shared: shared, users: users, standing: map[uint32]struct{}{}}
	for _, v := range a.def.Versions {
		a.rules = append(a.rules, newRules(len(a.def.Classes), v))
	}
	a.total = a.newHeadcount(len(a.def.Classes), false)
	a.oldest = make([]period.Minute, len(a.lengths))
	for i := range a.def.Breakdowns {
		a.breakdowns = append(a.breakdowns, breakdown{number: uint8(i), values: &vals[i]})
	}
	a.Restored(c)
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

// Start sets the instants at which versions come into force.
func (a *Meter) Start(c *period.Clock) {
	for i, v := range a.def.Versions {
		a.rules[i].from = -1 << 31
		if i > 0 {
			a.rules[i].from = period.MinuteOf(c.Calendar.StartOf(v.EffectiveFrom))
		}
	}
	a.version = a.versionAt(c.AsOf)
}

// Stop returns the first minute at which another version comes into force.
func (a *Meter) Stop(asOf, to period.Minute) period.Minute {
	for i := range a.rules {
		if from := a.rules[i].from; from > asOf && from < to {
			to = from
		}
	}
	return to
}

// versionAt returns the version in force at m.
func (a *Meter) versionAt(m period.Minute) int {
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
func (a *Meter) rulesOf(c *period.Clock, k usage.Kind, back int) *rules {
	if back == 0 || len(a.rules) == 1 {
		return &a.rules[a.version]
	}
	_, end := c.Tracks[k].Bounds(back)
	return &a.rules[a.versionAt(end-1)]
}

// classIn returns the class in which a user counts in a calendar period, or
// -1.
func (a *Meter) classIn(c *period.Clock, r record, p *person.Timeline, t *headcount, k usage.Kind, i int) int {
	rs := a.rulesOf(c, k, i)
	start, end := c.Tracks[k].Bounds(i)
	for _, class := range rs.order {
		if r.bits(class)>>(people.BitOf[k]+i)&1 == 0 && (p == nil || t.ofValue || !p.StandsIn(a.number, class, start, end)) {
			continue
		}
		if required := rs.requires[class]; required != usage.NoStatus {
			status := p.Status()
			if i > 0 {
				status = p.StatusBefore(end)
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
func (a *Meter) prefixes(c *period.Clock, rs *rules, r record, p *person.Timeline, t *headcount, sign int64) {
	last := period.Minute(0)
	for n, class := range rs.order {
		last = max(last, a.lastIn(rs, r, p, t, class))
		if t.width > 1 || n == len(rs.order)-1 {
			t.prefix[min(n, t.width-1)].add(c.AsOf, last, sign)
			a.reaches(c.AsOf, last)
		}
	}
}

// lastIn returns the minute of the latest action or standing activity that
// counts for a class, 0 for none.
func (a *Meter) lastIn(rs *rules, r record, p *person.Timeline, t *headcount, class uint8) period.Minute {
	if required := rs.requires[class]; required != usage.NoStatus && p.Status() != required {
		return 0
	}
	if p == nil || t.ofValue {
		return r.last(class)
	}
	return max(r.last(class), p.LastStanding(a.number, class))
}

// Apply enters an action, or what a switch has made of a standing activity.
func (a *Meter) Apply(c *period.Clock, ev *meter.Event, e *meter.Effect) (noted bool) {
	if e.Kind != usage.Active {
		a.stand(c, ev.User)
		return false
	}
	return a.act(c, ev.User, ev.Time, e.Class, e.Dims)
}

// Lift takes a root out of the counts that a revision may touch.
func (a *Meter) Lift(c *period.Clock, root uint32, of meter.Revision) { a.contribute(c, root, of, -1) }

// Put counts a root as their person is now known.
func (a *Meter) Put(c *period.Clock, root uint32, of meter.Revision) { a.contribute(c, root, of, 1) }

// Counted returns the periods in which a user acted.
func (a *Meter) Counted(c *period.Clock, root uint32) uint64 {
	var room [usage.NumKinds]people.Turn
	return a.seen(c, root, room[:]).all()
}

// Revises reports true: whatever becomes known of a person may change who counts.
func (a *Meter) Revises(meter.Change) bool { return true }

// Lasts reports whether anybody has a standing activity.
func (a *Meter) Lasts() bool { return len(a.standing) > 0 }

// contribute adds (1) or takes out (-1) all that a user counts for, in every
// period that may still be revised; what changes a user's standing or status
// takes the old contribution out and puts the new one in. What a user did under
// values does not stand, and a status matters where some class requires one.
func (a *Meter) contribute(c *period.Clock, root uint32, of meter.Revision, sign int64) {
	if a.users.At(root).Stamp() == 0 || of.By == meter.Lifecycles && a.plain {
		return // nothing is known of them, or nothing changes
	}
	p, r, touched := a.users.Persons.Of(root), a.own(c, root), a.touched(c, of)
	a.contributeTo(c, p, r, &a.total, touched, sign)
	if of.By == meter.Lifecycles {
		a.eachPair(r, nil, func(of record, t *headcount) { a.contributeTo(c, p, of, t, touched, sign) })
	}
}

// touched are periods, as bits, and whether rolling windows are with them.
type touched struct {
	periods uint64
	rolling bool
}

var everything = touched{^uint64(0), true}

// touched returns in which periods a revision may change who counts: those that a
// stretch of standing activity touches, or that end within one of a status, by which
// a running one counts while it is the last.
func (a *Meter) touched(c *period.Clock, of meter.Revision) (t touched) {
	lasts := of.To == math.MaxInt64
	t.rolling = lasts || of.By == meter.Standings
	for _, k := range a.kinds {
		for i := range c.Tracks[k].Starts {
			start, end := c.Tracks[k].Bounds(i)
			touches := of.From < end.Ns() && of.To > start.Ns()
			if of.By == meter.Lifecycles {
				touches = lasts && i == 0 || i > 0 && of.From < end.Ns() && end.Ns() <= of.To
			}
			if touches {
				t.periods |= 1 << (people.BitOf[k] + i)
			}
		}
	}
	return t
}

// contributeTo looks at periods in which the user acted, or may stand.
func (a *Meter) contributeTo(c *period.Clock, p *person.Timeline, r record, t *headcount, of touched, sign int64) {
	if t.ofValue || !p.Stood(a.number) {
		of.periods &= r.all()
	}
	for _, k := range a.kinds {
		bits := of.periods >> people.BitOf[k] & (1<<period.Depth[k] - 1)
		for ; bits != 0; bits &= bits - 1 {
			if i := mathbits.TrailingZeros64(bits); !c.Frozen(k, i) {
				a.countIn(c, r, p, t, k, i, sign)
			}
		}
	}
	if of.rolling {
		a.prefixes(c, &a.rules[a.version], r, p, t, sign)
	}
}

func (a *Meter) countIn(c *period.Clock, r record, p *person.Timeline, t *headcount, k usage.Kind, i int, sign int64) {
	if class := a.classIn(c, r, p, t, k, i); class >= 0 {
		t.periods[k][i*t.width+min(class, t.width-1)] += sign
	}
}

// stand notes whether a user's standing activity is on; the user is lifted. Something
// is known of them from then on.
func (a *Meter) stand(c *period.Clock, root uint32) {
	a.stood.Set(root)
	if a.users.Persons.Of(root).Standing(a.number) {
		a.standing[root] = struct{}{}
	} else {
		delete(a.standing, root)
	}
	a.users.Current(c, root).Change()
}

// Meet takes out what two roots count for. What they did under values stays where it
// is unless the person's status matters: Merge touches those values that it moves.
func (a *Meter) Meet(c *period.Clock, from, to uint32) {
	a.lifted = false
	for _, root := range [...]uint32{from, to} {
		a.lifted = a.lifted || !a.plain && a.users.Persons.Of(root).HasStatus()
	}
	for _, root := range [...]uint32{from, to} {
		a.meet(c, root, -1)
	}
}

// meet adds or takes out what a root counts for who becomes one with another.
func (a *Meter) meet(c *period.Clock, root uint32, sign int64) {
	if a.users.At(root).Stamp() == 0 {
		return
	}
	p, r := a.users.Persons.Of(root), a.own(c, root)
	a.contributeTo(c, p, r, &a.total, everything, sign)
	if a.lifted {
		a.eachPair(r, nil, func(of record, t *headcount) { a.contributeTo(c, p, of, t, everything, sign) })
	}
}

// Merge makes one person of two roots.
func (a *Meter) Merge(c *period.Clock, from, to uint32) {
	delete(a.standing, from)
	if a.stood.Has(from) {
		a.stood.Set(to)
	}
	if a.users.At(from).Stamp() != 0 {
		source, target := a.own(c, from), a.own(c, to)
		target.take(source)
		if len(a.breakdowns) > 0 {
			a.takePairs(c, source, target, a.lifted)
		}
	}
	if p := a.users.Persons.Of(to); p != nil && p.Standing(a.number) {
		a.stand(c, to)
	}
	a.meet(c, to, 1)
}

// Turn follows the clock, and reports whether somebody has left a rolling window or
// another version has come into force.
func (a *Meter) Turn(c *period.Clock, step *period.Turn) (changed bool) {
	if step.Ended != [usage.NumKinds]int{} {
		a.eachHeadcount(func(t *headcount) {
			for _, k := range a.kinds {
				period.Shift(t.periods[k], t.width, step.Ended[k])
			}
		})
	}
	used, lost := a.edgesEnd(c.AsOf)
	if !lost && a.anyLeaves(c.AsOf) {
		a.eachHeadcount(func(t *headcount) {
			for _, rs := range t.prefix {
				changed = rs.slide(step.From, c.AsOf) || changed
			}
		})
	}
	for root := range a.standing {
		r, p := a.own(c, root), a.users.Persons.Of(root)
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
		return true
	case lost:
		a.rebuildRollings(c)
		return true
	case used:
		a.renewEdges(c)
	}
	return changed
}

// recount builds the counts of running windows anew, when a definition comes
// into force.
func (a *Meter) recount(c *period.Clock) {
	a.eachHeadcount(func(t *headcount) {
		for _, k := range a.kinds {
			clear(t.periods[k][:t.width])
		}
	})
	a.eachRecord(c, func(root uint32, r record, t *headcount) {
		for _, k := range a.kinds {
			a.countIn(c, r, a.users.Persons.Of(root), t, k, 0, 1)
		}
	})
	a.rebuildRollings(c)
}

// rebuildRollings counts rolling windows anew.
func (a *Meter) rebuildRollings(c *period.Clock) {
	a.eachHeadcount(func(t *headcount) {
		for _, rs := range t.prefix {
			rs.reset(c.AsOf, c.Phase)
		}
	})
	if len(a.lengths) == 0 {
		return
	}
	a.users.Persons.Each(func(root uint32, p *person.Timeline) {
		if p.Stood(a.number) {
			a.stood.Set(root)
		}
	})
	a.eachLatest(c.AsOf, func(rs rollings, last period.Minute) { rs.add(c.AsOf, last, 1) })
}

// renewEdges builds the next edges, in which few users stand: those whose latest
// action is about as old as a window is long. Often nobody's is.
func (a *Meter) renewEdges(c *period.Clock) {
	a.eachHeadcount(func(t *headcount) {
		for _, rs := range t.prefix {
			for i := range rs {
				rs[i].renew(c.AsOf, c.Phase)
			}
		}
	})
	for i, r := range a.total.prefix[0] {
		if a.oldest[i] < r.base+EdgeLength {
			a.eachLatest(c.AsOf, func(rs rollings, last period.Minute) { rs.mark(c.AsOf, last) })
			return
		}
	}
}

// Prefetch asks for what every event reads of the meter.
func (a *Meter) Prefetch() { prefetch.Head(a, hotBytes) }

// hotBytes is how much of a Meter every event needs.
const hotBytes = 64

// PrefetchUser asks for the user's record. What is timed of a person matters to the first
// action in a period only.
func (a *Meter) PrefetchUser(user uint32) { a.users.PrefetchLines(user, a.lines) }

// PrefetchEvent asks for the ids of the entries of values.
func (a *Meter) PrefetchEvent(_ uint32, dims []uint32, first uint32) {
	for i, dim := range dims {
		if ids := a.breakdowns[i].pairs; dim >= first && int(dim-first)*len(a.def.Classes) < len(ids) {
			prefetch.Of(&ids[int(dim-first)*len(a.def.Classes)])
		}
	}
}
