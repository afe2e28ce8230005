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
		time.Sleep(1)
		w.Aside()
		require.Equal(t, atOnce+nap, time.Since(begin))
		w.Aside()
		require.Equal(t, atOnce+nap, time.Since(begin), "its time begins anew")
	})
}
