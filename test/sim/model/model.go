// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package model is a naive reference of SEMANTICS 1 to 6 and 8: it keeps every
// event and works out every figure from scratch at each collection, so that
// each rule can be read in the code beside its words. The engine is simulated
// against it.
//
// It shares nothing with the engine but the names of internal/usage: windows
// are cut by looking at the wall clock minute by minute (civil.go), people are
// merged by walking the aliases (people.go), figures are counted by going
// through all events (active.go, concurrent.go, consumption.go).
//
//	m, err := model.New(config)
//	outcomes := m.Record(now, events)
//	figures := m.Collect(minute)
//
// What cannot be recomputed is kept: a concurrent-users sample once it is
// final, and the figures of periods and hours that ended before the acceptance
// span, which aliases, lifecycle and standing no longer revise.
//
// Not modelled: resource limits other than values of a dimension, credentials,
// projections, OTTL beyond attributes["k"] == "v", and
// breakdowns by user whose ids are not revealed (pseudonyms are keyed hashes).
package model

import (
	"fmt"
	"math/big"
	"slices"
	"sort"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Model is the book of all events. It is not safe for concurrent use.
type Model struct {
	config       Config
	past, future time.Duration
	grace        time.Duration
	maxValues    int
	meters       []*meter // by name

	birth         time.Time // zero before the first Record or Collect
	organizations map[string]*organization
	sampling      map[*meter]*sampling
	outages       []outage
}

// organization is all that was received of one organization.
type organization struct {
	id    string
	civil *civil

	links       []link // accepted aliases in the order of arrival
	targets     map[string]string
	transitions []transition
	entries     map[*meter][]*entry // what counted items mean to a meter, in the order of arrival
	counted     []time.Time         // of counted items
	sums        map[string]time.Time
	items       map[[2]string]int // by signal and outcome
	rejected    map[[2]string]int // by meter and reason
	values      map[valueKey]map[string]bool

	sessions    map[*meter]map[int64][]*entry // logons, activity and logoffs by hour
	samples     map[*meter]map[int64]sample   // final ones that are not zero, by unix second
	frozen      map[frozenKey][]Sample
	frozenHours map[*meter]map[int64]int
	frozenTo    map[*meter]time.Time // hours that ended until then are in frozenHours
	books       books
	reached     map[*meter]reached // thresholds, at the last collection
	received    []receipt          // while it is not in the catalogue
}

// entry is what one counted item means to one meter.
type entry struct {
	time time.Time
	user string

	classes                  []string // active users: of the classes that it matches
	on, off                  bool     // standing activity of key, in class
	key, class               string
	seen, logoff, hourly     bool // concurrent users; seen: logon or activity
	consumed                 bool
	value                    *big.Int
	values                   map[string]string   // by dimension; missing ones are not in it
	averages                 map[string]*big.Int // by average
	status, aliasFrom        string              // no meter's
	meter                    *meter
	reason                   usage.Reason // why it cannot be used
	needsUser, withoutLimits bool
}

// New returns a model without events.
func New(c Config) (*Model, error) {
	m := &Model{
		config: c, past: c.Horizon.Past.or(35 * 24 * time.Hour), future: c.Horizon.Future.or(5 * time.Minute),
		grace:         time.Duration(c.Grace),
		maxValues:     100,
		organizations: map[string]*organization{}, sampling: map[*meter]*sampling{},
	}
	if c.Limits.ValuesPerDimension > 0 {
		m.maxValues = c.Limits.ValuesPerDimension
	}
	for name, configured := range c.Meters {
		mt, err := newMeter(name, configured)
		if err != nil {
			return nil, err
		}
		m.meters = append(m.meters, mt)
	}
	slices.SortFunc(m.meters, func(a, b *meter) int { return compare(a.name, b.name) })
	for id, o := range c.Organizations {
		if err := m.addOrganization(id, o); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (m *Model) addOrganization(id string, o Organization) error {
	cal, err := newCivil(o)
	if err != nil {
		return fmt.Errorf("organizations.%s: %w", id, err)
	}
	m.organizations[id] = &organization{
		id: id, civil: cal,
		targets: map[string]string{}, entries: map[*meter][]*entry{}, sums: map[string]time.Time{},
		items: map[[2]string]int{}, rejected: map[[2]string]int{}, values: map[valueKey]map[string]bool{},
		sessions: map[*meter]map[int64][]*entry{}, samples: map[*meter]map[int64]sample{}, frozen: map[frozenKey][]Sample{}, frozenHours: map[*meter]map[int64]int{}, frozenTo: map[*meter]time.Time{}, reached: map[*meter]reached{},
	}
	return nil
}

// organization returns the organization of an item; one that is not in the
// catalogue is in UTC.
func (m *Model) organization(id string) *organization {
	if id == "" {
		id = usage.NoOrganization
	}
	if m.organizations[id] == nil {
		// Zone and anchor of an unknown one are always valid.
		_ = m.addOrganization(id, Organization{})
	}
	return m.organizations[id]
}

// Record takes a batch that arrives at now and returns the outcome of each of
// its events. now must not lie before that of an earlier call.
func (m *Model) Record(now time.Time, events []Event) ([]usage.Outcome, error) {
	m.begin(now)
	m.takeSamples(now, func(due time.Time, _ bool) bool { return due.Before(now) })
	m.pass(minuteBefore(now))
	if m.revises(events) {
		m.freeze(now)
	}
	outcomes := make([]usage.Outcome, len(events))
	for i, sent := range events {
		e := sent.read()
		o := m.organization(e.Organization)
		m.open(o, now)
		outcome, err := m.take(now, o, e)
		if err != nil {
			return nil, err
		}
		outcomes[i] = outcome
	}
	return outcomes, nil
}

// take counts an item of an organization that arrives at now.
func (m *Model) take(now time.Time, o *organization, e Event) (usage.Outcome, error) {
	if _, listed := m.config.Organizations[o.id]; !listed {
		o.received = append(o.received, receipt{now, e})
	}
	outcome, parts, err := m.judge(now, o, e)
	if err != nil {
		return 0, err
	}
	o.items[[2]string{e.signal(), outcome.String()}]++
	if outcome == usage.Counted {
		m.receive(o, now, e, parts)
	}
	return outcome, nil
}

// SetCalendar changes an organization's zone and anchor at now.
func (m *Model) SetCalendar(now time.Time, id string, o Organization) error {
	z, err := newZoned(o)
	if err != nil {
		return fmt.Errorf("organizations.%s: %w", id, err)
	}
	m.pass(minuteBefore(now))
	cal := m.organization(id).civil
	cal.changes = append(cal.changes, change{now, z})
	return nil
}

// Restart tells that the ledger was down: samples whose time passed meanwhile
// are taken their settle time after it came up. So is the first one, if it was not
// taken before.
func (m *Model) Restart(down, up time.Time) { m.outages = append(m.outages, outage{down, up}) }

// begin remembers when the model began to live.
func (m *Model) begin(now time.Time) {
	if !m.birth.IsZero() {
		return
	}
	m.birth = now
	for _, o := range m.organizations {
		m.open(o, now)
	}
	for _, mt := range m.meters {
		if mt.Type == usage.ConcurrentUsers.String() {
			first := now.Add(-mt.settle).Truncate(mt.sampleInterval)
			m.sampling[mt] = &sampling{first: first, next: first}
		}
	}
}

// judge finds the outcome of an item: the first that applies.
func (m *Model) judge(now time.Time, o *organization, e Event) (usage.Outcome, []*entry, error) {
	if e.zeroPoint() {
		return usage.Unmatched, nil, nil
	}
	parts, err := m.parts(o, e)
	if err != nil {
		return 0, nil, err
	}
	if parts == nil && e.Time.Before(nanoseconds) { // whatever was in force then
		if parts, err = m.meant(e); err != nil {
			return 0, nil, err
		}
	}
	usable, withoutLimits, sum := 0, false, false
	for _, p := range parts {
		if p.reason != usage.ReasonNone {
			continue
		}
		usable++
		withoutLimits = withoutLimits || p.withoutLimits
		sum = sum || p.consumed
	}
	switch {
	case len(parts) == 0:
		return usage.Unmatched, nil, nil
	case e.Organization == "" || usable == 0 || e.Cumulative || e.Time.Before(nanoseconds):
		return usage.Invalid, nil, nil
	case e.Time.After(now.Add(m.future)):
		return usage.Future, nil, nil
	case e.Time.Before(now.Add(-m.past)) && !withoutLimits:
		return usage.Late, nil, nil
	}
	if sum {
		first, known := o.sums[e.identity]
		if known && !first.Before(now.Add(-m.past)) {
			return usage.Duplicate, nil, nil
		}
		o.sums[e.identity] = e.Time
	}
	return usage.Counted, parts, nil
}

// count keeps what a counted item means.
func (m *Model) count(o *organization, e Event, parts []*entry) {
	o.counted = append(o.counted, e.Time)
	for _, p := range parts {
		switch {
		case p.reason != usage.ReasonNone:
			if p.meter != nil {
				o.rejected[[2]string{p.meter.name, string(p.reason)}]++
			}
		case p.status != "":
			o.transitions = append(o.transitions, transition{e.User, e.Time, p.status})
		case p.aliasFrom != "":
			o.link(p.aliasFrom, e.User, e.Time)
		default:
			o.entries[p.meter] = append(o.entries[p.meter], p)
			if p.seen || p.logoff {
				o.sessionEntry(p)
			}
			m.admitValues(o, p)
		}
	}
}

// parts returns what an item means to whom, by the definitions in force at its
// time.
func (m *Model) parts(o *organization, e Event) ([]*entry, error) {
	var parts []*entry
	for status, actions := range m.config.Lifecycle {
		if slices.Contains(actions, e.Action) {
			parts = append(parts, &entry{status: status, needsUser: true, withoutLimits: true})
		}
	}
	if slices.Contains(m.config.Aliases.Actions, e.Action) {
		parts = append(parts, o.aliasPart(e, m.config.Aliases.From))
	}
	for _, mt := range m.meters {
		v, inForce := mt.at(o.civil, e.Time)
		if !inForce {
			continue
		}
		p, err := mt.part(v, e)
		if err != nil {
			return nil, err
		}
		if p != nil {
			parts = append(parts, p)
		}
	}
	for _, p := range parts {
		p.time, p.user = e.Time, e.User
		switch {
		case p.needsUser && e.nobody:
			p.reason = usage.ReasonPlaceholder
		case p.needsUser && e.User == "":
			p.reason = usage.ReasonNoUser
		}
	}
	return parts, nil
}

// nanoseconds is the time before which a timestamp is of another unit.
var nanoseconds = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// meant returns what an item means by any definition, whenever in force.
func (m *Model) meant(e Event) ([]*entry, error) {
	var parts []*entry
	for _, mt := range m.meters {
		for _, v := range mt.versions {
			p, err := mt.part(v, e)
			if err != nil {
				return nil, err
			}
			if p != nil {
				parts = append(parts, p)
			}
		}
	}
	return parts, nil
}

// zeroPoint reports whether an item is a delta point of nothing: no event.
func (e *Event) zeroPoint() bool {
	if e.signal() != usage.Metrics.String() || e.Cumulative {
		return false
	}
	v, reason := micros(string(e.Value), true)
	return reason == usage.ReasonNone && v.Sign() == 0
}

// part returns what an item means to one version of a meter, nil if nothing.
func (mt *meter) part(v version, e Event) (*entry, error) {
	p := &entry{meter: mt, needsUser: true, values: map[string]string{}}
	for dimension, b := range mt.Breakdowns {
		if value := e.attribute(b.Attribute); value != "" {
			p.values[dimension] = value
		}
	}
	switch mt.Type {
	case usage.ConcurrentUsers.String():
		p.seen = slices.Contains(v.Logon, e.Action) || slices.Contains(v.Activity, e.Action)
		p.logoff, p.hourly = slices.Contains(v.Logoff, e.Action), slices.Contains(v.Hourly, e.Action)
		if !p.seen && !p.logoff && !p.hourly {
			return nil, nil
		}
		return p, nil
	case usage.Consumption.String():
		ok, err := holds(v.Condition, e.Attributes)
		if !ok || !slices.Contains(v.Actions, e.Action) {
			return nil, err
		}
		return mt.consumption(p, v, e), nil
	}
	for _, c := range v.classes {
		ok, err := holds(c.Condition, e.Attributes)
		if err != nil {
			return nil, err
		}
		if ok && slices.Contains(c.Actions, e.Action) {
			p.classes = append(p.classes, c.Name)
		}
	}
	if v.Standing != nil {
		p.standing(*v.Standing, e)
	}
	if len(p.classes) == 0 && !p.on && !p.off {
		return nil, nil
	}
	return p, nil
}

func (p *entry) standing(s Standing, e Event) {
	p.on, p.off = slices.Contains(s.On, e.Action), slices.Contains(s.Off, e.Action)
	if !p.on && !p.off {
		return
	}
	p.key, p.class, p.withoutLimits = id(e.attribute(s.Key)), s.Class, true
	switch {
	case p.key != "":
	case len(p.classes) > 0: // the rest of the item is of use
		p.on, p.off, p.withoutLimits = false, false, false
	default:
		p.reason = usage.ReasonNoStandingKey
	}
}

// sortedKeys returns the keys of a map in order, so that runs repeat exactly.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
