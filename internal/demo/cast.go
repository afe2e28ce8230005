// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"
	_ "time/tzdata" // the story is the same on machines without zone data
)

// organization is a profile in a plan, with its people as far as they are
// known by now.
type organization struct {
	profile
	plan     Plan
	hash     uint64
	location *time.Location
	people   map[role][]person
}

// role is the group that a person belongs to.
type role byte

const (
	operator role = 'o'
	learner  role = 'l'
	member   role = 'm'
)

// never is a day that does not come.
const never = 1 << 30

// person is a user with the days of their life, counted from the plan's start.
type person struct {
	id   string
	seed uint64
	// joined is 0 for those who are there from the start.
	joined, suspended, resumed, removed int
	// eagerness in (0, 1) is how probable a visit is on an ordinary day.
	eagerness float64
}

// present reports whether a person may act on a day.
func (p *person) present(day int) bool {
	return day >= p.joined && day < p.removed && (day < p.suspended || day >= p.resumed)
}

// cast returns the plan's organizations.
func (p Plan) cast() []*organization {
	cast := make([]*organization, 0, len(profiles))
	for _, profile := range profiles {
		location, err := time.LoadLocation(profile.zone)
		if err != nil {
			location = time.UTC // cannot be: the zones are known and their data is embedded
		}
		h := fnv.New64a()
		h.Write([]byte(profile.id))
		cast = append(cast, &organization{
			profile: profile, plan: p, hash: h.Sum64(), location: location, people: map[role][]person{},
		})
	}
	return cast
}

// days is the length of the plan's history.
func (p Plan) days() int { return max(1, int(p.Present.Sub(p.Start).Hours()/24)) }

// growth is the share of their growth that groups have on a day: 0 at the
// start, 1 at the present.
func (o *organization) growth(day int) float64 {
	return float64(day) / float64(o.plan.days())
}

// group returns everyone of a role who has joined by a day.
func (o *organization) group(r role, size group, day int) []person {
	n := size.start + int(float64(size.present-size.start)*o.growth(day))
	for i := len(o.people[r]); i < n; i++ {
		o.people[r] = append(o.people[r], o.person(r, size, i))
	}
	return o.people[r][:max(n, 0)]
}

// person returns the i-th of a role.
func (o *organization) person(r role, size group, i int) person {
	seed := mix(mix(o.plan.Seed^o.hash) ^ uint64(r)<<32 ^ uint64(i))
	rng := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // see Plan.source
	p := person{
		id: "u-" + strconv.FormatUint(seed>>20, 36), seed: seed,
		suspended: never, resumed: never, removed: never,
		eagerness: 0.04 + 0.8*rng.Float64()*rng.Float64(),
	}
	if i >= size.start {
		// The inverse of group: the first day on which the group has i+1.
		p.joined = (i + 1 - size.start) * o.plan.days() / (size.present - size.start)
		for size.start+int(float64(size.present-size.start)*o.growth(p.joined)) <= i {
			p.joined++
		}
	}
	switch x := rng.Float64(); {
	case x < 0.14:
		p.removed = p.joined + 20 + int(rng.ExpFloat64()*220)
	case x < 0.20:
		p.suspended = p.joined + 15 + int(rng.ExpFloat64()*160)
		if rng.Float64() < 0.6 {
			p.resumed = p.suspended + 5 + rng.IntN(40)
		}
	}
	return p
}

// lives tells who of a group registers, is suspended, comes back or is removed
// on this day.
func (d *day) lives(people []person) {
	for i := range people {
		p := &people[i]
		switch d.index {
		case p.joined:
			at := d.at(d.rng.Float64() * 7)
			if p.joined == 0 {
				at = d.plan.Start.Add(time.Duration(i) * time.Second) // imported when telemetry begins
			}
			d.log(at, p.id, "user.registered")
		case p.suspended:
			d.log(d.at(10+5*d.rng.Float64()), p.id, "user.suspended")
		case p.resumed:
			d.log(d.at(5+4*d.rng.Float64()), p.id, "user.registered")
		case p.removed:
			d.log(d.at(16*d.rng.Float64()), p.id, "user.removed")
		}
	}
}
