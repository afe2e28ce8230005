// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"maps"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
)

// Account is what the catalogue says of an organization's billing: its terms
// and the quotas that have a price, by the names of their meters. Windows and
// deliveries are left to whoever has the statements; the calendar is that of
// the zone and anchor of now.
func (o *Organization) Account() *billing.Account {
	a := &billing.Account{
		Organization: o.ID, ClientID: o.ClientID, Subdomain: o.Subdomain,
		Currency: o.Currency.Code, Digits: o.Currency.Digits,
		Calendar: calendar.New(o.Location, o.AnchorDay),
		Plan:     o.Plan.Type, TermStart: o.Plan.TermStart, TermMonths: o.Plan.TermMonths,
		Subscription: o.Plan.Subscription, Payments: o.Plan.Payments,
	}
	for _, meter := range slices.Sorted(maps.Keys(o.Quotas)) {
		if q := o.Quotas[meter]; q.FlexPrice.Valid {
			a.Quotas = append(a.Quotas, billing.Quota{Meter: meter, Window: q.Window.Kind})
		}
	}
	return a
}
