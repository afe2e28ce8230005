// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package gen makes up histories to simulate: what organizations in several
// zones send over some months, when it arrives, and when it is collected. The
// same seed gives the same history.
//
// Events are ordinary, resent, late by up to the acceptance span and beyond,
// and ahead of the clock; users register, are suspended and removed, turn out
// to be the same person, connect their accounts and leave; shifts come and go.
// What the contract leaves open is not made up: more values of a dimension
// than are kept, the same uid again after the acceptance span, an alias that
// both closes a cycle and is a second target.
package gen

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

// Options size a history. Zero values take the defaults.
type Options struct {
	Start         time.Time // 2026-02-20, midnight UTC
	Days          int       // 60
	Organizations int       // 3, at most 6
	EventsPerDay  int       // of each organization, besides shifts; 30
	Collects      int       // a day; 3
	// Moves is how many times an organization changes its zone and anchor; 0.
	Moves int
	// Late is when the last of the organizations comes into the catalogue,
	// after Start; 0: it is there from the beginning.
	Late time.Duration
}

// Step is one thing that happens. Steps are in the order of Now.
type Step struct {
	Now time.Time
	// Events arrive at Now, where there are any.
	Events []model.Event
	// Collect says that figures are collected at Now, a whole minute.
	Collect bool
	// Move changes an organization's zone and anchor at Now, or puts it into
	// the catalogue.
	Move *Move
}

// Move is a changed zone and anchor.
type Move struct {
	Organization string
	To           model.Organization
	Admit        bool // it was not in the catalogue
}

// generator makes up one history.
type generator struct {
	rng      *rand.Rand
	options  Options
	arriving []arrival
	serial   int
	largest  int // values of about the largest size so far
	aliases  map[string]*aliases
}

// arrival is an event and when it arrives.
type arrival struct {
	at    time.Time
	event model.Event
	alone bool // in a request of its own
}

// History returns what is counted and what happens.
func History(seed uint64, o Options) (model.Config, []Step) {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 1)), options: o.withDefaults(), aliases: map[string]*aliases{}}
	for _, org := range organizations[:g.options.Organizations] {
		zone, err := time.LoadLocation(org.Timezone)
		if err != nil {
			zone = time.UTC // the local hours of work are of no importance
		}
		for day := range g.options.Days {
			y, m, d := g.options.Start.AddDate(0, 0, day).Date()
			g.day(org.id, time.Date(y, m, d, 0, 0, 0, 0, zone))
		}
	}
	slices.SortStableFunc(g.arriving, func(a, b arrival) int { return a.at.Compare(b.at) })
	steps := append(g.requests(), append(g.collects(), g.moves()...)...)
	slices.SortStableFunc(steps, func(a, b Step) int {
		return cmp.Or(a.Now.Compare(b.Now), compareBools(a.Collect, b.Collect))
	})
	config := g.config()
	if o.Late > 0 {
		late := organizations[g.options.Organizations-1].id
		at := Step{Now: g.options.Start.Add(o.Late), Move: &Move{late, config.Organizations[late], true}}
		delete(config.Organizations, late)
		i, _ := slices.BinarySearchFunc(steps, at, func(a, b Step) int { return a.Now.Compare(b.Now) })
		steps = slices.Insert(steps, i, at)
	}
	return config, steps
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func (o Options) withDefaults() Options {
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 2, 20, 0, 0, 0, 0, time.UTC)
	}
	o.Days = cmp.Or(o.Days, 60)
	o.Organizations = min(cmp.Or(o.Organizations, 3), len(organizations))
	o.EventsPerDay = cmp.Or(o.EventsPerDay, 30)
	o.Collects = cmp.Or(o.Collects, 3)
	return o
}

func (g *generator) chance(p float64) bool { return g.rng.Float64() < p }

// upTo returns a random duration below d, in milliseconds.
func (g *generator) upTo(d time.Duration) time.Duration {
	return time.Duration(g.rng.Int64N(int64(d/time.Millisecond)+1)) * time.Millisecond
}

func pick[T any](g *generator, of []T) T { return of[g.rng.IntN(len(of))] }

// snap moves some instants onto boundaries and onto each other.
func (g *generator) snap(t time.Time) time.Time {
	switch r := g.rng.Float64(); {
	case r < 0.10:
		return t.Truncate(time.Minute)
	case r < 0.14:
		return t.Truncate(15 * time.Minute)
	case r < 0.18:
		return t.Truncate(time.Hour)
	}
	return t
}

const day = 24 * time.Hour

// delay is from an event to its arrival; it is negative for events ahead of
// the clock.
func (g *generator) delay(prompt float64) (delay time.Duration, ahead bool) {
	if g.chance(prompt) {
		return g.upTo(20 * time.Second), false
	}
	switch r := g.rng.Float64(); {
	case r < 0.35:
		return g.upTo(2 * time.Hour), false
	case r < 0.65:
		return g.upTo(10 * day), false
	case r < 0.85:
		return g.upTo(349 * day / 10), false
	case r < 0.88:
		return 35*day + g.upTo(3*day), false
	case r < 0.98:
		return -g.upTo(5 * time.Minute), true
	}
	return -5*time.Minute - g.upTo(30*time.Minute), true
}

// send has an event arrive, some also again.
func (g *generator) send(e model.Event, prompt float64) {
	if g.chance(0.01) {
		e.Organization = pick(g, []string{"", stray, "null", "  "})
	}
	if g.chance(0.02) {
		e = g.nobody(e)
	}
	e = g.spell(e)
	if e.Signal == "" && g.chance(0.2) {
		e.Signal = "traces"
	}
	delay, ahead := g.delay(prompt)
	at := e.Time.Add(delay)
	if at.Before(g.options.Start) {
		at = g.options.Start
	}
	if g.chance(0.005) {
		e.Time = g.misread(e.Time)
	}
	g.arriving = append(g.arriving, arrival{at, e, ahead})
	for g.chance(0.06) {
		again, _ := g.delay(0.5)
		g.arriving = append(g.arriving, arrival{at.Add(max(0, again)), e, false})
	}
}

func (g *generator) uid() string {
	g.serial++
	switch r := g.rng.Float64(); {
	case r < 0.1:
		return ""
	case r < 0.2:
		return "40000000" + number(100+g.serial)
	}
	return "uid-" + number(g.serial)
}

// requests puts what arrives into batches, with events exactly at the edges of
// the acceptance span and aliases among them.
func (g *generator) requests() []Step {
	var steps []Step
	for rest := g.arriving; len(rest) > 0; {
		n := 1
		if !rest[0].alone {
			limit := min(1+g.rng.IntN(25), len(rest))
			for n < limit && rest[n].at.Sub(rest[0].at) < 2*time.Hour && !rest[n].alone {
				n++
			}
		}
		step := Step{Now: rest[n-1].at}
		for _, a := range rest[:n] {
			step.Events = append(step.Events, a.event)
		}
		if g.chance(0.02) {
			step.Events = append(step.Events, g.edge(step.Now))
		}
		if g.chance(0.03) {
			step.Events = append(step.Events, g.spell(g.alias(step.Now)))
		}
		steps, rest = append(steps, step), rest[n:]
	}
	return steps
}

// edge is an event exactly at or just beyond an edge of the acceptance span.
func (g *generator) edge(now time.Time) model.Event {
	t := pick(g, []time.Time{now.Add(-35 * day), now.Add(-35*day - 1), now.Add(5 * time.Minute), now.Add(5*time.Minute + 1), now})
	return model.Event{Organization: g.organization(), User: user(g.rng.IntN(users)), Action: "course.accessed", Time: t, UID: g.uid()}
}

func (g *generator) organization() string {
	return organizations[g.rng.IntN(g.options.Organizations)].id
}

// collects are whole minutes, many of them next to hours and midnights.
func (g *generator) collects() []Step {
	var steps []Step
	for d := range g.options.Days {
		for range g.options.Collects {
			t := g.options.Start.AddDate(0, 0, d).Add(g.upTo(day - time.Second)).Truncate(time.Minute)
			if g.chance(0.4) {
				t = t.Truncate(30 * time.Minute).Add(time.Duration(g.rng.IntN(3)-1) * time.Minute)
			}
			if !t.Before(g.options.Start) {
				steps = append(steps, Step{Now: t, Collect: true})
			}
		}
	}
	return steps
}

// late is how many organizations are not in the catalogue from the beginning.
func (g *generator) late() int {
	if g.options.Late > 0 {
		return 1
	}
	return 0
}

func (g *generator) moves() []Step {
	var steps []Step
	for range g.options.Moves {
		to := organizations[g.rng.IntN(len(organizations))].Organization
		to.AnchorDay = 1 + g.rng.IntN(31)
		steps = append(steps, Step{
			Now:  g.options.Start.Add(g.upTo(time.Duration(g.options.Days) * day)),
			Move: &Move{Organization: organizations[g.rng.IntN(g.options.Organizations-g.late())].id, To: to},
		})
	}
	return steps
}
