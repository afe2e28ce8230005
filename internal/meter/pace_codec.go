// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// What projections, comparisons and quotas are made of stands behind the
// meters of a head; heads of format 1 end before it.
//
//	days    end, lengths from the last one back
//	quotas  what was set; of each the period and which thresholds are reached
//	meters: count { daily dailyFrom count { window curves } }
//
// Windows are written with their names: a changed configuration may add and
// remove some.

func (o *Organization) encodePace(e *wire.Encoder) {
	o.clock.Days.Encode(e)
	o.quotas.encode(e)
	e.Uint(uint64(len(o.meters)))
	for i := range o.meters {
		s := &o.meters[i]
		if x, ok := s.kind.(*consumption); ok {
			x.daily.encode(e)
			e.Int(int64(x.dailyFrom))
		}
		o.pace.encodeCurves(e, i)
	}
}

func (o *Organization) decodePace(d *wire.Decoder) {
	o.clock.Days = period.Days{}
	o.clock.Days.Decode(d)
	if n := &o.clock.Days; d.Err() != nil || o.clock.AsOf >= n.End || o.clock.AsOf < n.Starts[n.Today()] {
		d.Fail()
		return
	}
	o.quotas.decode(d)
	for i := range d.Count(1) {
		if i >= len(o.meters) {
			d.Fail()
			return
		}
		s := &o.meters[i]
		if x, ok := s.kind.(*consumption); ok {
			x.daily.decode(d)
			x.dailyFrom = period.Minute(d.Int())
			if x.daily.sums.Len() > len(o.clock.Days.Starts) {
				d.Fail()
			}
		}
		o.pace.decodeCurves(d, i)
	}
}

func (p *paces) encodeCurves(e *wire.Encoder, meter int) {
	windows := p.defs.Meters[meter].Windows
	e.Uint(uint64(len(windows)))
	for w, window := range windows {
		e.String(window.String())
		p.curves[meter][w].encode(e)
	}
}

// decodeCurves reads the curves of a meter, whose running periods begin within
// the days that are kept.
func (p *paces) decodeCurves(d *wire.Decoder, meter int) {
	for range d.Count(4) {
		name := d.String()
		var c curves
		if c.decode(d); c.from < p.clock.Days.Starts[0] {
			d.Fail()
			return
		}
		for w, window := range p.defs.Meters[meter].Windows {
			if window.String() == name {
				p.curves[meter][w] = c
			}
		}
	}
}

// beginPace begins to record where a head of format 1 has nothing of it.
func (o *Organization) beginPace() {
	o.clock.Days = period.NewDays(o.clock.Calendar, o.clock.AsOf)
	for i := range o.meters {
		if x, ok := o.meters[i].kind.(*consumption); ok {
			x.dailyFrom = o.clock.AsOf + 1
		}
	}
}
