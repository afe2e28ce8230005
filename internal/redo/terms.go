// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package redo

import (
	"fmt"

	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/organization"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

const (
	quotas = 12
	terms  = 13
)

// Quotas are all that an organization has from now on.
type Quotas struct{ Quotas []quota.Quota }

// Append writes the entry.
func (x Quotas) Append(e *wire.Encoder, organization uint32) {
	begin(e, quotas, organization)
	quota.EncodeQuotas(e, x.Quotas)
}

func (x *Quotas) decode(d *wire.Decoder) error {
	x.Quotas = quota.DecodeQuotas(d)
	return nil
}

// Apply implements OfOrganization.
func (x *Quotas) Apply(o *organization.Organization, _ int64) error {
	o.SetQuotas(x.Quotas)
	return nil
}

// Terms are those of a quota on a meter's calendar window, nil where there is
// none any more.
type Terms struct {
	Meter  uint16
	Window usage.Kind
	Terms  *closing.Terms
}

// Append writes the entry.
func (x Terms) Append(e *wire.Encoder, organization uint32) {
	begin(e, terms, organization)
	e.Uint(uint64(x.Meter))
	e.Uint(uint64(x.Window))
	x.Terms.Encode(e)
}

func (x *Terms) decode(d *wire.Decoder) error {
	x.Meter, x.Window, x.Terms = uint16(d.Uint()), usage.Kind(d.Uint()), closing.DecodeTerms(d)
	if x.Window >= usage.Rolling {
		return fmt.Errorf("terms on a window of unknown kind %d", x.Window)
	}
	return nil
}

// Apply implements OfOrganization.
func (x *Terms) Apply(o *organization.Organization, _ int64) error {
	o.SetTerms(x.Meter, x.Window, x.Terms)
	return nil
}
