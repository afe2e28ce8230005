// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
)

// Account is what the catalogue says of an organization's billing: its terms.
// Quotas, with their windows, and deliveries are left to whoever has the
// statements, which know the prices that were in force; the calendar is that of
// the zone and anchor of now.
func (o *Organization) Account() *billing.Account {
	return &billing.Account{
		Organization: o.ID, ClientID: o.ClientID, Subdomain: o.Subdomain,
		Currency: o.Currency.Code, Digits: o.Currency.Digits,
		Calendar: calendar.New(o.Location, o.AnchorDay),
		Plan:     o.Plan.Type, TermStart: o.Plan.TermStart, TermMonths: o.Plan.TermMonths,
		Subscription: o.Plan.Subscription, Payments: o.Plan.Payments,
	}
}
