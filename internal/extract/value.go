// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"math"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// value is the value of an attribute as rules read it, whatever it is read from.
// Lists and maps are none to them but for their kind.
type value struct {
	kind pcommon.ValueType
	text string // of a string
	bits uint64 // of a number or bool; of bytes how many
}

func valueOf(v pcommon.Value) value {
	switch kind := v.Type(); kind {
	case pcommon.ValueTypeStr:
		return value{kind: kind, text: v.Str()}
	case pcommon.ValueTypeInt:
		return value{kind: kind, bits: uint64(v.Int())}
	case pcommon.ValueTypeDouble:
		return value{kind: kind, bits: math.Float64bits(v.Double())}
	case pcommon.ValueTypeBool:
		if v.Bool() {
			return value{kind: kind, bits: 1}
		}
		return value{kind: kind}
	case pcommon.ValueTypeBytes:
		return value{kind: kind, bits: uint64(v.Bytes().Len())}
	default:
		return value{kind: kind}
	}
}

func (v *value) int() int64      { return int64(v.bits) }
func (v *value) double() float64 { return math.Float64frombits(v.bits) }
func (v *value) bool() bool      { return v.bits != 0 }

// numberOf returns an attribute's value in millionths. A negative value is
// returned as it is: only the meter knows whether it takes corrections.
func numberOf(v value) (int64, usage.Reason) {
	switch v.kind {
	case pcommon.ValueTypeStr:
		return parseDecimal(v.text)
	case pcommon.ValueTypeInt:
		return fromInt(v.int())
	case pcommon.ValueTypeDouble:
		return fromDouble(v.double())
	case pcommon.ValueTypeEmpty, pcommon.ValueTypeBool, pcommon.ValueTypeMap, pcommon.ValueTypeSlice, pcommon.ValueTypeBytes:
	}
	return 0, usage.ReasonBadValue
}

func fromInt(n int64) (int64, usage.Reason) {
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

// fromDouble reads a double as its shortest decimal representation, which is
// what its sender wrote: 0.0000005 is the decimal half of a millionth, though
// the binary number is not.
func fromDouble(f float64) (int64, usage.Reason) {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return 0, usage.ReasonBadValue
	case f == math.Trunc(f) && math.Abs(f) <= maxExactDouble:
		return fromInt(int64(f))
	}
	if n := math.Round(f * usage.Micro); math.Abs(n) < maxUnique && n/usage.Micro == f {
		return int64(n), usage.ReasonNone
	}
	var buffer [32]byte
	return parseDecimal(strconv.AppendFloat(buffer[:0], f, 'e', -1, 64))
}

// parseDecimal reads `[+-]digits[.digits][e[+-]digits]` in millionths, rounded
// half-even, without a float between.
func parseDecimal[T string | []byte](s T) (int64, usage.Reason) {
	d, ok := scanDecimal(s)
	if !ok {
		return 0, usage.ReasonBadValue
	}
	n, ok := millionths(s, d)
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

// millionths returns the magnitude of the number that d describes in s, or
// false where it does not fit.
func millionths[T string | []byte](s T, d decimal) (int64, bool) {
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
