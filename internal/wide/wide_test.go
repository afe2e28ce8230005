// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package wide

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawBig draws a number of any length, often one at the edge of one.
func drawBig(t *rapid.T, name string) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), uint(rapid.IntRange(0, 126).Draw(t, name+" bits")))
	n.Add(n, big.NewInt(rapid.Int64Range(-3, 3).Draw(t, name+" edge")))
	if rapid.Bool().Draw(t, name+" any") {
		low := new(big.Int).SetUint64(rapid.Uint64().Draw(t, name+" low"))
		n = low.Mod(low.Mul(low, new(big.Int).SetUint64(rapid.Uint64().Draw(t, name+" high"))), n.Add(n, big.NewInt(4)))
	}
	if rapid.Bool().Draw(t, name+" negative") {
		n.Neg(n)
	}
	return n
}

func of(t require.TestingT, n *big.Int) Int {
	a, ok := FromBig(n)
	require.True(t, ok, n)
	return a
}

func TestAnIntCountsAsANumberOfAnySizeDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawBig(t, "x"), drawBig(t, "y")
		a, b := of(t, x), of(t, y)
		require.Zero(t, x.Cmp(a.Big()))
		require.Equal(t, x.String(), a.String())
		require.Equal(t, x.Cmp(y), a.Cmp(b))
		require.Equal(t, x.Sign(), a.Sign())
		require.Equal(t, x.Cmp(y) == 0, a == b)
		require.Equal(t, new(big.Int).Neg(x).String(), a.Neg().String())
		require.Equal(t, new(big.Int).Rsh(x, 1).String(), a.Half().String())
		sum, difference := new(big.Int).Add(x, y), new(big.Int).Sub(x, y)
		if want, ok := FromBig(sum); ok {
			require.Equal(t, want, a.Add(b))
		}
		if want, ok := FromBig(difference); ok {
			require.Equal(t, want, a.Sub(b))
		}
		greater := x
		if x.Cmp(y) < 0 {
			greater = y
		}
		require.Equal(t, of(t, greater), a.Max(b))
		n, fits := a.Int64()
		require.Equal(t, x.IsInt64(), fits)
		if fits {
			require.Equal(t, x.Int64(), n)
			require.Equal(t, a, Of(n))
		}
	})
}

func TestAProductIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		edge := rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, 1_000_000, math.MaxInt64})
		x, y := rapid.OneOf(rapid.Int64(), edge).Draw(t, "x"), rapid.OneOf(rapid.Int64(), edge).Draw(t, "y")
		require.Equal(t, of(t, new(big.Int).Mul(big.NewInt(x), big.NewInt(y))), Product(x, y))
	})
}

func TestProductsAreComparedWhateverTheirSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawBig(t, "x"), drawBig(t, "y")
		m, n := rapid.Uint64().Draw(t, "m"), rapid.Uint64().Draw(t, "n")
		if m > 0 && rapid.Bool().Draw(t, "close") {
			y, n = x, m-rapid.Uint64Range(0, 1).Draw(t, "less")
		}
		left, right := new(big.Int).SetUint64(m), new(big.Int).SetUint64(n)
		require.Equal(t, left.Mul(left, x).Cmp(right.Mul(right, y)), CompareProducts(of(t, x), m, of(t, y), n))
	})
}

func TestWhatDoesNotFitIsNoInt(t *testing.T) {
	for _, n := range []*big.Int{most, least} {
		require.Equal(t, n, of(t, n).Big())
		require.Equal(t, n.String(), of(t, n).String())
	}
	_, ok := FromBig(new(big.Int).Add(most, big.NewInt(1)))
	require.False(t, ok)
	_, ok = FromBig(new(big.Int).Sub(least, big.NewInt(1)))
	require.False(t, ok)
}

func TestAQuotientIsTheNearestFloat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawBig(t, "x")
		d := rapid.SampledFrom([]uint64{1, 3, 1_000_000, 1<<53 - 1}).Draw(t, "d")
		want, _ := new(big.Rat).SetFrac(x, new(big.Int).SetUint64(d)).Float64()
		require.Equal(t, want, of(t, x).Over(d))
	})
}

// A number that lies just beside the middle of two floats is not on it.
func TestAQuotientBesideTheMiddleOfTwoFloatsIsRoundedToItsSide(t *testing.T) {
	middle := new(big.Int).Lsh(big.NewInt(1<<53+1), 60)
	for _, d := range []int64{1, 1_000_000} {
		for beside, want := range map[int64]float64{-1: 0x1p53, 0: 0x1p53, 1: 0x1p53 + 2} {
			n := new(big.Int).Mul(middle, big.NewInt(d))
			n.Add(n, big.NewInt(beside))
			if a, ok := FromBig(n); ok {
				require.Equal(t, want*0x1p60, a.Over(uint64(d)))
				require.Equal(t, -want*0x1p60, a.Neg().Over(uint64(d)))
			} else {
				require.NotEqualValues(t, 1, d)
			}
		}
	}
	least, most := of(t, least), of(t, most)
	require.Equal(t, -0x1p127, least.Over(1))
	require.Equal(t, 0x1p127, most.Over(1))
}

func TestDecimalDigitsAreThoseOfMillionths(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 1: "0.000001", -1: "-0.000001", 1_000_000: "1", -1_500_000: "-1.5", 12_345_678: "12.345678", 999_999: "0.999999", 100_000: "0.1",
		math.MinInt64: "-9223372036854.775808",
	} {
		require.Equal(t, want, Of(n).Decimal(6), n)
	}
	require.Equal(t, "12000000000000", Product(12_000_000_000_000, 1_000_000).Decimal(6))
	require.Equal(t, "120", Of(120).Decimal(0))
}

func TestAVarintIsReadBackAndOfAnInt64TheUsualOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawBig(t, "x")
		a := of(t, x)
		written := AppendVarint([]byte("before"), a)[6:]
		if x.IsInt64() {
			require.Equal(t, binary.AppendVarint(nil, x.Int64()), written)
		}
		got, n := Varint(append(written, 0xff))
		require.Equal(t, a, got)
		require.Equal(t, len(written), n)
		for cut := range written {
			_, n := Varint(written[:cut])
			require.Zero(t, n)
		}
	})
	for _, edge := range []*big.Int{most, least} {
		written := AppendVarint(nil, of(t, edge))
		require.Len(t, written, maxVarint)
		got, _ := Varint(written)
		require.Equal(t, edge, got.Big())
		written[maxVarint-1] = 4
		_, n := Varint(written)
		require.Zero(t, n, "more than 128 bits")
	}
}

// A list does what one of numbers of any size does, whether it is wide or not.
func TestIntsAreAListOfNumbersOfAnySize(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		value := func() Int {
			if r.IntN(int(4+seed%60)) == 0 {
				return Of(r.Int64() - r.Int64())
			}
			return Of(r.Int64N(9) - 4)
		}
		list := Make(r.IntN(9))
		model := make([]Int, list.Len())
		for range 60 {
			n := r.IntN(4)
			i, j := r.IntN(len(model)+1), r.IntN(len(model)+1)
			i, j = min(i, j), max(i, j)
			switch r.IntN(8) {
			case 0:
				list.Append(value())
				model = append(model, list.At(list.Len()-1))
			case 1:
				list.Insert(i, n)
				model = append(model[:i:i], append(make([]Int, n), model[i:]...)...)
			case 2:
				list.Delete(i, min(j, i+1))
				model = append(model[:i:i], model[min(j, i+1):]...)
			case 3:
				list.Shift(i, j, n)
				shifted := append(make([]Int, n), model[i:j]...)[:j-i]
				copy(model[i:j], shifted)
			case 4:
				numbers := make([]int64, j-i)
				for k := range numbers {
					numbers[k] = int64(value().lo)
					model[i+k] = model[i+k].Add(Of(numbers[k]))
				}
				list.Add(i, numbers)
			case 5, 6:
				other := Make(j)
				for k := range j {
					other.Set(k, value().Add(value()))
				}
				if r.IntN(2) == 0 {
					list.AddFrom(i, &other, i, j-i)
					for k := i; k < j; k++ {
						model[k] = model[k].Add(other.At(k))
					}
				} else {
					list.SubFrom(i, &other, i, j-i)
					for k := i; k < j; k++ {
						model[k] = model[k].Sub(other.At(k))
					}
				}
			case 7:
				list.Clear(i, j-i)
				clear(model[i:j])
			}
			require.Equal(t, len(model), list.Len())
			for i, want := range model {
				require.Equal(t, want, list.At(i))
			}
		}
		list.Empty()
		require.Zero(t, list.Len())
	}
}

func TestIntsTakeAWordEachUntilOneNeedsTwo(t *testing.T) {
	list := Make(3)
	list.Add(0, []int64{math.MaxInt64, -5, math.MinInt64})
	require.Nil(t, list.high)
	list.Add(0, []int64{1})
	require.NotNil(t, list.high)
	require.Equal(t, "9223372036854775808", list.At(0).String())
	require.Equal(t, "-5", list.At(1).String())
	require.Equal(t, "-9223372036854775808", list.At(2).String())
	list.Empty()
	require.Nil(t, list.high)
}

func TestNothingIsAllocatedWhereThereIsRoom(t *testing.T) {
	list, other := Make(8), Make(8)
	list.Set(0, Product(math.MaxInt64, 9))
	numbers := []int64{math.MaxInt64, 2, 3}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		list.Add(1, numbers)
		list.AddFrom(0, &other, 2, 3)
		list.SubFrom(0, &other, 2, 3)
		_ = list.At(1).Over(1_000_000)
	}))
}
