// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package redo

import (
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

const (
	value      = 3
	key        = 4
	forgetName = 15
)

// Value says that a value of a meter's breakdown took a place, and the next
// number if it never had one.
type Value struct {
	Meter     uint16
	Breakdown int
	Name      string
}

// Append writes the entry.
func (x Value) Append(e *wire.Encoder, organization uint32) {
	begin(e, value, organization)
	e.Uint(uint64(x.Meter))
	e.Uint(uint64(x.Breakdown))
	e.String(x.Name)
}

func (x *Value) decode(d *wire.Decoder) error {
	x.Meter, x.Breakdown, x.Name = uint16(d.Uint()), int(d.Uint()), d.String()
	return nil
}

// Apply implements OfOrganization.
func (x *Value) Apply(o *organization.Organization, _ int64) error {
	o.PlaceValue(x.Meter, x.Breakdown, x.Name)
	return nil
}

// Key says that a key of standing activity took the next number.
type Key struct{ Name string }

// Append writes the entry.
func (x Key) Append(e *wire.Encoder, organization uint32) {
	begin(e, key, organization)
	e.String(x.Name)
}

func (x *Key) decode(d *wire.Decoder) error {
	x.Name = d.String()
	return nil
}

// Apply implements OfOrganization.
func (x *Key) Apply(o *organization.Organization, _ int64) error {
	o.Key(x.Name)
	return nil
}

// ForgetName says that a name was erased from values and keys.
type ForgetName struct{ Name string }

// Append writes the entry.
func (x ForgetName) Append(e *wire.Encoder, organization uint32) {
	begin(e, forgetName, organization)
	e.String(x.Name)
}

func (x *ForgetName) decode(d *wire.Decoder) error {
	x.Name = d.String()
	return nil
}

// Apply implements OfOrganization.
func (x *ForgetName) Apply(o *organization.Organization, _ int64) error {
	o.ForgetName(x.Name)
	return nil
}
