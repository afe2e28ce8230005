// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package redo

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// The numbers of entries are written: never change one, and never give one that
// was used before to something else.
const (
	arrival = 1
	collect = 9
	outage  = 10
)

// Arrival says when what follows arrived.
type Arrival struct{ Now int64 } // ns since 1970

// Append writes the entry.
func (x Arrival) Append(e *wire.Encoder) {
	e.Uint(arrival)
	e.Int(x.Now)
}

func (x *Arrival) decode(d *wire.Decoder) error {
	x.Now = d.Int()
	return nil
}

// Collect says that the figures of a minute were collected.
type Collect struct{ At period.Minute }

// Append writes the entry.
func (x Collect) Append(e *wire.Encoder) {
	e.Uint(collect)
	e.Int(int64(x.At))
}

func (x *Collect) decode(d *wire.Decoder) error {
	x.At = period.Minute(d.Int())
	return nil
}

// Recover says that the ledger was down.
type Recover struct{ Outage meter.Outage }

// Append writes the entry.
func (x Recover) Append(e *wire.Encoder) {
	e.Uint(outage)
	e.Int(x.Outage.Down)
	e.Int(x.Outage.Up)
}

func (x *Recover) decode(d *wire.Decoder) error {
	x.Outage = meter.Outage{Down: d.Int(), Up: d.Int()}
	return nil
}
