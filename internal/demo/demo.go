// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package demo invents believable usage of six customer organizations in five
// time zones, to look at and to test with.
//
// A Plan is all that a history depends on: a seed and two instants. Every
// event is a function of the plan and the local day it lies in, so any part of
// history can be told again, in any pieces, with the same event ids; the live
// traffic of a demo simply goes on telling where the recorded history ended.
//
//	plan := demo.NewPlan(seed, 14, present)
//	for e := range plan.Events(from, to) { ... }   // in order of arrival
//	WriteHistory(plan, dir, ...)                   // the same as OTLP JSON lines
//
// What is told, one file an activity: yard operators in three shifts of whom
// some forget to log off (yard.go), learners with a deadline at the month's
// end (learning.go), a workspace with members, anonymous visitors and
// connected social networks (workspace.go), transcriptions with their
// documents (transcription.go), API calls (api.go), and what goes wrong: an
// old client, resent and late batches, an organization that falls silent
// (mishaps.go).
package demo

import (
	"cmp"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Plan is what a history depends on.
type Plan struct {
	Seed uint64 `json:"seed"`
	// Start is when telemetry begins.
	Start time.Time `json:"start"`
	// Present is when the recorded history ends. Growth is laid out so that
	// the organizations have their full size then, and the silent one fell
	// silent before it; both go on after it.
	Present time.Time `json:"present"`
}

// NewPlan returns the plan of a history that ends at present, a whole minute,
// and began months before it.
func NewPlan(seed uint64, months int, present time.Time) Plan {
	present = present.UTC().Truncate(time.Minute)
	start := present.AddDate(0, -months, 0)
	return Plan{Seed: seed, Start: start.Truncate(24 * time.Hour), Present: present}
}

// Event is one usage event, before it takes the form of an OTLP item.
type Event struct {
	Organization string // "" where a careless client names none
	User         string
	Action       string
	At           time.Time
	// Arrives is when it is exported, at or after At.
	Arrives    time.Time
	Signal     usage.Signal
	UID        string
	Value      int64 // metrics: the delta
	Attributes []Attribute
}

// Attribute of an event: Text, or Number where Text is "".
type Attribute struct {
	Key, Text string
	Number    float64
}

// Events tells what arrives in [from, to), in order of arrival.
func (p Plan) Events(from, to time.Time) iter.Seq[Event] {
	if from.Before(p.Start) {
		from = p.Start
	}
	return func(yield func(Event) bool) {
		if !from.Before(to) {
			return
		}
		organizations := p.cast()
		// An event arrives at most latest after the local day that tells it,
		// and a local day begins up to 14 hours before the UTC day.
		first := from.Truncate(24 * time.Hour).Add(-latest)
		var pending []Event
		for day := first; ; day = day.AddDate(0, 0, 1) {
			for _, o := range organizations {
				pending = o.tell(pending, day.AddDate(0, 0, 1))
			}
			slices.SortStableFunc(pending, func(a, b Event) int {
				return cmp.Or(a.Arrives.Compare(b.Arrives), cmp.Compare(a.UID, b.UID))
			})
			end := day.AddDate(0, 0, 1)
			told := 0
			for _, e := range pending {
				if !e.Arrives.Before(end) {
					break
				}
				told++
				if e.Arrives.Before(from) || e.At.Before(p.Start) {
					continue
				}
				if !e.Arrives.Before(to) || !yield(e) {
					return
				}
			}
			pending = slices.Delete(pending, 0, told)
		}
	}
}

// latest bounds how long after the start of its local day an event arrives:
// a night shift ends on the next day, and a tablet may be offline for hours.
const latest = 3 * 24 * time.Hour

// source returns the random numbers of one stream of one day; equal parts give
// equal numbers.
func (p Plan) source(parts ...uint64) *rand.Rand {
	h := p.Seed
	for _, part := range parts {
		h = mix(h ^ part)
	}
	return rand.New(rand.NewPCG(h, mix(h))) //nolint:gosec // a story has to be the same each time it is told
}

// mix is the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
