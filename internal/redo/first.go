// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package redo

import (
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

const (
	first = 16
)

// First says which item it was that was counted, where it may be a user's first one
// in a period: reports and explanations tell.
type First struct {
	User   uint32
	Time   int64 // of the item, ns since 1970
	Signal usage.Signal
	Action string
	UID    string // as the item has it; "": it has none
	Of     []FirstOf
}

// FirstOf is what a user may count for by an item.
type FirstOf struct {
	Meter   uint16
	Class   uint8
	Version uint8 // of the meter's definition
}

// Append writes the entry.
func (x *First) Append(e *wire.Encoder, organization uint32) {
	begin(e, first, organization)
	e.Uint(uint64(x.User))
	e.Int(x.Time)
	e.Uint(uint64(x.Signal))
	e.String(x.Action)
	e.String(x.UID)
	e.Uint(uint64(len(x.Of)))
	for _, of := range x.Of {
		e.Uint(uint64(of.Meter))
		e.Uint(uint64(of.Class))
		e.Uint(uint64(of.Version))
	}
}

func (x *First) decode(d *wire.Decoder) error {
	x.User, x.Time, x.Signal = uint32(d.Uint()), d.Int(), signal(d)
	x.Action, x.UID, x.Of = d.String(), d.String(), x.Of[:0]
	for range d.Count(3) {
		x.Of = append(x.Of, FirstOf{Meter: uint16(d.Uint()), Class: uint8(d.Uint()), Version: uint8(d.Uint())})
	}
	return nil
}

// Apply implements OfOrganization: no figure depends on which item was the first,
// so an organization keeps nothing of it.
func (x *First) Apply(*organization.Organization, int64) error { return nil }
