// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

func (x *concurrent) encode(e *wire.Encoder) {
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

func (x *concurrent) decode(d *wire.Decoder, users int) {
	x.next, x.started, x.outages = d.Int(), d.Int(), nil
	for range d.Count(2) {
		x.outages = append(x.outages, Outage{d.Int(), d.Int()})
	}
	x.latest = sample{uint32(d.Uint()), uint32(d.Uint())}
	x.handover = uint32(d.Uint())
	x.samples.decode(d)
	x.sessions.decode(d, users)
	x.hours.decode(d, users)
}

func (x *concurrent) encodeNets(e *wire.Encoder) {
	e.Int(x.netFrom)
	e.Uint(uint64(x.net))
	e.Uint(uint64(len(x.pending)))
	for _, n := range x.pending {
		e.Uint(uint64(n))
	}
	x.nets.encode(e)
}

func (x *concurrent) decodeNets(d *wire.Decoder) {
	x.netFrom, x.net = d.Int(), uint32(d.Uint())
	for range d.Count(1) {
		x.pending = append(x.pending, uint32(d.Uint()))
	}
	x.nets.decode(d)
}

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

func (x *concurrent) restored(*period.Clock) {}

func (x *concurrent) dirtyPages(func(uint8, uint32, []byte)) {}

func (x *concurrent) restorePage(uint8, uint32, []byte) error { return wire.ErrCorrupt }

func (x *concurrent) adopt(kind) {}
