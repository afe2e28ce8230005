// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package billing

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Charge is what a window costs by the statement versions of an instant.
type Charge struct {
	// Flex is the overage: used above the limit, in millionths.
	Flex wide.Int
	// Charged is the part of Flex that this window is charged for: on a fair
	// plan what exceeds the highest flex of the term's earlier windows.
	Charged wide.Int
	// Windows is how many windows Charged is paid for: on a fair plan those
	// that remain of the term, this one included.
	Windows int
	Price   decimal.Decimal
	// Amount is Charged x Price x Windows in the currency's minor unit.
	Amount decimal.Decimal
}

// charges returns what each window of a quota costs by the versions that are
// current at an instant. A window that has none then, or that ends before the
// first term begins, costs nothing and counts for no other.
func (a *Account) charges(q *Quota, at time.Time) []Charge {
	charges := make([]Charge, len(q.Windows))
	term := a.firstTerm(q.Window)
	var none, mark wide.Int // mark is the highest flex of the term with the number marked
	marked := -1
	for i := range q.Windows {
		w, c := &q.Windows[i], &charges[i]
		v := w.at(at)
		number, remaining := term.position(w.Period)
		if v == nil {
			continue
		}
		c.Flex, c.Price = v.Used.Sub(w.Limit).Max(none), w.Price
		if number < 0 {
			continue
		}
		switch a.Plan {
		case Traditional:
			c.Charged, c.Windows = c.Flex, 1
		case Fair:
			if number != marked {
				mark, marked = none, number
			}
			c.Charged, c.Windows = c.Flex.Sub(mark).Max(none), remaining
			mark = mark.Max(c.Flex)
		}
		c.Amount = a.money(whole(c.Charged).Mul(c.Price).Mul(decimal.New(int64(c.Windows), 0)))
	}
	return charges
}

// money rounds an amount half-even to the currency's minor unit.
func (a *Account) money(amount decimal.Decimal) decimal.Decimal {
	return amount.RoundBank(a.Digits)
}

// whole returns millionths as a number of wholes.
func whole(millionths wide.Int) decimal.Decimal { return decimal.NewFromBigInt(millionths.Big(), -6) }
