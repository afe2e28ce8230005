// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/redo"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// A statement has the limit and price that were in force when its period
// ended, which is some time before it is made. So what the catalogue says of
// them is written down when it changes.

// agreed is what the catalogue says of an organization's quota on a window of
// which there are statements.
func (b *book) agreed(entry *catalogue.Organization, m *usage.Meter) (usage.Kind, *closing.Terms) {
	if entry == nil {
		return 0, nil
	}
	q, found := entry.Quotas[m.Name]
	if !found || q.Window.Kind < usage.Day || q.Window.Kind >= usage.Rolling {
		return 0, nil
	}
	t := &closing.Terms{Limit: q.Limit}
	if q.FlexPrice.Valid {
		t.Price, t.Currency = q.FlexPrice.Decimal.String(), entry.Currency.Code
	}
	return q.Window.Kind, t
}

// agree brings an organization's terms to what the catalogue says.
func (b *book) agree(o *org) {
	if o.ID == usage.NoOrganization {
		return
	}
	entry, _ := b.settings.Catalogue.Lookup(o.ID)
	for i := range b.defs.Meters {
		m := uint16(i)
		kind, terms := b.agreed(entry, &b.defs.Meters[i])
		oldKind, old := o.Terms(m)
		if kind == oldKind && (terms == old || terms != nil && old != nil && *terms == *old) {
			continue
		}
		b.advance(o)
		redo.Terms{Meter: m, Window: kind, Terms: terms}.Append(&b.pending.entries, o.Number)
		o.SetTerms(m, kind, terms)
	}
}
