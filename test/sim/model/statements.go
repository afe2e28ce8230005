// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"maps"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Statement is a closed period of a meter's window with all its versions.
type Statement struct {
	Meter, Window string
	Start, End    time.Time
	Versions      []Version
}

// Version is what was known of the period when it was made. Reason counts what
// came since the version before, by kind.
type Version struct {
	Made    time.Time
	Reason  map[string]int
	Figures map[string]float64 // by Key, without organization, meter, window and period
}

// statement is a Statement in the making. now are its figures by all that was
// received, while fresh.
type statement struct {
	Statement
	org     *organization
	meter   *meter
	window  usage.Window
	now     map[string]float64
	fresh   bool
	changed bool
	since   time.Time
	reason  map[string]int
}

// books are the statements of an organization.
type books struct {
	opened time.Time // when it was first heard of
	began  time.Time // the minute before
	next   map[*meter]map[usage.Window]time.Time
	all    map[*meter]map[usage.Window][]*statement
	held   []link // aliases that take effect later
}

// Statements returns the statements of an organization by meter, window and
// start, as they are at the last Record or Collect.
func (m *Model) Statements(id string) []Statement {
	var all []Statement
	o := m.organizations[id]
	if o == nil {
		return nil
	}
	for _, mt := range m.meters {
		windows := slices.SortedFunc(maps.Keys(o.books.all[mt]), func(a, b usage.Window) int { return int(a.Kind) - int(b.Kind) })
		for _, w := range windows {
			for _, s := range o.books.all[mt][w] {
				if len(s.Versions) > 0 {
					all = append(all, s.Statement)
				}
			}
		}
	}
	return all
}

// minuteBefore is the last whole minute before an arrival.
func minuteBefore(now time.Time) time.Time {
	floor := now.Truncate(time.Minute)
	if floor.Equal(now) {
		return floor.Add(-time.Minute)
	}
	return floor
}

// open begins an organization's books: what was closed by then has no
// statement until something comes for it.
func (m *Model) open(o *organization, now time.Time) {
	if o.books.next != nil || o.id == usage.NoOrganization {
		return
	}
	o.books.opened, o.books.began = now, minuteBefore(now)
	o.books.next = map[*meter]map[usage.Window]time.Time{}
	o.books.all = map[*meter]map[usage.Window][]*statement{}
	for _, mt := range m.meters {
		o.books.next[mt], o.books.all[mt] = map[usage.Window]time.Time{}, map[usage.Window][]*statement{}
		for _, w := range mt.windows {
			if w.Kind == usage.Hour || w.Kind == usage.Rolling {
				continue
			}
			for at := m.birth.Add(-m.past); ; {
				p := o.civil.period(w.Kind, at)
				if !p.start.Before(m.birth.Add(-m.past)) {
					if p.end.After(o.books.began.Add(-m.grace)) {
						o.books.next[mt][w] = p.start
						break
					}
					o.books.add(mt, w, o, p)
				}
				at = p.end
			}
		}
	}
}

func (b *books) add(mt *meter, w usage.Window, o *organization, p period) *statement {
	s := &statement{Statement: Statement{Meter: mt.name, Window: w.String(), Start: p.start, End: p.end}, org: o, meter: mt, window: w, reason: map[string]int{}}
	b.all[mt][w] = append(b.all[mt][w], s)
	return s
}

// pass makes the statements that fall due up to a minute.
func (m *Model) pass(to time.Time) {
	for _, id := range sortedKeys(m.organizations) {
		o := m.organizations[id]
		for o.books.next != nil {
			at, found := m.nextStop(o)
			if !found || at.After(to) {
				break
			}
			m.takeHeld(o, at, func(l link) bool { return !l.time.After(at) })
			m.close(o, at)
			m.takeHeld(o, at, func(l link) bool { return l.time.Before(at.Add(time.Minute)) })
		}
	}
}

// nextStop returns the next minute in which something happens.
func (m *Model) nextStop(o *organization) (next time.Time, found bool) {
	consider := func(t time.Time) {
		if !found || t.Before(next) {
			next, found = t, true
		}
	}
	for mt, windows := range o.books.next {
		for w, start := range windows {
			consider(o.civil.period(w.Kind, start).end.Add(m.grace))
			for _, s := range o.books.all[mt][w] {
				if s.changed {
					consider(m.versionDue(s))
				}
			}
		}
	}
	for _, l := range o.books.held {
		consider(l.time.Truncate(time.Minute))
	}
	return next, found
}

// versionDue returns when a changed statement gets its next version: in the next
// minute, an hour after the version before, but before it is forgotten.
func (m *Model) versionDue(s *statement) time.Time {
	due := s.since.Add(time.Minute)
	if n := len(s.Versions); n > 0 {
		if later := s.Versions[n-1].Made.Add(time.Hour); later.After(due) {
			due = later
		}
	}
	if left := s.forgotten(); left.Before(due) {
		return left
	}
	return due
}

// keptPeriods is how many periods of a window are open for late events.
func keptPeriods(w usage.Window) int {
	switch w.Kind {
	case usage.Day:
		return 38
	case usage.Week:
		return 7
	default:
		return 3
	}
}

// forgotten returns when a period is no longer among those that are kept, as
// far as calendars are known now.
func (s *statement) forgotten() time.Time {
	at := s.End
	for range keptPeriods(s.window) - 1 {
		at = s.org.civil.period(s.window.Kind, at).end
	}
	return at
}

// close closes what is due at a minute and makes the versions that are.
func (m *Model) close(o *organization, at time.Time) {
	for _, mt := range m.meters {
		for w := range o.books.next[mt] {
			for {
				p := o.civil.period(w.Kind, o.books.next[mt][w])
				if p.end.Add(m.grace).After(at) {
					break
				}
				o.books.next[mt][w] = p.end
				s := o.books.add(mt, w, o, p)
				m.evaluate(s, at)
				s.Versions = append(s.Versions, Version{at, map[string]int{}, s.now})
			}
			for _, s := range o.books.all[mt][w] {
				if s.changed && !m.versionDue(s).After(at) {
					m.revise(s, at)
				}
			}
		}
	}
}

func (m *Model) revise(s *statement, at time.Time) {
	if !s.fresh {
		m.evaluate(s, at)
	}
	if !maps.Equal(s.now, m.last(s)) {
		s.Versions = append(s.Versions, Version{at, s.reason, s.now})
	}
	s.changed, s.reason = false, map[string]int{}
}

// last returns the figures of the last version, of none those of nothing.
func (m *Model) last(s *statement) map[string]float64 {
	if n := len(s.Versions); n > 0 {
		return s.Versions[n-1].Figures
	}
	return m.figuresAt(s, time.Time{})
}

// evaluate works out the figures by what was received with times up to t.
func (m *Model) evaluate(s *statement, t time.Time) { s.now, s.fresh = m.figuresAt(s, t), true }

func (m *Model) figuresAt(s *statement, t time.Time) map[string]float64 {
	w := window{name: s.Window, kind: s.window.Kind, start: s.Start, end: s.End, t: t}
	var samples []Sample
	if s.meter.Type == usage.ConcurrentUsers.String() {
		hours := map[int64]int{}
		if !t.IsZero() {
			hours = s.org.hours(s.meter, t)
		}
		samples = m.peakFigures(s.org, s.meter, w, hours)
	} else {
		samples = m.windowFigures(s.org, s.meter, w)
	}
	if s.meter.Type == usage.ActiveUsers.String() && s.window.Kind >= usage.Month {
		samples = append(samples, s.org.registered(t, w.judges)...)
	}
	figures := map[string]float64{}
	for _, f := range samples {
		if b, is := s.meter.Breakdowns[f.Labels["dimension"]]; is && b.Attribute == "" {
			continue // users are in no statement
		}
		for _, label := range []string{"meter", "window", "period"} {
			delete(f.Labels, label)
		}
		figures[Key(f.Name, f.Labels)] = f.Value
	}
	return figures
}

// everStood counts people without a status who ever had a standing activity.
func (o *organization) everStood(statuses map[string]string, t time.Time, judges func(time.Time) bool) int {
	who, found := o.people(t), map[string]bool{}
	for _, entries := range o.entries {
		for _, e := range entries {
			if e.on && judges(e.time) && statuses[who.of(e.user)] == "" {
				found[who.of(e.user)] = true
			}
		}
	}
	return len(found)
}

// change notes that events of a kind changed a statement.
func (s *statement) change(kind string, since time.Time) {
	if !s.changed {
		s.changed, s.since = true, since
	}
	s.reason[kind]++
}

// revisable reports whether a statement may change at a minute.
func (m *Model) revisable(s *statement, asOf, now time.Time) bool {
	return s.End.After(now.Truncate(time.Minute).Add(-m.past)) && s.forgotten().After(asOf)
}

// receive counts an item, and notes what that changes in statements.
func (m *Model) receive(o *organization, now time.Time, e Event, parts []*entry) {
	asOf := minuteBefore(now)
	if o.books.next == nil || !e.Time.Before(asOf.Add(time.Minute)) {
		for _, p := range parts {
			if p.reason == usage.ReasonNone && p.aliasFrom != "" && o.books.next != nil {
				o.books.held = append(o.books.held, link{p.aliasFrom, e.User, e.Time})
			}
		}
		m.count(o, e, parts)
		return
	}
	late := m.late(o, asOf, e, parts)
	m.compare(o, asOf, now, kindOf(parts), e.Time, late, func() { m.count(o, e, parts) })
}

// kindOf returns what kind of event may change periods in which it does not
// lie, "" for others.
func kindOf(parts []*entry) string {
	kind := ""
	for _, p := range parts {
		switch {
		case p.reason != usage.ReasonNone:
		case p.aliasFrom != "":
			return "alias"
		case p.status != "":
			kind = "lifecycle"
		case (p.on || p.off) && kind == "":
			kind = "standing"
		}
	}
	return kind
}

// late notes an item as an event of the closed periods in which it lies.
func (m *Model) late(o *organization, asOf time.Time, e Event, parts []*entry) map[*statement]bool {
	late := map[*statement]bool{}
	for _, p := range parts {
		if p.reason != usage.ReasonNone || p.meter == nil || len(p.classes) == 0 && !p.consumed && !p.hourly {
			continue
		}
		for _, all := range o.books.all[p.meter] {
			for _, s := range all {
				if !e.Time.Before(s.Start) && e.Time.Before(s.End) && s.forgotten().After(asOf) {
					s.change("late_event", asOf)
					s.fresh, late[s] = false, true
				}
			}
		}
	}
	return late
}

// compare does something and notes which statements it has changed.
func (m *Model) compare(o *organization, asOf, now time.Time, kind string, t time.Time, but map[*statement]bool, do func()) {
	var watched []*statement
	before := asOf.Add(time.Minute - 1) // what of this minute was received is counted
	for _, mt := range m.meters {
		if kind == "" || mt.Type == usage.Consumption.String() || mt.Type == usage.ConcurrentUsers.String() && kind != "alias" {
			continue
		}
		for _, all := range o.books.all[mt] {
			for _, s := range all {
				if !but[s] && (kind == "alias" || s.End.After(t)) && m.revisable(s, asOf, now) {
					if !s.fresh {
						m.evaluate(s, before)
					}
					watched = append(watched, s)
				}
			}
		}
	}
	do()
	for _, s := range watched {
		was := s.now
		if m.evaluate(s, before); !maps.Equal(was, s.now) {
			s.change(kind, asOf)
		}
	}
}

// takeHeld lets held aliases take effect.
func (m *Model) takeHeld(o *organization, asOf time.Time, due func(link) bool) {
	var rest []link
	for _, l := range o.books.held {
		if !due(l) {
			rest = append(rest, l)
			continue
		}
		// It takes effect by its time alone; figures from before are those at
		// the instant before it.
		for _, mt := range m.meters {
			if mt.Type == usage.Consumption.String() {
				continue
			}
			for _, all := range o.books.all[mt] {
				for _, s := range all {
					if !m.revisable(s, asOf, asOf) {
						continue
					}
					was := m.figuresAt(s, l.time.Add(-1))
					if m.evaluate(s, l.time); !maps.Equal(was, s.now) {
						s.change("alias", asOf)
					}
				}
			}
		}
	}
	o.books.held = rest
}
