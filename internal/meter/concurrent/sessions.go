// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// onRoles are what begins a session or keeps it up.
const onRoles = usage.RoleLogon | usage.RoleActivity

// sessions hold what decides who is connected at the samples that are not
// final yet, and who of them leaves. Whether a user is connected at instant S,
// and since when, depends on a few of their events only:
//
//	        p            e1      last off  last on
//	--|-----o------|-----o---o------x--------o----|------o-------|--> time     o on, x off
//	S-2*idle     S-idle                           S            S+idle
//
// connected: the last on lies in (S-idle, S] and no off at or after it. The
// session began at or before S-idle if the first on e1 in (S-idle, S] follows
// the last one before, p, by less than idle, and no off is at or after p: all
// other gaps between ons are shorter than idle, and an off after p makes the
// next on a beginning. They leave if no on lies in (S, S+idle].
//
// S, S-idle and S+idle are multiples of a bucket, the greatest common divisor of the
// sample interval and the idle timeout. So the first and last on and the last
// off of every bucket (b*length, (b+1)*length] tell all, whatever the order in
// which the events came. Nothing before S-2*idle plays a part.
type sessions struct {
	idle, interval int64 // ns
	bucket         int64 // length of a bucket, ns
	users          *people.Users
	place          people.Field32 // of a user in recent + 1; of others it may be any
	recent         []presence
}

// presence is a recently seen user, in one line of 64 bytes.
type presence struct {
	user uint32
	// counted is the start of the latest hour in which the user is known to
	// be counted, or 0. It only saves looking them up for each event.
	counted period.Minute
	// The marks, oldest first, of buckets with events only: the first ones here, as
	// most have no more, the others behind them.
	few  [2]mark
	more *[]mark
}

// marks returns how many there are.
func (p *presence) marks() int {
	switch {
	case p.few[0].none():
		return 0
	case p.few[1].none():
		return 1
	case p.more == nil:
		return len(p.few)
	}
	return len(p.few) + len(*p.more)
}

// at returns a mark.
func (p *presence) at(i int) *mark {
	if i < len(p.few) {
		return &p.few[i]
	}
	return &(*p.more)[i-len(p.few)]
}

// insert puts a mark at a place.
func (p *presence) insert(i int, m mark) {
	last := p.marks()
	if last >= len(p.few) {
		if p.more == nil {
			p.more = new([]mark)
		}
		*p.more = append(*p.more, mark{})
	}
	for j := last; j > i; j-- {
		*p.at(j) = *p.at(j - 1)
	}
	*p.at(i) = m
}

// dropOldest drops some marks.
func (p *presence) dropOldest(n int) {
	marks := p.marks()
	for i := range marks {
		if i+n < marks {
			*p.at(i) = *p.at(i + n)
		} else {
			*p.at(i) = mark{}
		}
	}
	if p.more != nil {
		*p.more = (*p.more)[:max(0, marks-n-len(p.few))]
	}
}

// mark is what a user did in one bucket. 0 stands for never; one of the last two is
// another number.
type mark struct {
	firstOn, lastOn, lastOff int64 // ns since 1970
}

// none reports whether the place of a mark is free.
func (m *mark) none() bool { return m.lastOn == 0 && m.lastOff == 0 }

// bucketOf returns the bucket of a mark: every event of it lies there.
func (s *sessions) bucketOf(m *mark) int64 { return (max(m.lastOn, m.lastOff) - 1) / s.bucket }

// sample is how many users were connected at an instant.
type sample struct{ active, idle uint32 }

func (s sample) connected() uint32 { return s.active + s.idle }

func newSessions(number uint16, def *usage.Meter, users *people.Users) sessions {
	s := sessions{idle: int64(def.IdleTimeout), interval: int64(def.SampleInterval), users: users}
	s.place = users.Layout().Field32(placeID(int(number)))
	a, b := s.idle, s.interval
	for b != 0 {
		a, b = b, a%b
	}
	s.bucket = a
	return s
}

// of returns what is known of a user. It is valid until the next call.
func (s *sessions) of(user uint32) *presence {
	i, known := s.find(user)
	if !known {
		i = len(s.recent)
		if i < cap(s.recent) {
			s.recent = s.recent[:i+1] // a user seen earlier has left room for marks
		} else {
			s.recent = append(s.recent, presence{})
		}
		left := s.recent[i].more
		if left != nil {
			*left = (*left)[:0]
		}
		s.recent[i] = presence{user: user, more: left}
		s.put(user, i)
	}
	return &s.recent[i]
}

// find returns the place of a user.
func (s *sessions) find(user uint32) (place int, known bool) {
	place = int(s.users.At(user).Get32(s.place)) - 1
	return place, place >= 0 && place < len(s.recent) && s.recent[place].user == user
}

// put says at which place a user is.
func (s *sessions) put(user uint32, place int) { s.users.At(user).SetPlace(s.place, uint32(place+1)) }

// restored puts the users that were read at their places.
func (s *sessions) restored() {
	for i := range s.recent {
		s.put(s.recent[i].user, i)
	}
}

// note takes in an event of a user; t > 0.
func (s *sessions) note(p *presence, t int64, roles usage.Roles) {
	var m mark
	if roles&onRoles != 0 {
		m.firstOn, m.lastOn = t, t
	}
	if roles&usage.RoleLogoff != 0 {
		m.lastOff = t
	}
	s.add(p, m)
}

// add unites a mark with the one of its bucket.
func (s *sessions) add(p *presence, m mark) {
	i, bucket := p.marks(), s.bucketOf(&m)
	for i > 0 && s.bucketOf(p.at(i-1)) > bucket {
		i--
	}
	if i == 0 || s.bucketOf(p.at(i-1)) != bucket {
		p.insert(i, m)
		return
	}
	known := p.at(i - 1)
	if known.firstOn == 0 || m.firstOn != 0 && m.firstOn < known.firstOn {
		known.firstOn = m.firstOn
	}
	known.lastOn = max(known.lastOn, m.lastOn)
	known.lastOff = max(known.lastOff, m.lastOff)
}

// count counts the users connected at an instant on the grid.
func (s *sessions) count(at int64) (n sample) {
	for i := range s.recent {
		switch of := s.look(&s.recent[i], at); {
		case of.lastOn == 0:
		case of.lastOn > at-s.interval:
			n.active++
		default:
			n.idle++
		}
	}
	return n
}

// handover returns the smaller number of those who leave and those who have
// come at an instant on the grid: connected both, of the former nothing is seen
// within the idle timeout after it, the latter's session began within the idle
// timeout before it.
func (s *sessions) handover(at int64) uint32 {
	var leavers, newcomers uint32
	for i := range s.recent {
		switch of := s.look(&s.recent[i], at); {
		case of.lastOn == 0:
		case of.began:
			newcomers++
		case !of.stays:
			leavers++
		}
	}
	return min(leavers, newcomers)
}

// standing is where a user stands at an instant.
type standing struct {
	lastOn int64 // the last on-event if they are connected, else 0
	began  bool  // their session began within the idle timeout before
	stays  bool  // an on-event follows within the idle timeout after
}

// look returns where a user stands at an instant on the grid.
func (s *sessions) look(p *presence, at int64) (of standing) {
	var before, first, off int64
	for i := range p.marks() {
		m := p.at(i)
		end := (s.bucketOf(m) + 1) * s.bucket
		if end > at {
			of.stays = of.stays || m.firstOn != 0 && end <= at+s.idle
			continue
		}
		off = max(off, m.lastOff)
		if end <= at-s.idle {
			before = max(before, m.lastOn)
			continue
		}
		if first == 0 {
			first = m.firstOn
		}
		of.lastOn = max(of.lastOn, m.lastOn)
	}
	if off >= of.lastOn {
		return standing{}
	}
	of.began = first-before >= s.idle || off >= before
	return of
}

// forget drops the buckets that end at or before an instant, and users of whom
// nothing is left.
func (s *sessions) forget(until int64) {
	for i := len(s.recent) - 1; i >= 0; i-- {
		p, old := &s.recent[i], 0
		marks := p.marks()
		for old < marks && (s.bucketOf(p.at(old))+1)*s.bucket <= until {
			old++
		}
		if old < marks {
			p.dropOldest(old)
		} else {
			s.drop(i)
		}
	}
}

// drop forgets the user at a place; the last one takes it.
func (s *sessions) drop(i int) {
	last := len(s.recent) - 1
	if i != last {
		s.recent[i], s.recent[last] = s.recent[last], s.recent[i]
		s.put(s.recent[i].user, i)
	}
	s.recent = s.recent[:last]
}

// merge makes two users one.
func (s *sessions) merge(from, to uint32) {
	i, known := s.find(from)
	if !known {
		return
	}
	p := s.of(to) // may move all of them, but not to other places
	for n := range s.recent[i].marks() {
		s.add(p, *s.recent[i].at(n))
	}
	s.drop(i)
}

func (s *sessions) encode(e *wire.Encoder) {
	e.Uint(uint64(len(s.recent)))
	for i := range s.recent {
		p := &s.recent[i]
		e.Uint(uint64(p.user))
		marks := p.marks()
		e.Uint(uint64(marks))
		for n := range marks {
			m := p.at(n)
			e.Int(m.firstOn)
			e.Int(m.lastOn)
			e.Int(m.lastOff)
		}
	}
}

// decode reads what encode wrote, of an organization with so many users; each is
// there once. restored follows.
func (s *sessions) decode(d *wire.Decoder, users int) {
	n := d.Count(2)
	s.recent = slices.Grow(s.recent, min(n, users))
	for range n {
		user := d.Uint()
		if user >= uint64(users) {
			d.Fail()
			return
		}
		p := presence{user: uint32(user)}
		for range d.Count(3) {
			m := mark{firstOn: d.Int(), lastOn: d.Int(), lastOff: d.Int()}
			if m.none() {
				d.Fail()
				return
			}
			s.add(&p, m)
		}
		s.recent = append(s.recent, p)
	}
}

// within reports whether anything that is still known of a user's sessions lies
// in a span.
func (s *sessions) within(user uint32, of meter.Span) bool {
	place, known := s.find(user)
	if !known {
		return false
	}
	for i := range s.recent[place].marks() {
		m := s.recent[place].at(i)
		for _, at := range [...]int64{m.firstOn, m.lastOn, m.lastOff} {
			in := period.Floor(at) >= of.Start && period.Floor(at) < of.End
			if of.Window.Kind == usage.Rolling {
				in = period.Ceil(at) > of.Start && period.Ceil(at) <= of.End
			}
			if at != 0 && in {
				return true
			}
		}
	}
	return false
}

// prefetch asks for the place that a user has or, for all that is known so far, had.
func (s *sessions) prefetch(user uint32) {
	if place := int(s.users.At(user).Get32(s.place)) - 1; place >= 0 && place < len(s.recent) {
		prefetch.Of(&s.recent[place])
	}
}
