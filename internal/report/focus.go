// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// focusColumns are those of the FinOps Open Cost and Usage Specification, version
// 1.2 (focus.finops.org), that a charge for software as a service has. Names and
// allowed values are the specification's.
var focusColumns = []Column{
	{Name: "BilledCost", Type: Number},
	{Name: "BillingAccountId"}, {Name: "BillingAccountName"},
	{Name: "BillingCurrency"},
	{Name: "BillingPeriodStart", Type: Instant}, {Name: "BillingPeriodEnd", Type: Instant},
	{Name: "ChargeCategory"}, {Name: "ChargeClass"}, {Name: "ChargeDescription"}, {Name: "ChargeFrequency"},
	{Name: "ChargePeriodStart", Type: Instant}, {Name: "ChargePeriodEnd", Type: Instant},
	{Name: "ConsumedQuantity", Type: Number}, {Name: "ConsumedUnit"},
	{Name: "ContractedCost", Type: Number}, {Name: "ContractedUnitPrice", Type: Number},
	{Name: "EffectiveCost", Type: Number},
	{Name: "InvoiceIssuerName"},
	{Name: "ListCost", Type: Number}, {Name: "ListUnitPrice", Type: Number},
	{Name: "PricingCategory"}, {Name: "PricingQuantity", Type: Number}, {Name: "PricingUnit"},
	{Name: "ProviderName"}, {Name: "PublisherName"},
	{Name: "ServiceCategory"}, {Name: "ServiceName"},
	{Name: "SkuId"}, {Name: "SkuPriceId"},
	{Name: "SubAccountId"}, {Name: "SubAccountName"},
}

// Focus makes the billing report in the columns of FOCUS, as a report with one
// table for a format of tables: a row a subscription, a row a billing window
// with what it used and what its overage costs, and a row an adjustment, which
// is a correction. All costs are the billed ones, since a plan's price is the
// contract's.
func Focus(in *Input) *Report {
	b := newBuilder(in)
	b.r.Main = "focus"
	var rows [][]Cell
	for i := range in.Organizations {
		o := &in.Organizations[i]
		if o.Bill == nil {
			continue
		}
		for j := range o.Bill.Rows {
			r := &o.Bill.Rows[j]
			if r.Subscription.Sign() != 0 || r.Meter == "" {
				rows = append(rows, b.focus(o, r.ClientID, &focusCharge{
					category: "Purchase", frequency: "Recurring", description: "Subscription", service: "Subscription",
					period: o.Period, cost: r.Subscription, price: r.Subscription, quantity: decimal.NewFromInt(1), unit: "Months",
				}))
			}
			if r.Meter != "" {
				unit, _ := b.unit(o, r.Meter)
				rows = append(rows, b.focus(o, r.ClientID, &focusCharge{
					category: "Usage", frequency: "Usage-Based", description: "Use above the committed amount of " + in.Titles.Meter(r.Meter), service: in.Titles.Meter(r.Meter), sku: r.Meter,
					period: r.Period, cost: r.Amount, price: r.Price, quantity: decimalOf(r.Charged).Mul(decimalOfInt(r.Windows)), unit: unit, consumed: new(consumed(r)),
				}))
			}
		}
		for j := range o.Bill.Adjustments {
			a := &o.Bill.Adjustments[j]
			unit, _ := b.unit(o, a.Meter)
			clientID := ""
			if len(o.Bill.Rows) > 0 {
				clientID = o.Bill.Rows[0].ClientID
			}
			rows = append(rows, b.focus(o, clientID, &focusCharge{
				category: "Usage", class: "Correction", frequency: "Usage-Based", description: "Correction of what was billed of " + in.Titles.Meter(a.Meter), service: in.Titles.Meter(a.Meter), sku: a.Meter,
				period: a.Period, cost: a.Amount, price: a.Is.Price, unit: unit,
				quantity: decimalOf(a.Is.Charged).Mul(decimalOfInt(a.Is.Windows)).Sub(decimalOf(a.Was.Charged).Mul(decimalOfInt(a.Was.Windows))),
			}))
		}
	}
	b.add(Section{Name: "focus", Title: "FOCUS", Columns: focusColumns, Rows: Listed(rows)})
	b.mark("x_Incomplete")
	return b.r
}

// consumed is what a quota counts of a row.
func consumed(r *billing.Row) wide.Int {
	if len(r.Classes) == 0 {
		return r.Active
	}
	var n wide.Int
	for _, c := range r.Classes {
		if c.Billable {
			n = n.Add(wide.Product(c.Users, usage.Micro))
		}
	}
	return n
}

// focusCharge is what differs from row to row.
type focusCharge struct {
	category, class, frequency, description, service, sku, unit string
	period                                                      calendar.Period
	cost, price, quantity                                       decimal.Decimal
	consumed                                                    *wide.Int // nil: nothing
}

func (b *builder) focus(o *Organization, clientID string, c *focusCharge) []Cell {
	d := func(n decimal.Decimal) Cell { return Cell{Text: n.String()} }
	cost := Cell{Text: c.cost.StringFixed(o.Bill.Digits)}
	account := clientID
	if account == "" {
		account = o.ID
	}
	at := func(p calendar.Period) []Cell { return []Cell{{At: p.Start.UTC()}, {At: p.End.UTC()}} }
	used, usedUnit := Cell{}, Cell{}
	if c.consumed != nil {
		used, usedUnit = amount(*c.consumed, ""), text(c.unit)
	}
	category := "Business Applications" // of the closed list of the specification
	if c.sku == "" {
		c.sku = "subscription"
	}
	issuer := text(b.in.Issuer)
	return slices.Concat(
		[]Cell{cost, text(account), text(o.Name), text(o.Bill.Currency)}, at(o.Period),
		[]Cell{text(c.category), text(c.class), text(c.description), text(c.frequency)}, at(c.period),
		[]Cell{used, usedUnit, cost, d(c.price), cost, issuer, cost, d(c.price), text("Standard"), d(c.quantity), text(c.unit), issuer, issuer, text(category), text(c.service)},
		[]Cell{text(c.sku), text(c.sku), text(o.ID), text(o.Name)},
	)
}
