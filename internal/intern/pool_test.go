// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package intern_test

import (
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/intern"
)

type thing struct{ name string }

// named returns the thing of a name in a pool in which all have one of two hashes.
func named(p *intern.Pool[thing], name string) *thing {
	return p.Get(uint64(len(name)%2), func(t *thing) bool { return t.name == name }, func() *thing { return &thing{name: name} })
}

func TestThereIsOneOfEachThing(t *testing.T) {
	var p intern.Pool[thing]
	all := map[string]*thing{}
	for i := range 100 {
		all[strconv.Itoa(i)] = named(&p, strconv.Itoa(i))
	}
	runtime.GC()
	for name, known := range all {
		require.Equal(t, name, known.name)
		require.Same(t, known, named(&p, name))
	}
}

func TestWhatNobodyHasIsForgotten(t *testing.T) {
	var p intern.Pool[thing]
	kept := named(&p, "kept")
	const days, aDay = 50, 200
	for day := range days {
		for i := range aDay {
			n := day*aDay + i
			p.Get(uint64(1000+n), func(*thing) bool { return true }, func() *thing { return &thing{name: strconv.Itoa(n)} })
		}
		runtime.GC()
	}
	require.Less(t, p.Len(), days*aDay/4, "places of things that are no more are given up")
	require.Same(t, kept, named(&p, "kept"))
}

func TestManyAskAtOnce(t *testing.T) {
	var p intern.Pool[thing]
	var all [8][100]*thing
	var wg sync.WaitGroup
	for asking := range all {
		wg.Go(func() {
			for i := range all[asking] {
				all[asking][i] = named(&p, strconv.Itoa(i))
			}
		})
	}
	wg.Wait()
	for _, got := range all {
		require.Equal(t, all[0], got)
		for i := range got {
			require.Same(t, all[0][i], got[i])
		}
	}
}
