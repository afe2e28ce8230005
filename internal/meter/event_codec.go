// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// OfMeter reports whether an effect is on the meter that it names.
func (x *Effect) OfMeter() bool {
	switch x.Kind {
	case usage.Active, usage.StandingOn, usage.StandingOff, usage.Concurrent, usage.Consume:
		return true
	default:
		return false
	}
}

// Clone returns a copy that shares no memory with the event.
func (ev *Event) Clone() Event {
	c := *ev
	c.Effects = slices.Clone(ev.Effects)
	for i := range c.Effects {
		c.Effects[i].Dims = slices.Clone(c.Effects[i].Dims)
		c.Effects[i].Averages = slices.Clone(c.Effects[i].Averages)
	}
	return c
}

// Encode appends an event as it is written down.
func (ev *Event) Encode(e *wire.Encoder) {
	e.Int(ev.Time)
	e.Uint(uint64(ev.User + 1))
	e.Uint(uint64(len(ev.Effects)))
	for i := range ev.Effects {
		ev.Effects[i].encode(e)
	}
}

func (x *Effect) encode(e *wire.Encoder) {
	e.Uint(uint64(x.Kind))
	switch x.Kind {
	case usage.Lifecycle:
		e.Uint(uint64(x.Status))
	case usage.Alias, usage.Respelled:
		e.Uint(uint64(x.Key))
	case usage.StandingOn, usage.StandingOff:
		e.Uint(uint64(x.Meter))
		e.Uint(uint64(x.Class))
		e.Uint(uint64(x.Key))
	case usage.Concurrent:
		e.Uint(uint64(x.Meter))
		e.Uint(uint64(x.Roles))
	case usage.Active:
		e.Uint(uint64(x.Meter))
		e.Uint(uint64(x.Class))
		x.encodeDims(e)
	case usage.Consume:
		e.Uint(uint64(x.Meter))
		e.Int(x.Value)
		e.Bool(x.ByUser)
		x.encodeDims(e)
		e.Uint(uint64(len(x.Averages)))
		for _, a := range x.Averages {
			e.Bool(a.Set)
			e.Int(a.Value)
		}
	case usage.Rejected:
	}
}

func (x *Effect) encodeDims(e *wire.Encoder) {
	e.Uint(uint64(len(x.Dims)))
	for _, d := range x.Dims {
		e.Uint(uint64(d))
	}
}

// Decode reads an event into ev, reusing its memory.
func (ev *Event) Decode(d *wire.Decoder) error {
	ev.Time = d.Int()
	ev.User = uint32(d.Uint()) - 1
	n := d.Count(2)
	ev.Effects = slices.Grow(ev.Effects[:0], n)[:n]
	for i := range ev.Effects {
		ev.Effects[i].decode(d)
	}
	return d.Err()
}

func (x *Effect) decode(d *wire.Decoder) {
	*x = Effect{Kind: usage.EffectKind(d.Uint()), Dims: x.Dims[:0], Averages: x.Averages[:0]}
	switch x.Kind {
	case usage.Lifecycle:
		x.Status = usage.Status(d.Uint() % uint64(usage.NumStatuses))
	case usage.Alias, usage.Respelled:
		x.Key = uint32(d.Uint())
	case usage.StandingOn, usage.StandingOff:
		x.Meter, x.Class, x.Key = uint16(d.Uint()), uint8(d.Uint()), uint32(d.Uint())
	case usage.Concurrent:
		x.Meter, x.Roles = uint16(d.Uint()), usage.Roles(d.Uint())
	case usage.Active:
		x.Meter, x.Class = uint16(d.Uint()), uint8(d.Uint())
		x.decodeDims(d)
	case usage.Consume:
		x.Meter, x.Value, x.ByUser = uint16(d.Uint()), d.Int(), d.Bool()
		x.decodeDims(d)
		for range d.Count(2) {
			x.Averages = append(x.Averages, usage.Average{Set: d.Bool(), Value: d.Int()})
		}
	default:
		d.Fail()
	}
}

func (x *Effect) decodeDims(d *wire.Decoder) {
	for range d.Count(1) {
		x.Dims = append(x.Dims, uint32(d.Uint()))
	}
}

// Redefine makes an effect that is still held one of changed definitions: new
// breakdowns have no value in it, averages have other numbers.
func (x *Effect) Redefine(old, d *Definitions) {
	if x.Kind != usage.Active && x.Kind != usage.Consume {
		return
	}
	was, is := &old.Meters[x.Meter], &d.Meters[x.Meter]
	x.Dims = append(x.Dims, make([]uint32, max(0, len(is.Breakdowns)-len(x.Dims)))...) // noValue
	averages := make([]usage.Average, 0, len(is.Averages))
	for i := range is.Averages {
		a := usage.Average{}
		if n := slices.IndexFunc(was.Averages, func(of usage.AverageOf) bool { return of.Name == is.Averages[i].Name }); n >= 0 && n < len(x.Averages) {
			a = x.Averages[n]
		}
		averages = append(averages, a)
	}
	x.Averages = averages
}
