// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package aside

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAWorkerNapsAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var w Worker
		w.Aside() // begins
		time.Sleep(atOnce - 1)
		w.Aside()
		require.Equal(t, atOnce-1, time.Since(begin), "it has some time left")
		time.Sleep(time.Nanosecond)
		w.Aside()
		require.Equal(t, atOnce+nap, time.Since(begin))
		w.Aside()
		require.Equal(t, atOnce+nap, time.Since(begin), "its time begins anew")
	})
}

func TestAWorkerNapsAsLongAsItComputesFromThenOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var w Worker
		w.Aside()
		const short = int(soon/atOnce) - 1
		for range short {
			time.Sleep(atOnce)
			w.Aside()
		}
		require.Equal(t, time.Duration(short)*(atOnce+nap), time.Since(begin))
		begin = time.Now()
		for range 10 {
			time.Sleep(atOnce)
			w.Aside()
		}
		require.Equal(t, 10*2*atOnce, time.Since(begin))
		begin = time.Now()
		time.Sleep(time.Second)
		w.Aside()
		require.Equal(t, time.Second+maxNap, time.Since(begin), "who comes late need not make up for it")
	})
}
