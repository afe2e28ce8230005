// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

func text(s string) Cell { return Cell{Text: s} }

func count(n int64) Cell { return Cell{Text: strconv.FormatInt(n, 10)} }

// whole is a number of users or the like, from millionths.
func whole(n wide.Int) Cell { return Cell{Text: n.Decimal(6)} }

func amount(n wide.Int, unit string) Cell { return Cell{Text: n.Decimal(6), Unit: unit} }

// amountIf is empty where the amount is not known.
func amountIf(n *wide.Int, unit string) Cell {
	if n == nil {
		return Cell{}
	}
	return amount(*n, unit)
}

func money(d decimal.Decimal, digits int32, currency string) Cell {
	return Cell{Text: d.StringFixed(digits), Unit: currency}
}

// shareDigits are the decimals of a share: 12.34 %.
const shareDigits = 4

func share(d decimal.NullDecimal) Cell {
	if !d.Valid {
		return Cell{}
	}
	return Cell{Text: d.Decimal.StringFixed(shareDigits)}
}

func decimalOf(n wide.Int) decimal.Decimal { return decimal.NewFromBigInt(n.Big(), -6) }

// ratio is a part of a whole, empty where that is nothing.
func ratio(part, of wide.Int) Cell {
	if of.Sign() <= 0 {
		return Cell{}
	}
	return Cell{Text: decimalOf(part).DivRound(decimalOf(of), shareDigits).StringFixed(shareDigits)}
}

// change is how much more is used than was, as a share of that.
func change(is wide.Int, was *wide.Int) Cell {
	if was == nil {
		return Cell{}
	}
	return ratio(is.Sub(*was), *was)
}

func date(d usage.Date) Cell {
	if d.IsZero() {
		return Cell{}
	}
	return Cell{At: time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)}
}

func instant(t time.Time, zone *time.Location) Cell {
	if t.IsZero() {
		return Cell{}
	}
	return Cell{At: t.In(zone)}
}

func yesNo(holds bool) Cell {
	if holds {
		return text("yes")
	}
	return text("no")
}

func decimalOfInt(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }
