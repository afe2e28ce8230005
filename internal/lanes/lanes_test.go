// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package lanes_test

import (
	"errors"
	"iter"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/lanes"
)

type item struct {
	lane uint32
	n    int
}

func TestEachLaneIsAppliedInItsOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var want, got [20][]int
	l := lanes.New(64, func(lane iter.Seq[*item]) error {
		for x := range lane {
			got[x.lane] = append(got[x.lane], x.n)
		}
		return nil
	})
	for n := range 10_000 {
		if r.IntN(100) == 0 {
			require.NoError(t, l.Finish())
			require.Equal(t, want, got)
		}
		x, err := l.Next()
		require.NoError(t, err)
		if *x = (item{uint32(r.IntN(len(want))), n}); r.IntN(10) == 0 {
			continue // it is not entered
		}
		l.Enter(x.lane)
		want[x.lane] = append(want[x.lane], n)
	}
	require.NoError(t, l.Finish())
	require.Equal(t, want, got)
	require.NoError(t, l.Finish(), "there is nothing left")
	require.Equal(t, want, got)
}

func TestAnErrorEndsTheLanes(t *testing.T) {
	l := lanes.New(2, func(lane iter.Seq[*item]) error {
		for range lane {
			return errors.New("damaged")
		}
		return nil
	})
	for range 3 {
		_, err := l.Next()
		require.NoError(t, err)
		l.Enter(7)
	}
	require.EqualError(t, l.Finish(), "damaged")
}

func TestEachNumberIsCalledOnce(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		called := make([]atomic.Int32, n)
		lanes.Each(n, func(i int) { called[i].Add(1) })
		for i := range called {
			require.EqualValues(t, 1, called[i].Load())
		}
	}
}
