// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package wide is exact arithmetic on sums. A value that one item carries is an
// int64 (of millionths); what values add up to is an [Int] of 128 bits, which
// 2^64 of the largest do not fill. [Ints] are many of them that take no more
// room than int64s until one needs it.
//
// It imports the standard library only and is pure.
package wide

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"
)

// Int is an integer from -2^127 to 2^127-1; the zero Int is 0. Two are equal
// where == says so.
type Int struct {
	hi int64
	lo uint64
}

// Of returns n.
func Of(n int64) Int { return Int{n >> 63, uint64(n)} }

// Product returns a*b.
func Product(a, b int64) Int {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// What the signs, read as a part of the numbers, have added.
	return Int{int64(hi) - a>>63&b - b>>63&a, lo}
}

// FromBig returns n; ok is false where it does not fit.
func FromBig(n *big.Int) (a Int, ok bool) {
	if n.Cmp(least) < 0 || n.Cmp(most) > 0 {
		return Int{}, false
	}
	low := new(big.Int).And(n, lowWord)
	return Int{new(big.Int).Rsh(n, 64).Int64(), low.Uint64()}, true
}

var (
	most    = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(1))
	least   = new(big.Int).Not(most)
	lowWord = new(big.Int).SetUint64(math.MaxUint64)
)

// Big returns a as a number of any size.
func (a Int) Big() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(a.hi), 64)
	return n.Add(n, new(big.Int).SetUint64(a.lo))
}

// Int64 returns a; ok is false where it does not fit.
func (a Int) Int64() (n int64, ok bool) { return int64(a.lo), a == Of(int64(a.lo)) }

// Add returns a+b.
func (a Int) Add(b Int) Int {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	return Int{a.hi + b.hi + int64(carry), lo}
}

// Sub returns a-b.
func (a Int) Sub(b Int) Int {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	return Int{a.hi - b.hi - int64(borrow), lo}
}

// Neg returns -a.
func (a Int) Neg() Int { return Int{}.Sub(a) }

// Words returns the two words of a number, the low one unsigned.
func (a Int) Words() (hi int64, lo uint64) { return a.hi, a.lo }

// FromWords returns the number that has these words.
func FromWords(hi int64, lo uint64) Int { return Int{hi, lo} }

// Half returns a/2, rounded down.
func (a Int) Half() Int { return Int{a.hi >> 1, uint64(a.hi)<<63 | a.lo>>1} }

// Sign returns -1, 0 or 1.
func (a Int) Sign() int { return a.Cmp(Int{}) }

// Cmp returns -1, 0 or 1 as a is less than b, equal or greater.
func (a Int) Cmp(b Int) int {
	if a.hi != b.hi {
		return cmp.Compare(a.hi, b.hi)
	}
	return cmp.Compare(a.lo, b.lo)
}

// Max returns the greater one.
func (a Int) Max(b Int) Int {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}

// CompareProducts compares a*m with b*n.
func CompareProducts(a Int, m uint64, b Int, n uint64) int {
	top, middle, low := a.times(m)
	top2, middle2, low2 := b.times(n)
	return cmp.Or(cmp.Compare(top, top2), cmp.Compare(middle, middle2), cmp.Compare(low, low2))
}

// times returns a*m, the highest word first.
func (a Int) times(m uint64) (top int64, middle, low uint64) {
	carried, low := bits.Mul64(a.lo, m)
	high, middle := bits.Mul64(uint64(a.hi), m)
	middle, carry := bits.Add64(middle, carried, 0)
	top = int64(high + carry)
	if a.hi < 0 {
		top -= int64(m) // what the sign, read as a part of the number, has added
	}
	return top, middle, low
}

// Over returns the float64 nearest to a/d, on a tie the even one. d is above 0
// and below 2^53.
func (a Int) Over(d uint64) float64 {
	if n, ok := a.Int64(); ok && -1<<53 <= n && n <= 1<<53 {
		return float64(n) / float64(d) // both are exact
	}
	m := a
	if a.hi < 0 {
		m = a.Neg()
	}
	// The quotient gets 62 or 63 bits: more than a float64 has, so that what is
	// cut off only has to be known not to be nothing.
	shift := 62 + bits.Len64(d) - m.length()
	n := m.shifted(shift)
	quotient, rest := bits.Div64(uint64(n.hi), n.lo, d)
	if rest != 0 || n.shifted(-shift) != m {
		quotient |= 1
	}
	f := math.Ldexp(float64(quotient), -shift)
	if a.hi < 0 {
		return -f
	}
	return f
}

// length is how many bits a has, read as a number without a sign.
func (a Int) length() int {
	if a.hi != 0 {
		return 64 + bits.Len64(uint64(a.hi))
	}
	return bits.Len64(a.lo)
}

// shifted returns the bits moved left, by a negative n right.
func (a Int) shifted(n int) Int {
	hi := uint64(a.hi)
	if n < 0 {
		r := uint(-n)
		return Int{int64(hi >> r), a.lo>>r | hi<<(64-r) | hi>>(r-64)} // shifts by 64 and more give 0
	}
	l := uint(n)
	return Int{int64(hi<<l | a.lo>>(64-l) | a.lo<<(l-64)), a.lo << l}
}

// Decimal returns a/10^places in decimal digits, without zeros at its end.
func (a Int) Decimal(places int) string {
	digits := a.Big().String()
	digits, negative := strings.CutPrefix(digits, "-")
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, part := digits[:len(digits)-places], strings.TrimRight(digits[len(digits)-places:], "0")
	if part != "" {
		whole += "." + part
	}
	if negative {
		return "-" + whole
	}
	return whole
}

// String returns the decimal digits.
func (a Int) String() string { return a.Decimal(0) }

// MarshalText writes all digits, for JSON and the like.
func (a Int) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (a *Int) UnmarshalText(text []byte) error {
	n, ok := new(big.Int).SetString(string(text), 10)
	if ok {
		*a, ok = FromBig(n)
	}
	if !ok {
		return fmt.Errorf("%q is no whole number of 128 bits", text)
	}
	return nil
}
