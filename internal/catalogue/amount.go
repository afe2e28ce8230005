// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"errors"
	"regexp"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// plain is a decimal number without exponent, which could make it as large as
// memory is; a price of more digits is a mistake.
var plain = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,18})?$`)

var (
	errNoDecimal   = errors.New("no decimal number; write it as 1234.5")
	errNegative    = errors.New("negative; use 0 or more")
	errTooPrecise  = errors.New("has more than 6 decimals; round it to 6")
	errTooLarge    = errors.New("too large; use at most 9000000000000")
	maxMillionths  = decimal.New(9, 12)
	millionthsUnit = decimal.New(usage.Micro, 0)
)

// amount reads a decimal number that is not negative.
func amount(text string) (decimal.Decimal, error) {
	if !plain.MatchString(text) {
		return decimal.Decimal{}, errNoDecimal
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, errNoDecimal
	}
	if d.IsNegative() {
		return decimal.Decimal{}, errNegative
	}
	return d, nil
}

// millionths reads such a number as an exact count of millionths.
func millionths(text string) (int64, error) {
	d, err := amount(text)
	switch {
	case err != nil:
		return 0, err
	case d.GreaterThan(maxMillionths):
		return 0, errTooLarge
	}
	if d = d.Mul(millionthsUnit); !d.IsInteger() {
		return 0, errTooPrecise
	}
	return d.IntPart(), nil
}
