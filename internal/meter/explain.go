// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// How a figure comes about.

// DefinitionIn returns which version of a meter's definition a span is counted
// by: the one in force now while it runs, else immediately before its end.
func (o *Organization) DefinitionIn(meter int, s Span) int {
	at := o.clock.AsOf
	if back, ok := o.PeriodOf(s); ok && back > 0 {
		at = s.End - 1
	}
	v := 0
	for i, version := range o.defs.Meters[meter].Versions {
		if i > 0 && period.MinuteOf(o.clock.Calendar.StartOf(version.EffectiveFrom)) <= at {
			v = i
		}
	}
	return v
}

// ClassUsers are the users that count in a class, by its number.
type ClassUsers struct {
	Class uint8
	Users int64
}

// ClassesIn returns the users of a span by class, in the order in which classes
// are judged.
func (o *Organization) ClassesIn(meter int, s Span) (classes []ClassUsers) {
	a := o.meters[meter].kind.(*active)
	if s.Window.Kind == usage.Rolling {
		before, rolling := int64(0), a.rolling(s.Window)
		for n, class := range a.rules[a.version].order {
			count := a.total.prefix[n][rolling].count
			classes = append(classes, ClassUsers{class, count - before})
			before = count
		}
		return classes
	}
	back, _ := o.PeriodOf(s)
	counts := a.total.periods[s.Window.Kind][back*a.total.width:]
	for _, class := range a.rulesOf(&o.clock, s.Window.Kind, back).order {
		classes = append(classes, ClassUsers{class, counts[class]})
	}
	return classes
}

// rolling returns the place of a rolling window among those of the meter.
func (a *active) rolling(w usage.Window) (n int) {
	for _, other := range a.def.Windows {
		switch {
		case other == w:
			return n
		case other.Kind == usage.Rolling:
			n++
		}
	}
	return n
}

// SumIn returns the sum and the number of events of a span.
func (o *Organization) SumIn(meter int, s Span) (sum, events wide.Int) {
	x := o.meters[meter].kind.(*consumption)
	back, _ := o.PeriodOf(s)
	w := &x.layout.windows[o.windowAt(meter, s.Window)]
	return x.total.sum(&x.layout, w, back), x.total.cells.At(x.layout.place(w, back) + eventsColumn)
}

// Peak is the largest of some counts, and how many of them equal it.
type Peak struct{ Max, Hits uint32 }

// Peaks are those of a span.
type Peaks struct {
	Samples, Net, Hours Peak
	// NetKnown tells whether all samples have a hand-over.
	NetKnown bool
	// Busiest are the starts of the hours that equal the peak of hours and may
	// still be revised; of others it is not known when they were.
	Busiest []period.Minute
}

// PeaksIn returns the peaks of a span.
func (o *Organization) PeaksIn(meter int, s Span) (p Peaks) {
	x, w := o.meters[meter].kind.(*concurrent), o.windowAt(meter, s.Window)
	back, _ := o.PeriodOf(s)
	samples, nets, hours := x.samples.peak(&o.clock, w, back), x.nets.peak(&o.clock, w, back), x.hours.peak(&o.clock, w, back)
	p.Samples, p.Net, p.Hours = Peak{samples.max, samples.hits}, Peak{nets.max, nets.hits}, Peak{hours.max, hours.hits}
	p.NetKnown = x.netsKnown(&o.clock, s.Window, back)
	first, last := x.hours.among(s)
	for i := first - x.hours.first; i <= last-x.hours.first; i++ {
		if of := x.hours.open[i]; of.users > 0 && of.users == hours.max {
			p.Busiest = append(p.Busiest, of.start)
		}
	}
	return p
}

// Acted is what a class has of a user in a span.
type Acted struct {
	Class    uint8
	Action   bool  // a qualifying action
	Standing int64 // since when a standing activity was on that touches the span, ns; 0: none
	Key      string
	Requires usage.Status // NoStatus: nothing
}

// ActedIn returns what each class of a meter of active users has of a user in a
// span, in the order in which classes are judged. Classes of which there is
// nothing are left out.
func (o *Organization) ActedIn(meter int, root uint32, s Span) (all []Acted) {
	a, p := o.meters[meter].kind.(*active), o.users.persons.of(root)
	r := a.users.current(&o.clock, root, nil)
	rs := &a.rules[o.DefinitionIn(meter, s)]
	for _, class := range rs.order {
		acted, stood := a.inSpan(&o.clock, r, p, class, s)
		if !acted && !stood {
			continue
		}
		of := Acted{Class: class, Action: acted, Requires: rs.requires[class]}
		if stood {
			of.Standing, of.Key = o.standsSince(a.number, p, class, s)
		}
		all = append(all, of)
	}
	return all
}

// standsSince returns when the earliest standing activity of a class was
// switched on that touches a span, and its key.
func (o *Organization) standsSince(meter uint16, p *person, class uint8, s Span) (since int64, key string) {
	since = math.MaxInt64
	for i, on := range p.switches {
		only := person{switches: p.switches[i:min(i+2, len(p.switches))]}
		if on.meter == meter && on.class == class && !on.off && on.at < since && only.standsIn(meter, class, s.Start, s.End+1) {
			since, key = on.at, o.keys.names[on.key]
		}
	}
	return since, key
}

// Allowance is a quota and what is held against it at the organization's minute.
type Allowance struct {
	Quota
	Used    wide.Int
	Reached []bool // by threshold, as the last collection found it
}

// AllowanceOn returns the quota on a meter's window; ok is false where there is
// none.
func (o *Organization) AllowanceOn(meter int, w usage.Window) (a Allowance, ok bool) {
	q := o.quotas.on(meter, w)
	if q == nil {
		return a, false
	}
	at := o.windowAt(meter, w)
	if at < 0 {
		return a, false
	}
	return Allowance{Quota: q.Quota, Used: o.meters[meter].used(&o.clock, at, 0), Reached: append([]bool(nil), q.reached...)}, true
}

// Flaws tells why a meter's figures may be too small: a limit refused users, a
// sampler left items out.
func (o *Organization) Flaws(meter int) (refused, left bool) {
	return o.stream.has(meter, incomplete), o.stream.has(meter, sampled)
}
