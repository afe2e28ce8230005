// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package concurrent

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Encode appends outages, samples, sessions and hours; see EncodeNets for the rest.
func (x *Meter) Encode(e *wire.Encoder) {
	e.Int(x.next)
	e.Int(x.started)
	e.Uint(uint64(len(x.outages)))
	for _, o := range x.outages {
		e.Int(o.Down)
		e.Int(o.Up)
	}
	e.Uint(uint64(x.latest.active))
	e.Uint(uint64(x.latest.idle))
	e.Uint(uint64(x.handover))
	x.samples.encode(e)
	x.sessions.encode(e)
	x.hours.encode(e)
}

// Decode reads what Encode wrote.
func (x *Meter) Decode(d *wire.Decoder, users int) {
	x.next, x.started, x.outages = d.Int(), d.Int(), nil
	for range d.Count(2) {
		x.outages = append(x.outages, meter.Outage{Down: d.Int(), Up: d.Int()})
	}
	x.latest = sample{uint32(d.Uint()), uint32(d.Uint())}
	x.handover = uint32(d.Uint())
	x.samples.decode(d)
	x.sessions.decode(d, users)
	x.hours.decode(d, users)
}

// EncodeNets appends what is known of samples less their hand-over.
func (x *Meter) EncodeNets(e *wire.Encoder) {
	e.Int(x.netFrom)
	e.Uint(uint64(x.net))
	e.Uint(uint64(len(x.pending)))
	for _, n := range x.pending {
		e.Uint(uint64(n))
	}
	x.nets.encode(e)
}

// DecodeNets reads what EncodeNets wrote.
func (x *Meter) DecodeNets(d *wire.Decoder) {
	x.netFrom, x.net = d.Int(), uint32(d.Uint())
	for range d.Count(1) {
		x.pending = append(x.pending, uint32(d.Uint()))
	}
	x.nets.decode(d)
}

// BeginNets begins to find hand-overs with the next sample. What a head of before
// format 5 has of the last one is a figure of another definition.
func (x *Meter) BeginNets() { x.netFrom, x.handover = x.next, 0 }

// HasTraces reports whether anybody was there.
func (x *Meter) HasTraces() bool {
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

// Restored builds the table by which a user's sessions are found.
func (x *Meter) Restored(*period.Clock) { x.sessions.restored() }

// RestorePage fails: there never were pages of concurrent users.
func (x *Meter) RestorePage(*period.Clock, uint8, uint32, []byte) error { return wire.ErrCorrupt }
