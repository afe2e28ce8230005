// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package redo

import (
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

const (
	open = 2
	zone = 11
)

// Open says that an organization was made, by which zone and billing anchor.
type Open struct {
	Zone   string
	Anchor int
}

// Append writes the entry.
func (x Open) Append(e *wire.Encoder, organization uint32) {
	begin(e, open, organization)
	e.String(x.Zone)
	e.Int(int64(x.Anchor))
}

func (x *Open) decode(d *wire.Decoder) error {
	x.Zone, x.Anchor = d.String(), int(d.Int())
	return nil
}

// Calendar returns the calendar of an organization that has just been made.
func (x *Open) Calendar() (*calendar.Calendar, error) {
	return calendar.FromHistory([]calendar.Entry{{Zone: x.Zone, Anchor: x.Anchor}})
}

// Calendar says that an organization's zone or anchor was changed.
type Calendar struct {
	At int64 // when, ns since 1970
	// To is the newest entry of the calendar's history since then. Its From is
	// not written: when it is read, it is the second of At.
	To calendar.Entry
}

// Append writes the entry.
func (x *Calendar) Append(e *wire.Encoder, organization uint32) {
	begin(e, zone, organization)
	e.Int(x.At)
	e.String(x.To.Zone)
	e.Int(x.To.Code())
}

func (x *Calendar) decode(d *wire.Decoder) error {
	x.At = d.Int()
	x.To = calendar.Entry{From: time.Unix(0, x.At).Unix(), Zone: d.String()}
	x.To.Decode(d.Int())
	return nil
}

// Apply implements OfOrganization.
func (x *Calendar) Apply(o *organization.Organization, _ int64) error {
	changed, err := calendar.FromHistory(append(o.Calendar().History(), x.To))
	if err != nil {
		return err
	}
	o.SetCalendar(changed)
	return nil
}
