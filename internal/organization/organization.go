// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/pace"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/person"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Organization is the whole state of one customer organization. It has one
// owner; see Shared for what organizations have in common.
//
// Time goes on by Advance (an arrival) and Collect (a collection). Figures are
// at whole minutes: when an arrival finds that a minute has passed, the figures
// of that minute are set aside before the arrival is applied, so that a
// collection which comes a moment later gets what was received until then and
// not what came after.
type Organization struct {
	// What every event needs comes first, see Prefetch.
	rest     int64 // ns up to which an arrival finds nothing to do; see Advance
	defs     *Shared
	meters   []state
	held     []meter.Event // events ahead of the clock, in no order
	clock    period.Clock
	users    people.Users
	stream   stream
	closings closing.Closings
	ID       string
	hashes   []uint64     // of all users, while they are read back
	traces   bool         // which meters counted an event is to be found when pages have been read
	keys     meter.Values // names of standing keys
	promised promises

	// Info are the gauges whose labels tell what the catalogue says of the
	// organization, see Shared.Info, Account and Notify; all are 1.
	Info []*usage.Series
	// Named marks the meters that the catalogue's entry names, by number.
	Named []bool
	// Person names a user where a series is by user; ids only if reveal.
	Person func(user uint32, reveal bool) string

	quotas  quota.Quotas
	pace    pace.Paces
	periods [usage.NumKinds]periodInfo

	aside       []usage.Figure // figures of the minute asideAt
	asideAt     period.Minute
	asideJudged bool      // those of quotas are among them
	sections    []section // of aside, by meter
}

// New returns an organization without events. now is when the ledger first heard
// of it, in ns.
func New(id string, d *Shared, cal *calendar.Calendar, now int64) *Organization {
	asOf := period.Ceil(now) - 1
	o := empty(id, d, period.Clock{Calendar: cal, AsOf: asOf, Now: period.Floor(now), Days: period.NewDays(cal, asOf)})
	o.stream.hour = now / (60 * period.NsPerMinute)
	o.pace.Next()
	return o
}

// empty returns an organization of which nothing is known yet at the time of a
// clock.
func empty(id string, d *Shared, clock period.Clock) *Organization {
	o := &Organization{ID: id, defs: d, clock: clock, users: people.NewUsers(d.layout), keys: meter.NewValues(d.keys)}
	o.clock.Past, o.clock.Phase = d.Past, period.PhaseOf(id)
	o.closings = o.newClosings()
	o.quotas = quota.Quotas{Clock: &o.clock, Defs: &d.Definitions}
	o.meters, o.sections = make([]state, len(d.Meters)), make([]section, len(d.Meters))
	for i := range o.meters {
		o.meters[i] = o.newState(uint16(i))
	}
	o.pace = pace.New(&o.clock, len(d.Meters), func(meter int) pace.Meter { return &o.meters[meter] })
	return o
}

// Anew returns the organization as it was when the ledger first heard of it, at
// now (ns), by another calendar; outages are those of Definitions then. The
// users have the slots that they have, and there is nothing of them yet.
func (o *Organization) Anew(cal *calendar.Calendar, now int64, outages []meter.Outage) *Organization {
	d, present := o.defs, o.defs.Outages
	d.Outages = outages
	n := New(o.ID, d, cal, now)
	d.Outages = present
	for slot := range uint32(o.users.Len()) {
		n.users.Insert(o.users.Hash(slot))
	}
	n.users.Unnamed, n.Person = o.users.Unnamed, o.Person
	n.stream.rejects = o.stream.rejects
	return n
}

func (o *Organization) newClosings() closing.Closings {
	return closing.New(&o.clock, &o.defs.Definitions, func(meter uint16) meter.Kind { return o.meters[meter].Kind })
}

// Advance moves the organization's time to an arrival at now (ns). Whole
// minutes that have passed are turned; where keep is set, the figures of the
// last of them are set aside for a collection.
//
// Nearly all arrivals find no minute past and no sample due: they look at one
// number only, up to which nothing is. Whatever else moves the time or the
// samples makes both later, so that it never has to be taken back.
func (o *Organization) Advance(now int64, keep bool) {
	if now <= o.rest {
		return
	}
	if passed := period.Ceil(now) - 1; passed > o.clock.AsOf {
		o.catchUp(passed)
		o.turn(passed)
		o.quotas.Read(o.used)
		if keep {
			o.setAside(passed)
		}
		o.release((passed + 1).Ns() - 1)
	}
	o.clock.Now = max(o.clock.Now, period.Floor(now))
	o.settle(now, false)
	o.rest = (o.clock.AsOf + 1).Ns() - 1
	for i := range o.meters {
		if x := o.meters[i].sampler(); x != nil {
			o.rest = min(o.rest, x.Rest())
		}
	}
}

// catchUp turns the minutes up to the last held event before the clock goes on
// to a minute for which that event may be too old to revise anything.
func (o *Organization) catchUp(to period.Minute) {
	last := o.clock.AsOf
	for i := range o.held {
		last = max(last, period.Ceil(o.held[i].Time))
	}
	if last < to {
		o.clock.Now = max(o.clock.Now, last)
		o.turn(last)
	}
	o.clock.Now = max(o.clock.Now, to)
}

// Collect returns the figures at the whole minute at, which nobody may change;
// ok is false where that minute has passed and its figures were not set aside.
func (o *Organization) Collect(at period.Minute) (figures []usage.Figure, ok bool) {
	o.collect(at, true)
	return o.aside, o.asideAt == at
}

// Recollect does to the state what Collect did, or would have done, of which nobody is
// to be shown the figures.
func (o *Organization) Recollect(at period.Minute) { o.collect(at, false) }

func (o *Organization) collect(at period.Minute, keep bool) {
	if at > o.clock.AsOf {
		o.catchUp(at)
		o.turn(at)
		o.settle(at.Ns(), true)
		o.quotas.Read(o.used)
		if keep {
			o.setAside(at)
		}
		o.release((at + 1).Ns() - 1)
	}
	o.judge(at)
}

// used returns what a quota on the running period of a meter's window is held
// against, in millionths.
func (o *Organization) used(meter uint16, window int) wide.Int {
	return o.meters[meter].Used(&o.clock, window, 0)
}

// judge holds quotas against their thresholds, and appends their figures to those
// that are set aside for the minute.
func (o *Organization) judge(at period.Minute) {
	if o.asideAt != at || o.asideJudged {
		o.quotas.Judge(at, nil)
		return
	}
	s := &series.Sheet{Book: o.defs.Series, Figures: o.aside}
	o.quotas.Judge(at, s)
	o.aside, o.asideJudged = s.Figures, true
}

// SetQuotas makes quotas those in force, and reports whether that changed anything.
// They count from the next collection on.
func (o *Organization) SetQuotas(quotas []quota.Quota) (changed bool) { return o.quotas.Set(quotas) }

// Judged reports whether a collection has changed which thresholds are reached
// since it was last asked: that does not follow from later collections.
func (o *Organization) Judged() bool {
	judged := o.quotas.Judged
	o.quotas.Judged = false
	return judged
}

func (o *Organization) setAside(at period.Minute) {
	o.aside, o.asideAt, o.asideJudged = o.figures(o.aside), at, false
}

// turn fixes the minute to: every applied event lies at or before it.
func (o *Organization) turn(to period.Minute) {
	for o.clock.AsOf < to {
		stop := o.beforeEnd(o.stop(to))
		o.step(stop)
		o.settle(stop.Ns()+1, false)
		o.closings.Close()
		if stop < to {
			o.release((stop + 1).Ns() - 1)
		}
	}
}

// beforeEnd returns the last minute of a period whose curve is recorded where a
// minute lies beyond it, and then the first of the next.
func (o *Organization) beforeEnd(to period.Minute) period.Minute {
	switch end := o.pace.End(); {
	case o.clock.AsOf+1 == end:
		return end
	case to >= end:
		return end - 1
	}
	return to
}

// stop returns the first minute up to which the clock may go in one step: that of
// the closed periods, and what was held takes effect in its own minute.
func (o *Organization) stop(to period.Minute) period.Minute {
	to = o.closings.Stop(to)
	for i := range o.held {
		if m := period.Floor(o.held[i].Time); m > o.clock.AsOf {
			to = min(to, m)
		}
	}
	for i := range o.meters {
		to = o.meters[i].Stop(o.clock.AsOf, to)
	}
	return to
}

func (o *Organization) step(to period.Minute) {
	o.closings.Leave(to)
	o.pace.Remember(to)
	t := period.Turn{From: o.clock.AsOf, Days: o.clock.Days.Turn(o.clock.Calendar, to, o.defs.days)}
	marked := o.pace.Mark(to)
	o.clock.AsOf = to
	for k, track := range o.clock.Tracks {
		if track != nil {
			t.Ended[k] = o.clock.Roll(usage.Kind(k), to)
		}
	}
	o.closings.KeepTerms(&t)
	o.closings.TakeCensus(&t)
	o.vacate(&t)
	if marked {
		o.pace.Next()
	}
	for i := range o.meters {
		o.meters[i].Turn(&o.clock, &t)
	}
	o.release(to.Ns())
}

// vacate takes places of first-come breakdown values (SEMANTICS 3): of those
// that were not used in a whole period of the meter's longest window, when that
// ends; of a rolling window, whose length passes without an end, when a local
// day begins. What is taken follows from the calendar, not from how the clock
// was moved.
func (o *Organization) vacate(t *period.Turn) {
	for i := range o.meters {
		if len(o.meters[i].values) == 0 {
			continue
		}
		before := period.Minute(0)
		switch w := o.defs.longest[i]; {
		case w.Kind != usage.Rolling && t.Ended[w.Kind] > 0:
			before, _ = o.clock.Tracks[w.Kind].Bounds(1)
		case w.Kind == usage.Rolling && t.Days > 0:
			before = o.clock.Days.Starts[o.clock.Days.Today()] - period.LengthOf(w)
		default:
			continue
		}
		for b := range o.meters[i].values {
			o.meters[i].values[b].Vacate(before)
		}
	}
}

// settle makes samples of concurrent users final that are due.
func (o *Organization) settle(now int64, inclusive bool) {
	for i := range o.meters {
		x := o.meters[i].sampler()
		if x == nil {
			continue
		}
		if oldest, _ := x.Unsettled(); period.Floor(oldest) < o.closings.To {
			o.closings.LateSamples(uint16(i), x, func() { o.meters[i].Settle(&o.clock, now, inclusive) })
		} else {
			o.meters[i].Settle(&o.clock, now, inclusive)
		}
	}
}

// Recover says that the ledger was down: samples that passed meanwhile are
// taken some time after it, so that what is resent still counts. It reports
// whether there is any sample that this may postpone.
func (o *Organization) Recover(of meter.Outage) (matters bool) {
	for i := range o.meters {
		if x := o.meters[i].sampler(); x != nil {
			matters = x.Recover(of) || matters
		}
	}
	return matters
}

// SetCalendar changes the zone and anchor from the next period on.
func (o *Organization) SetCalendar(cal *calendar.Calendar) {
	o.clock.Calendar = cal
	for i := range o.meters {
		o.meters[i].Start(&o.clock)
	}
}

// AsOf returns the minute up to which the organization's time has got.
func (o *Organization) AsOf() period.Minute { return o.clock.AsOf }

// Calendar returns the organization's calendar.
func (o *Organization) Calendar() *calendar.Calendar { return o.clock.Calendar }

// release applies held events up to and including ns.
func (o *Organization) release(ns int64) {
	if len(o.held) == 0 {
		return
	}
	var due []meter.Event
	o.held = slices.DeleteFunc(o.held, func(ev meter.Event) bool {
		if ev.Time > ns {
			return false
		}
		due = append(due, ev)
		return true
	})
	for i := range due {
		o.apply(&due[i])
	}
	if len(due) > 0 {
		o.promise()
	}
}

// Apply takes an event that was accepted at the organization's time. It
// returns the effects (as bits, in order) of which something is to be noted: they
// may be the user's first qualifying action in a period of a day or longer, or have
// put the user on a list that names users.
func (o *Organization) Apply(ev *meter.Event) (noted uint64) {
	o.count(ev)
	if ev.Time >= (o.clock.AsOf + 1).Ns() {
		o.held = append(o.held, ev.Clone())
		o.promised.hold(&o.users, ev)
		return ^uint64(0)
	}
	return o.apply(ev)
}

// count notes which meters have counted an event.
func (o *Organization) count(ev *meter.Event) {
	for i := range ev.Effects {
		if e := &ev.Effects[i]; e.OfMeter() && !o.meters[e.Meter].Ever {
			o.made(e.Meter).Ever = true
		}
	}
}

func (o *Organization) apply(ev *meter.Event) (noted uint64) {
	w := o.closings.Watch(ev, o.revises(ev))
	noted = o.affect(ev)
	o.closings.Compare(&w)
	return noted
}

// affect applies an event, which is of its user's root for that time.
func (o *Organization) affect(ev *meter.Event) (noted uint64) {
	o.stream.last = max(o.stream.last, ev.Time)
	user := ev.User
	defer func() { ev.User = user }()
	if user != meter.NoUser {
		ev.User = o.users.Root(user)
	}
	for i := range ev.Effects {
		e := &ev.Effects[i]
		for b, n := range e.Dims {
			o.meters[e.Meter].values[b].Use(n, period.Floor(ev.Time))
		}
		switch e.Kind {
		case usage.Active, usage.Concurrent, usage.Consume:
			if o.meters[e.Meter].Apply(&o.clock, ev, e) {
				noted |= 1 << min(i, 63)
			}
		case usage.Lifecycle:
			o.setStatus(ev.User, ev.Time, e.Status)
		case usage.StandingOn, usage.StandingOff:
			o.setStanding(ev, e)
		case usage.Alias:
			o.alias(e.Key, user)
			ev.User = o.users.Root(user)
		case usage.Respelled:
			o.rejoin(e.Key, user)
			ev.User = o.users.Root(user)
		case usage.Rejected: // counted at intake
		}
	}
	return noted
}

func (o *Organization) setStatus(root uint32, at int64, status usage.Status) {
	change, p := person.StatusChange{At: at, Status: status}, o.users.Persons.Make(root)
	if p.HasChange(change) {
		return
	}
	of := meter.Revision{By: meter.Lifecycles, From: at, To: p.UntilChange(change)}
	for i := range o.meters {
		o.meters[i].Lift(&o.clock, root, of)
	}
	o.closings.Enumerate(p, -1)
	p.Change(change)
	o.closings.Enumerate(p, 1)
	for i := range o.meters {
		o.meters[i].Put(&o.clock, root, of)
	}
	o.promised.note(root)
}

func (o *Organization) setStanding(ev *meter.Event, e *meter.Effect) {
	m, p, s := &o.meters[e.Meter], o.users.Persons.Make(ev.User), switchOf(ev.Time, e)
	if p.HasSwitch(s) {
		m.Apply(&o.clock, ev, e)
		return
	}
	of := meter.Revision{By: meter.Standings, From: ev.Time, To: p.UntilSwitch(s)}
	m.Lift(&o.clock, ev.User, of)
	o.closings.Enumerate(p, -1)
	p.Switch(s)
	o.closings.Enumerate(p, 1)
	m.Apply(&o.clock, ev, e)
	m.Put(&o.clock, ev.User, of)
	o.promised.note(ev.User)
}

// switchOf returns the switch that an effect at an instant is.
func switchOf(at int64, e *meter.Effect) person.StandingSwitch {
	return person.StandingSwitch{Meter: e.Meter, Key: e.Key, At: at, Off: e.Kind == usage.StandingOff, Class: e.Class}
}

// TakeStatements returns the statements made since it was last called.
func (o *Organization) TakeStatements() []closing.Statement { return o.closings.Take() }

// Revise makes versions of all changes at once. It is for when the meters are
// about to be defined anew, which may take windows away.
func (o *Organization) Revise() { o.closings.ReviseAll() }

// EncodeClosings appends what is known of closed periods; it is not in the head,
// so that heads from before there were statements can be read.
func (o *Organization) EncodeClosings(e *wire.Encoder) { o.closings.Encode(e) }

// RestoreClosings reads what EncodeClosings wrote. What the meters no longer
// keep is dropped.
func (o *Organization) RestoreClosings(data []byte) error {
	now := o.closings.Now
	o.closings = o.newClosings()
	o.closings.Now = now
	return o.closings.Restore(data)
}

// SetTerms sets the terms of a meter's quota on a calendar window, or takes
// them back. They are those of the periods that end from now on; of an
// organization that has just begun also of those before.
func (o *Organization) SetTerms(meter uint16, k usage.Kind, t *closing.Terms) {
	o.closings.SetTerms(meter, k, t)
}

// Terms returns the terms in force of a meter's quota, nil where it has none.
func (o *Organization) Terms(meter uint16) (usage.Kind, *closing.Terms) {
	return o.closings.TermsOf(meter)
}
