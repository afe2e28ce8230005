// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
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
	return o.meters[meter].Ever || meter < len(o.Named) && o.Named[meter] || o.quotas.Has(meter)
}

// encodeCounted appends which meters ever counted an event, and which values of
// their breakdowns have a place. Heads of before format 4 end before it.
func (o *Organization) encodeCounted(e *wire.Encoder) {
	e.Uint(uint64(len(o.meters)))
	for i := range o.meters {
		s := &o.meters[i]
		e.Bool(s.Ever)
		e.Uint(uint64(len(s.values)))
		for b := range s.values {
			s.values[b].EncodePlaces(e)
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
		if s.Ever = d.Bool(); s.Ever {
			s = o.made(uint16(i))
		}
		for b := range d.Count(1) {
			var v *meter.Values
			if b < len(s.values) {
				v = &s.values[b]
			}
			v.DecodePlaces(d)
		}
	}
}
