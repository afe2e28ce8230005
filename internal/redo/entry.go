// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package redo

import (
	"errors"
	"fmt"
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// Entry is one change of state: a pointer to one of the types of this package.
type Entry interface{ decode(d *wire.Decoder) error }

// OfOrganization is an entry that changes one organization and nothing else.
type OfOrganization interface {
	Entry
	// Apply makes the change again. now (ns since 1970) is the arrival that the
	// entry belongs to; the organization's time has been moved to it.
	Apply(o *organization.Organization, now int64) error
}

// Reading is memory that entries are read into, one at a time. Those of which
// there are many allocate nothing: they use what the one before has left. The
// zero Reading is ready; it must not be copied once it has been used.
type Reading struct {
	// Entry is what was read last; it is valid until the next Read.
	Entry Entry
	// Organization is the number of the one that Entry is of, 0 for entries of
	// the ledger.
	Organization uint32

	arrival Arrival
	event   Event
	count   Count
	first   First
}

// Read reads the next entry.
func (r *Reading) Read(d *wire.Decoder) error {
	number := d.Uint()
	if err := d.Err(); err != nil {
		return err
	}
	if r.Entry = r.blank(number); r.Entry == nil {
		return fmt.Errorf("entry of unknown kind %d", number)
	}
	r.Organization = 0
	switch r.Entry.(type) {
	case *Arrival, *Collect, *Recover:
	default:
		of := d.Uint()
		if of > math.MaxUint32 {
			return fmt.Errorf("entry of kind %d is of organization %d, more than there can be", number, of)
		}
		r.Organization = uint32(of)
	}
	return errors.Join(r.Entry.decode(d), d.Err())
}

// blank returns an entry of a kind, nil where there is no such kind.
func (r *Reading) blank(number uint64) Entry {
	switch number {
	case arrival:
		return &r.arrival
	case open:
		return &Open{}
	case value:
		return &Value{}
	case key:
		return &Key{}
	case event:
		return &r.event
	case count:
		return &r.count
	case refuse:
		return &Refuse{}
	case incomplete:
		return &Incomplete{}
	case collect:
		return &Collect{}
	case outage:
		return &Recover{}
	case zone:
		return &Calendar{}
	case quotas:
		return &Quotas{}
	case terms:
		return &Terms{}
	case sampled:
		return &Sampled{}
	case forgetName:
		return &ForgetName{}
	case first:
		return &r.first
	}
	return nil
}

// begin appends what every entry of an organization begins with.
func begin(e *wire.Encoder, number uint64, organization uint32) {
	e.Uint(number)
	e.Uint(uint64(organization))
}
