// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package redo

import (
	"encoding/binary"
	"errors"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

const (
	event      = 5
	count      = 6
	refuse     = 7
	incomplete = 8
	sampled    = 14
)

// Event is an item that was counted.
type Event struct {
	Signal usage.Signal
	Event  meter.Event
	// UID is the key by which duplicates of the item are found, where Summed:
	// sets count an item once by nature and keep none.
	UID    usage.UID
	Summed bool
}

// Append writes the entry.
func (x *Event) Append(e *wire.Encoder, organization uint32) {
	begin(e, event, organization)
	e.Uint(uint64(x.Signal))
	x.Event.Encode(e)
	e.Bool(x.Summed)
	if x.Summed {
		e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, x.UID[0])
		e.Bytes = binary.LittleEndian.AppendUint64(e.Bytes, x.UID[1])
	}
}

func (x *Event) decode(d *wire.Decoder) error {
	x.Signal = signal(d)
	if err := x.Event.Decode(d); err != nil {
		return err
	}
	x.UID = usage.UID{}
	if x.Summed = d.Bool(); !x.Summed {
		return nil
	}
	if len(d.Bytes) < 16 {
		return errors.New("uid is cut short")
	}
	x.UID = usage.UID{binary.LittleEndian.Uint64(d.Bytes), binary.LittleEndian.Uint64(d.Bytes[8:])}
	d.Bytes = d.Bytes[16:]
	return nil
}

// Apply implements OfOrganization.
func (x *Event) Apply(o *organization.Organization, now int64) error {
	o.Count(now, x.Signal, usage.Counted, 1)
	o.Apply(&x.Event)
	return nil
}

// Count is an item that no meter took.
type Count struct {
	Signal  usage.Signal
	Outcome usage.Outcome
}

// Append writes the entry.
func (x Count) Append(e *wire.Encoder, organization uint32) {
	begin(e, count, organization)
	e.Uint(uint64(x.Signal))
	e.Uint(uint64(x.Outcome))
}

func (x *Count) decode(d *wire.Decoder) error {
	x.Signal, x.Outcome = signal(d), usage.Outcome(below(d, usage.NumOutcomes))
	return nil
}

// Apply implements OfOrganization.
func (x *Count) Apply(o *organization.Organization, now int64) error {
	o.Count(now, x.Signal, x.Outcome, 1)
	return nil
}

func signal(d *wire.Decoder) usage.Signal { return usage.Signal(below(d, usage.NumSignals)) }

// below reads a number that is less than n.
func below(d *wire.Decoder, n int) uint64 {
	v := d.Uint()
	if v >= uint64(n) {
		d.Fail()
		return 0
	}
	return v
}

// Refuse is a part of a counted item that a meter could not use.
type Refuse struct {
	Meter  uint16
	Reason usage.Reason
}

// Append writes the entry.
func (x Refuse) Append(e *wire.Encoder, organization uint32) {
	begin(e, refuse, organization)
	e.Uint(uint64(x.Meter))
	e.String(string(x.Reason))
}

func (x *Refuse) decode(d *wire.Decoder) error {
	x.Meter, x.Reason = uint16(d.Uint()), usage.Reason(d.String())
	return nil
}

// Apply implements OfOrganization.
func (x *Refuse) Apply(o *organization.Organization, _ int64) error {
	o.Refuse(x.Meter, x.Reason)
	return nil
}

// Incomplete says that a limit has kept users from a meter.
type Incomplete struct{ Meter uint16 }

// Append writes the entry.
func (x Incomplete) Append(e *wire.Encoder, organization uint32) {
	begin(e, incomplete, organization)
	e.Uint(uint64(x.Meter))
}

func (x *Incomplete) decode(d *wire.Decoder) error {
	x.Meter = uint16(d.Uint())
	return nil
}

// Apply implements OfOrganization.
func (x *Incomplete) Apply(o *organization.Organization, _ int64) error {
	o.MarkIncomplete(x.Meter)
	return nil
}

// Sampled says that a meter counted what a sampler let through.
type Sampled struct{ Meter uint16 }

// Append writes the entry.
func (x Sampled) Append(e *wire.Encoder, organization uint32) {
	begin(e, sampled, organization)
	e.Uint(uint64(x.Meter))
}

func (x *Sampled) decode(d *wire.Decoder) error {
	x.Meter = uint16(d.Uint())
	return nil
}

// Apply implements OfOrganization.
func (x *Sampled) Apply(o *organization.Organization, _ int64) error {
	o.MarkSampled(x.Meter)
	return nil
}
