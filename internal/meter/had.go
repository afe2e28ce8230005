// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Which meters an organization has (SEMANTICS 2): those that its catalogue
// entry names, that it has a quota on, or that ever counted an event of it. Of
// these it has all series, zeros included, of others none.

// Has reports whether the organization has a meter.
func (o *Organization) Has(meter int) bool {
	if o.defs.IsRetired(meter) {
		return false
	}
	return o.meters[meter].counted || meter < len(o.Named) && o.Named[meter] || o.quotas.has(meter)
}

// OfMeter reports whether an effect is on the meter that it names.
func (x *Effect) OfMeter() bool {
	switch x.Kind {
	case usage.Active, usage.StandingOn, usage.StandingOff, usage.Concurrent, usage.Consume:
		return true
	default:
		return false
	}
}

// encodeCounted appends which meters ever counted an event, and which values of
// their breakdowns have a place. Heads of before format 4 end before it.
func (o *Organization) encodeCounted(e *wire.Encoder) {
	e.Uint(uint64(len(o.meters)))
	for i := range o.meters {
		s := &o.meters[i]
		e.Bool(s.counted)
		e.Uint(uint64(len(s.values)))
		for _, v := range s.values {
			v.encodePlaces(e)
		}
	}
}

func (o *Organization) decodeCounted(d *wire.Decoder) {
	for i := range d.Count(1) {
		if i >= len(o.meters) {
			d.Fail()
			return
		}
		s := &o.meters[i]
		s.counted = d.Bool()
		for b := range d.Count(1) {
			var v *values
			if b < len(s.values) {
				v = s.values[b]
			}
			v.decodePlaces(d)
		}
	}
}

func (a *active) hasTraces() (found bool) {
	a.users.each(func(uint32) { found = true })
	return found
}

func (x *consumption) hasTraces() bool { return x.daily.sums.Len() > 0 }

func (x *concurrent) hasTraces() bool {
	if len(x.sessions.recent) > 0 || x.samples.any() || x.hours.frozen.any() {
		return true
	}
	for _, h := range x.hours.open {
		if h.users > 0 {
			return true
		}
	}
	return false
}

// any reports whether there is any peak.
func (p *peaks) any() bool {
	for _, periods := range p.byDate {
		for _, of := range periods {
			if of.max > 0 {
				return true
			}
		}
	}
	return len(p.stairs) > 0
}
