// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package millionths reads numbers exactly, as millionths of a unit in 64 bits: of
// what a sender wrote, as text or as the shortest decimal of a double, rounded
// half-even.
package millionths

import (
	"math"
	"strconv"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// FromInt reads a whole number.
func FromInt(n int64) (int64, usage.Reason) {
	if n > math.MaxInt64/usage.Micro || n < -math.MaxInt64/usage.Micro {
		return 0, usage.ReasonOverflow
	}
	return n * usage.Micro, usage.ReasonNone
}

// maxUnique is the end of the numbers of 15 digits: a double stands for one of
// these at most, which then is its shortest decimal.
const maxUnique = 1e15

// maxExactDouble is the end of the integers that a double holds exactly.
const maxExactDouble = 1 << 53

// FromDouble reads a double as its shortest decimal representation, which is
// what its sender wrote: 0.0000005 is the decimal half of a millionth, though
// the binary number is not.
func FromDouble(f float64) (int64, usage.Reason) {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return 0, usage.ReasonBadValue
	case f == math.Trunc(f) && math.Abs(f) <= maxExactDouble:
		return FromInt(int64(f))
	}
	if n := math.Round(f * usage.Micro); math.Abs(n) < maxUnique && n/usage.Micro == f {
		return int64(n), usage.ReasonNone
	}
	var buffer [32]byte
	return Parse(strconv.AppendFloat(buffer[:0], f, 'e', -1, 64))
}

// Parse reads `[+-]digits[.digits][e[+-]digits]` in millionths, rounded
// half-even, without a float between.
func Parse[T string | []byte](s T) (int64, usage.Reason) {
	d, ok := scanDecimal(s)
	if !ok {
		return 0, usage.ReasonBadValue
	}
	n, ok := magnitude(s, d)
	if !ok {
		return 0, usage.ReasonOverflow
	}
	if d.negative {
		n = -n
	}
	return n, usage.ReasonNone
}

// decimal is where the parts of a written number lie:
//
//   - 1 2 . 3 4 5 e - 7
//     ^from         ^to      whole = 2 digits before the point, exponent = -7
type decimal struct {
	negative bool
	from, to int // the mantissa, the point included
	digits   int // digits of the mantissa
	whole    int // of these, before the point
	exponent int
}

func scanDecimal[T string | []byte](s T) (decimal, bool) {
	var d decimal
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		d.negative, d.from = s[0] == '-', 1
	}
	point := false
	d.to = d.from
	for ; d.to < len(s) && (isDigit(s[d.to]) || s[d.to] == '.' && !point); d.to++ {
		switch {
		case s[d.to] == '.':
			point = true
		case point:
			d.digits++
		default:
			d.digits++
			d.whole++
		}
	}
	if d.digits == 0 {
		return d, false
	}
	if d.to == len(s) {
		return d, true
	}
	if s[d.to] != 'e' && s[d.to] != 'E' {
		return d, false
	}
	var ok bool
	d.exponent, ok = scanExponent(s[d.to+1:])
	return d, ok
}

// maxExponent is more than any number that fits needs; beyond it a number is
// too large or rounds to zero all the same.
const maxExponent = 1 << 30

func scanExponent[T string | []byte](s T) (int, bool) {
	sign, i := 1, 0
	if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
		if s[0] == '-' {
			sign = -1
		}
		i = 1
	}
	if i == len(s) {
		return 0, false
	}
	n := 0
	for ; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = min(n*10+int(s[i]-'0'), maxExponent)
	}
	return sign * n, true
}

// magnitude returns the magnitude of the number that d describes in s, or
// false where it does not fit.
func magnitude[T string | []byte](s T, d decimal) (int64, bool) {
	kept := d.whole + d.exponent + 6 // so many leading digits make millionths
	n, seen := int64(0), 0
	next, beyond := int64(0), false // the first digit cut off, and whether any after it counts
	for i := d.from; i < d.to; i++ {
		if s[i] == '.' {
			continue
		}
		digit := int64(s[i] - '0')
		switch {
		case seen < kept:
			if n > (math.MaxInt64-digit)/10 {
				return 0, false
			}
			n = n*10 + digit
		case seen == kept:
			next = digit
		default:
			beyond = beyond || digit != 0
		}
		seen++
	}
	for ; seen < kept && n != 0; seen++ {
		if n > math.MaxInt64/10 {
			return 0, false
		}
		n *= 10
	}
	if next > 5 || next == 5 && (beyond || n%2 == 1) {
		if n == math.MaxInt64 {
			return 0, false
		}
		n++
	}
	return n, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Whole reports whether a double is an integer, and that one alone: JavaScript
// sends every number above 2^31 as a double.
func Whole(f float64) bool { return f == math.Trunc(f) && math.Abs(f) <= maxExactDouble }
