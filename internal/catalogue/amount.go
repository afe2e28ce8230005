// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// plain is a decimal number without exponent, which could make it as large as
// memory is.
var plain = regexp.MustCompile(`^-?[0-9]{1,64}(\.[0-9]{1,18})?$`)

var (
	errNoDecimal   = errors.New("no decimal number; write it as 1234.5")
	errNegative    = errors.New("negative; use 0 or more")
	errTooPrecise  = errors.New("has more than 6 decimals; round it to 6")
	millionthsUnit = decimal.New(usage.Micro, 0)

	// maxPrice is more than anything costs; a price of more digits is a
	// mistake.
	maxPrice = decimal.New(1, 18)
	// maxLimit is the largest limit: ten times as much, which a threshold may
	// be, is still well within a sum of 128 bits, which ends at 1.7e32.
	maxLimit = decimal.New(1, 30)
)

// amount reads a decimal number that is not negative and at most most.
func amount(text string, most decimal.Decimal) (decimal.Decimal, error) {
	if !plain.MatchString(text) {
		return decimal.Decimal{}, errNoDecimal
	}
	d, err := decimal.NewFromString(text)
	switch {
	case err != nil:
		return decimal.Decimal{}, errNoDecimal
	case d.IsNegative():
		return decimal.Decimal{}, errNegative
	case d.GreaterThan(most):
		return decimal.Decimal{}, fmt.Errorf("too large; use at most %s", most)
	}
	return d, nil
}

// millionths reads such a number, at most maxLimit, as an exact count of
// millionths.
func millionths(text string) (wide.Int, error) {
	d, err := amount(text, maxLimit)
	if err != nil {
		return wide.Int{}, err
	}
	if d = d.Mul(millionthsUnit); !d.IsInteger() {
		return wide.Int{}, errTooPrecise
	}
	n, _ := wide.FromBig(d.BigInt()) // maxLimit fits
	return n, nil
}
