// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALargeHeapHasLessGarbage(t *testing.T) {
	for live, want := range map[uint64]int{0: usual, 10 << 20: usual, 64 << 20: usual, 80 << 20: 80, 128 << 20: least, 8 << 30: least} {
		require.Equal(t, want, percentOf(live), "%d bytes", live)
	}
}

func TestWhatTheOperatorSaysHolds(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(80))
	t.Setenv("GOGC", "80")
	boundGarbage()
	require.Equal(t, 80, percent())
}

func TestItFollowsTheHeap(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(80))
	t.Setenv("GOGC", "")
	boundGarbage()
	large := make([]byte, 200<<20)
	require.Eventually(t, func() bool { runtime.GC(); return percent() == least }, 10*time.Second, time.Millisecond)
	runtime.KeepAlive(large)
	require.Eventually(t, func() bool { runtime.GC(); return percent() == usual }, 10*time.Second, time.Millisecond)
}

// percent returns what is set.
func percent() int {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}
