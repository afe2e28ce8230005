// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/billing"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// maxTermMonths is more than any contract.
const maxTermMonths = 1200

func (c *checker) plan(at place, text *planText, currency string) Plan {
	p := Plan{Type: billing.Plan(text.Type)}
	if p.Type != "" && p.Type != billing.Traditional && p.Type != billing.Fair {
		c.refuse(append(at, "type"), text.Type, "unknown plan; use %s or %s", billing.Traditional, billing.Fair)
	}
	c.term(at, text, &p)
	p.Subscription = c.price(append(at, "subscription"), text.Subscription, currency)
	p.Payments = c.payments(append(at, "payments"), text.Payments)
	return p
}

func (c *checker) payments(at place, texts map[string]string) map[billing.Month]string {
	if len(texts) == 0 {
		return nil
	}
	payments := make(map[billing.Month]string, len(texts))
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		month, err := billing.ParseMonth(text)
		if err != nil {
			c.add(c.line(append(at, text)), "%s: no month; write it as 2026-10", append(at, text))
		}
		if texts[text] == "" {
			c.missing(append(at, text), "say what became of the payment, as paid")
		}
		payments[month] = texts[text]
	}
	return payments
}

func (c *checker) term(at place, text *planText, p *Plan) {
	if text.TermStart != "" {
		var err error
		if p.TermStart, err = usage.ParseDate(text.TermStart); err != nil {
			c.refuse(append(at, "term_start"), text.TermStart, "no date; write it as 2026-01-31")
		}
	} else if p.Type == billing.Fair {
		c.missing(append(at, "term_start"), "a %s plan prorates over its term: name the day that the first began on, as 2026-01-01", billing.Fair)
	}
	switch {
	case text.TermMonths == nil && p.Type == billing.Fair:
		c.missing(append(at, "term_months"), "a %s plan prorates over its term: name its length, as 12", billing.Fair)
	case text.TermMonths == nil:
	case *text.TermMonths < 1 || *text.TermMonths > maxTermMonths:
		c.refuse(append(at, "term_months"), *text.TermMonths, "no length of a term; use 1 to %d", maxTermMonths)
	default:
		p.TermMonths = *text.TermMonths
	}
}

// price reads an amount of money; nil: none.
func (c *checker) price(at place, text *string, currency string) decimal.NullDecimal {
	if text == nil {
		return decimal.NullDecimal{}
	}
	d, err := amount(*text, maxPrice)
	if err != nil {
		c.refuse(at, *text, err.Error())
		return decimal.NullDecimal{}
	}
	if currency == "" {
		c.refuse(at, *text, "a price of no currency; set %s, as EUR", append(slices.Clone(at[:2]), "currency"))
	}
	return decimal.NewNullDecimal(d)
}
