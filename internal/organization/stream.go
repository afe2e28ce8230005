// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/series"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Completeness (SEMANTICS 8): what came, what became of it, and when a stream
// that used to speak has fallen silent.

const (
	hoursPerWeek = 7 * 24
	// weeksKept are the weeks that silence looks back on, and the running one.
	weeksKept = 5
	// speakingWeeks of the last four must have had items in this hour of the
	// week for its silence to mean something.
	speakingWeeks = 3
	// keptRejects is how many refused items are shown.
	keptRejects = 20
)

// stream is what an organization sent.
type stream struct {
	last     int64 // latest time of a counted event, ns
	arrived  int64 // latest arrival of any item, ns
	hour     int64 // UTC hour since 1970 that hours was last brought to
	heard    int64 // ns up to which arrivals change nothing in hours; 0 for not known
	items    [usage.NumSignals][usage.NumOutcomes]uint64
	rejected []rejection // sorted by meter and reason
	flaws    []flaw      // by meter
	hours    spoken
	rejects  []Reject
}

const hoursKept = weeksKept * hoursPerWeek

// spoken are the last hours, a bit each: whether any item came. An hour has the
// place of the one that lies hoursKept before it.
type spoken [(hoursKept + 63) / 64]uint64

func (s *spoken) has(hour int64) bool {
	at := hour % hoursKept
	return s[at/64]>>(at%64)&1 != 0
}

func (s *spoken) set(hour int64, spoke bool) {
	at := hour % hoursKept
	s[at/64] &^= 1 << (at % 64)
	if spoke {
		s[at/64] |= 1 << (at % 64)
	}
}

// rejection counts items of which a meter could not use its part.
type rejection struct {
	meter  uint16
	reason usage.Reason
	count  uint64
	series *usage.Series
}

// flaw is why a meter's figures are too small, as bits. They are written: never
// change one.
type flaw uint8

const (
	incomplete flaw = 1 << iota // a limit refused users
	sampled                     // a sampler left items out of those that came
)

// Reject is a refused item as it is shown: no ids.
type Reject struct {
	Arrived int64 // ns
	Signal  usage.Signal
	Outcome usage.Outcome
	Reason  usage.Reason
	Action  string
	Unit    usage.TimeUnit // of its time
}

// Count enters what became of items that arrived at now (ns).
func (o *Organization) Count(now int64, signal usage.Signal, outcome usage.Outcome, n uint64) {
	s := &o.stream
	s.items[signal][outcome] += n
	s.arrived = max(s.arrived, now)
	if now >= s.heard {
		s.moveTo(now)
		s.hours.set(s.hour, true)
		s.heard = (s.hour + 1) * 60 * period.NsPerMinute
	}
}

func (s *stream) moveTo(now int64) {
	hour := now / (60 * period.NsPerMinute)
	for h := max(s.hour+1, hour-hoursKept+1); h <= hour; h++ {
		s.hours.set(h, false)
	}
	s.hour = max(s.hour, hour)
}

// silent reports whether nothing came for the given time (ns) although it should.
func (s *stream) silent(at period.Minute, patience int64) bool {
	if s.arrived == 0 || at.Ns()-s.arrived < patience {
		return false
	}
	s.moveTo(at.Ns())
	weeks := 0
	for w := int64(1); w < weeksKept; w++ {
		if h := s.hour - w*hoursPerWeek; h >= 0 && s.hours.has(h) {
			weeks++
		}
	}
	return weeks >= speakingWeeks
}

// Refuse counts a counted item of which a meter could not use its part.
func (o *Organization) Refuse(meter uint16, reason usage.Reason) {
	i, known := slices.BinarySearchFunc(o.stream.rejected, rejection{meter: meter, reason: reason}, func(a, b rejection) int {
		return cmp.Or(cmp.Compare(a.meter, b.meter), cmp.Compare(a.reason, b.reason))
	})
	if !known {
		o.stream.rejected = slices.Insert(o.stream.rejected, i, rejection{meter: meter, reason: reason})
	}
	o.stream.rejected[i].count++
	if reason == usage.ReasonUsers {
		o.MarkIncomplete(meter)
	}
}

// MarkIncomplete says that a limit refused users of this meter.
func (o *Organization) MarkIncomplete(meter uint16) { o.stream.mark(meter, incomplete) }

// MarkSampled says that a sampler left out items like those that this meter
// has counted; it reports whether that is new.
func (o *Organization) MarkSampled(meter uint16) bool { return o.stream.mark(meter, sampled) }

func (s *stream) mark(meter uint16, f flaw) (isNew bool) {
	if s.has(int(meter), f) {
		return false
	}
	if missing := int(meter) + 1 - len(s.flaws); missing > 0 {
		s.flaws = append(s.flaws, make([]flaw, missing)...)
	}
	s.flaws[meter] |= f
	return true
}

func (s *stream) has(meter int, f flaw) bool { return meter < len(s.flaws) && s.flaws[meter]&f != 0 }

// maxActionShown bounds the action's name in a note, in bytes.
const maxActionShown = 200

// Note keeps a refused item to be shown, one for each kind of refusal. The notes of the last minutes are not
// part of what a restart restores.
func (o *Organization) Note(r Reject) {
	for i := range o.stream.rejects {
		if known := &o.stream.rejects[i]; known.Signal == r.Signal && known.Outcome == r.Outcome && known.Reason == r.Reason && known.Action == r.Action && known.Unit == r.Unit {
			known.Arrived = r.Arrived
			return
		}
	}
	r.Action = strings.Clone(r.Action[:min(len(r.Action), maxActionShown)])
	if len(o.stream.rejects) >= keptRejects {
		o.stream.rejects = slices.Delete(o.stream.rejects, 0, 1)
	}
	o.stream.rejects = append(o.stream.rejects, r)
}

// Rejects returns the refused items kept, oldest first.
func (o *Organization) Rejects() []Reject { return slices.Clone(o.stream.rejects) }

// Items returns the number of items by signal and outcome.
func (o *Organization) Items() [usage.NumSignals][usage.NumOutcomes]uint64 { return o.stream.items }

// LastEvent returns the latest time of a counted event in ns, 0 for none.
func (o *Organization) LastEvent() int64 { return o.stream.last }

// Silent reports whether the organization's stream has fallen silent.
func (o *Organization) Silent() bool { return o.stream.silent(o.clock.AsOf, o.defs.Silence) }

func (s *stream) itemFigures(d *Shared, sh *series.Sheet) {
	for signal := range s.items {
		for outcome := usage.Unmatched; int(outcome) < usage.NumOutcomes; outcome++ {
			sh.Add(d.common.items[signal][outcome], float64(s.items[signal][outcome]))
		}
	}
}

func (o *Organization) streamFigures(sh *series.Sheet) {
	s, d := &o.stream, o.defs
	s.itemFigures(d, sh)
	for i := range s.rejected {
		r := &s.rejected[i]
		if d.IsRetired(int(r.meter)) {
			continue
		}
		if r.series == nil {
			r.series = sh.Book.Counter("usage_meter_rejected_total",
				usage.Label{Name: "meter", Value: d.Meters[r.meter].Name}, usage.Label{Name: "reason", Value: string(r.reason)})
		}
		sh.Add(r.series, float64(r.count))
	}
	for i, shown := range d.common.incomplete {
		refused := s.has(i, incomplete)
		if o.Has(i) || refused && !d.IsRetired(i) { // users may be refused by a meter that never counted one
			sh.Add(shown, float64(series.Flag(refused)))
		}
		if o.Has(i) {
			sh.Add(d.common.sampled[i], float64(series.Flag(s.has(i, sampled))))
		}
	}
	if s.last != 0 {
		sh.Add(d.common.lastEvent, float64(s.last)/1e9)
	}
	sh.Add(d.common.silent, float64(series.Flag(s.silent(o.clock.AsOf, d.Silence))))
}

func (s *stream) encode(e *wire.Encoder) {
	for _, outcomes := range s.items {
		for _, n := range outcomes {
			e.Uint(n)
		}
	}
	e.Uint(uint64(len(s.rejected)))
	for _, r := range s.rejected {
		e.Uint(uint64(r.meter))
		e.String(string(r.reason))
		e.Uint(r.count)
	}
	e.Uint(uint64(len(s.flaws)))
	for _, f := range s.flaws {
		e.Uint(uint64(f))
	}
	e.Int(s.last)
	e.Int(s.arrived)
	e.Int(s.hour)
	for h := range int64(hoursKept) {
		e.Bool(s.hours.has(h))
	}
}

func (s *stream) decode(d *wire.Decoder) {
	for signal := range s.items {
		for outcome := range s.items[signal] {
			s.items[signal][outcome] = d.Uint()
		}
	}
	for range d.Count(3) {
		s.rejected = append(s.rejected, rejection{meter: uint16(d.Uint()), reason: usage.Reason(d.String()), count: d.Uint()})
	}
	for range d.Count(1) {
		s.flaws = append(s.flaws, flaw(d.Uint()))
	}
	s.last, s.arrived, s.hour = d.Int(), d.Int(), d.Int()
	for h := range int64(hoursKept) {
		s.hours.set(h, d.Bool())
	}
}
