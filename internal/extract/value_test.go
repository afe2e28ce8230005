// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
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
		n, reason := parseDecimal(s)
		require.Equal(t, usage.ReasonNone, reason, s)
		require.Equal(t, want, n, s)
	}
}

func TestWhatIsNoNumberIsABadValue(t *testing.T) {
	for _, s := range []string{"", " ", "+", ".", "-.", "NaN", "nan", "Inf", "-Inf", "1,5", "1 ", " 1", "1_000", "0x10", "1e", "1e+", "1e1.5", "1.2.3", "--1", "e5", "1é", "١"} {
		_, reason := parseDecimal(s)
		require.Equal(t, usage.ReasonBadValue, reason, s)
	}
}

func TestANumberThatDoesNotFitOverflows(t *testing.T) {
	for _, s := range []string{"9223372036854.775808", "9223372036854.7758075", "1e13", "-1e13", "1e999999999999", strings.Repeat("9", 1000)} {
		_, reason := parseDecimal(s)
		require.Equal(t, usage.ReasonOverflow, reason, s)
	}
}

func TestADoubleIsReadAsItsShortestDecimal(t *testing.T) {
	tests := map[float64]int64{0.1: 100_000, 1.0000005: 1_000_000, 1.0000015: 1_000_002, 2.5: 2_500_000, 1e12: 1e18, 5e-324: 0, -3: -3_000_000, 9007199254740993: 0}
	delete(tests, 9007199254740993) // overflows, below
	for f, want := range tests {
		n, reason := fromDouble(f)
		require.Equal(t, usage.ReasonNone, reason, f)
		require.Equal(t, want, n, f)
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, reason := fromDouble(f)
		require.Equal(t, usage.ReasonBadValue, reason, f)
	}
	for _, f := range []float64{9007199254740993, math.MaxFloat64, -1e13} {
		_, reason := fromDouble(f)
		require.Equal(t, usage.ReasonOverflow, reason, f)
	}
}

func TestAnIntThatDoesNotFitOverflows(t *testing.T) {
	n, reason := fromInt(math.MaxInt64 / usage.Micro)
	require.Equal(t, usage.ReasonNone, reason)
	require.Positive(t, n)
	for _, n := range []int64{math.MaxInt64/usage.Micro + 1, math.MinInt64} {
		_, reason := fromInt(n)
		require.Equal(t, usage.ReasonOverflow, reason)
	}
}

func TestANumberIsTheSameAsInRationalArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[+-]?[0-9]{1,22}(\.[0-9]{0,22})?(e[+-]?[0-9]{1,2})?`).Draw(t, "number")
		n, reason := parseDecimal(s)
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
		n, reason := fromDouble(f)
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

func TestTheValueOfAnItem(t *testing.T) {
	tests := map[string]struct {
		action string
		value  any
		want   int64
		reason usage.Reason
	}{
		"a decimal string":                       {"transcription.finished", "1.25", 1_250_000, ""},
		"an int":                                 {"transcription.finished", 3, 3_000_000, ""},
		"a double":                               {"transcription.finished", 0.1, 100_000, ""},
		"configured but missing":                 {"transcription.finished", nil, 0, usage.ReasonNoValue},
		"an empty string is missing":             {"transcription.finished", "", 0, usage.ReasonNoValue},
		"not a number":                           {"transcription.finished", "NaN", 0, usage.ReasonBadValue},
		"a bool":                                 {"transcription.finished", true, 0, usage.ReasonBadValue},
		"negative":                               {"transcription.finished", "-1", 0, usage.ReasonNegative},
		"too large":                              {"transcription.finished", 1e300, 0, usage.ReasonOverflow},
		"negative where corrections are on":      {"credit.spent", "-1", -1_000_000, ""},
		"one per event where none is configured": {"api.called", nil, 1_000_000, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := member(nil)
			if test.value != nil {
				a["transcription.minutes"], a["credit.amount"] = test.value, test.value
			}
			it, effects := item(t, test.action, a)
			if test.reason != "" {
				require.Equal(t, usage.Invalid, it.Outcome)
				require.Equal(t, test.reason, it.Reason)
				return
			}
			require.Equal(t, test.want, effects[0].Value)
		})
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", "-0.5", "1e-7", "9223372036854.775807", "NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, reason := parseDecimal(s)
		if reason != usage.ReasonNone {
			return
		}
		// A number that is taken is one to the standard library as well.
		approximate, err := strconv.ParseFloat(s, 64)
		require.NoError(t, err)
		require.InDelta(t, approximate, float64(n)/usage.Micro, 1+math.Abs(approximate)*1e-9)
		same, _ := numberOf(valueOf(pcommon.NewValueStr(s)))
		require.Equal(t, n, same)
	})
}
