// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package millionths

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestAWrittenNumberIsReadExactlyAndRoundedHalfEven(t *testing.T) {
	tests := map[string]int64{
		"0": 0, "-0": 0, "1": 1_000_000, "+1": 1_000_000, "-1": -1_000_000, "007": 7_000_000,
		"1.5": 1_500_000, ".5": 500_000, "5.": 5_000_000, "0.1": 100_000,
		"0.0000005": 0, "0.00000050000000000000000000000001": 1, "0.0000015": 2, "0.0000025": 2, "0.0000024999999999": 2,
		"-0.0000015": -2, "-0.0000005": 0,
		"1e3": 1_000_000_000, "1E-6": 1, "15e-7": 2, "1.25e+1": 12_500_000, "5e-8": 0, "9e-7": 1, "1e-999999999999": 0,
		"0e999999999999":        0,
		"9223372036854.775807":  math.MaxInt64,
		"-9223372036854.775807": -math.MaxInt64,
		"9223372036854.7758074": math.MaxInt64,
		"0000000000000000000000000000009223372036854.7758069999": math.MaxInt64,
	}
	for s, want := range tests {
		n, reason := Parse(s)
		require.Equal(t, usage.ReasonNone, reason, s)
		require.Equal(t, want, n, s)
	}
}

func TestWhatIsNoNumberIsABadValue(t *testing.T) {
	for _, s := range []string{"", " ", "+", ".", "-.", "NaN", "nan", "Inf", "-Inf", "1,5", "1 ", " 1", "1_000", "0x10", "1e", "1e+", "1e1.5", "1.2.3", "--1", "e5", "1é", "١"} {
		_, reason := Parse(s)
		require.Equal(t, usage.ReasonBadValue, reason, s)
	}
}

func TestANumberThatDoesNotFitOverflows(t *testing.T) {
	for _, s := range []string{"9223372036854.775808", "9223372036854.7758075", "1e13", "-1e13", "1e999999999999", strings.Repeat("9", 1000)} {
		_, reason := Parse(s)
		require.Equal(t, usage.ReasonOverflow, reason, s)
	}
}

func TestADoubleIsReadAsItsShortestDecimal(t *testing.T) {
	tests := map[float64]int64{0.1: 100_000, 1.0000005: 1_000_000, 1.0000015: 1_000_002, 2.5: 2_500_000, 1e12: 1e18, 5e-324: 0, -3: -3_000_000, 9007199254740993: 0}
	delete(tests, 9007199254740993) // overflows, below
	for f, want := range tests {
		n, reason := FromDouble(f)
		require.Equal(t, usage.ReasonNone, reason, f)
		require.Equal(t, want, n, f)
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, reason := FromDouble(f)
		require.Equal(t, usage.ReasonBadValue, reason, f)
	}
	for _, f := range []float64{9007199254740993, math.MaxFloat64, -1e13} {
		_, reason := FromDouble(f)
		require.Equal(t, usage.ReasonOverflow, reason, f)
	}
}

func TestAnIntThatDoesNotFitOverflows(t *testing.T) {
	n, reason := FromInt(math.MaxInt64 / usage.Micro)
	require.Equal(t, usage.ReasonNone, reason)
	require.Positive(t, n)
	for _, n := range []int64{math.MaxInt64/usage.Micro + 1, math.MinInt64} {
		_, reason := FromInt(n)
		require.Equal(t, usage.ReasonOverflow, reason)
	}
}

func TestANumberIsTheSameAsInRationalArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[+-]?[0-9]{1,22}(\.[0-9]{0,22})?(e[+-]?[0-9]{1,2})?`).Draw(t, "number")
		n, reason := Parse(s)
		want, fits := naive(t, s)
		require.Equal(t, fits, reason == usage.ReasonNone, s)
		if fits {
			require.Equal(t, want, n, s)
		}
	})
}

func TestADoubleIsTheSameAsItsShortestDecimalInRationalArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.OneOf(
			rapid.Float64Range(-1e14, 1e14),
			rapid.Float64Range(-1, 1),
			rapid.Custom(func(t *rapid.T) float64 {
				digits := rapid.Int64Range(-1e17, 1e17).Draw(t, "digits")
				return float64(digits) / math.Pow10(rapid.IntRange(0, 20).Draw(t, "places"))
			}),
		).Draw(t, "double")
		n, reason := FromDouble(f)
		want, fits := naive(t, strconv.FormatFloat(f, 'e', -1, 64))
		require.Equal(t, fits, reason == usage.ReasonNone, f)
		if fits {
			require.Equal(t, want, n, f)
		}
	})
}

// naive reads a number as a rational and rounds it half-even.
func naive(t *rapid.T, s string) (int64, bool) {
	r, ok := new(big.Rat).SetString(s)
	require.True(t, ok, s)
	r.Mul(r, big.NewRat(usage.Micro, 1))
	negative := r.Sign() < 0
	r.Abs(r)
	whole, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	half := rest.Lsh(rest, 1).Cmp(r.Denom())
	if half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	if !whole.IsInt64() {
		return 0, false
	}
	if negative {
		return -whole.Int64(), true
	}
	return whole.Int64(), true
}
