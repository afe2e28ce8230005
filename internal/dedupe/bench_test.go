// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// loaded opens a set with keys of 37 days, by checkpoints of 100,000 keys.
func loaded(b *testing.B, keys int) *diskSet {
	b.Helper()
	s := &diskSet{t: b, fs: vfs.Default}
	var err error
	s.Set, err = Open(vfs.Default, vfs.Default.PathJoin(b.TempDir(), dir), parts)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	const each = 100_000
	for n := 0; n < keys; n += each {
		s.addKeys(n, n+each)
		s.flush(today + uint16(n*37/keys))
	}
	return s
}

// BenchmarkNewKey is Seen and Add of keys that are new, alone and in batches
// of 512 that are prefetched, as the ledger does it.
func BenchmarkNewKey(b *testing.B) {
	for _, keys := range []int{0, 1_000_000, 10_000_000} {
		for _, ahead := range []int{0, 512} {
			b.Run(fmt.Sprintf("keys=%d/ahead=%d", keys, ahead), func(b *testing.B) {
				s := loaded(b, keys)
				n := keys
				next := func() {
					if ahead > 0 && n%ahead == 0 {
						for i := range ahead {
							s.Prefetch(uidOf(n + i))
						}
					}
					if seen, _ := s.Seen(uidOf(n)); !seen {
						s.Add(uidOf(n))
					}
					if n++; n%1_000_000 == 0 {
						b.StopTimer()
						s.reset()
						b.StartTimer()
					}
				}
				for range 1_000_000 {
					next()
				}
				b.ReportAllocs()
				for b.Loop() {
					next()
				}
				b.ReportMetric(float64(len(s.runs)), "runs")
			})
		}
	}
}

// BenchmarkWrite is ten checkpoints of a million keys each.
func BenchmarkWrite(b *testing.B) {
	const keys, writes = 1_000_000, 10
	for b.Loop() {
		s := loaded(b, 0)
		for n := range writes {
			b.StopTimer()
			s.addKeys(n*keys, (n+1)*keys)
			s.Seal(today)
			b.StartTimer()
			require.NoError(b, s.Write())
			s.Flushed()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*writes*keys), "ns/key")
}

func BenchmarkOpen(b *testing.B) {
	s := loaded(b, 10_000_000)
	path := s.dir
	for b.Loop() {
		set, err := Open(vfs.Default, path, parts)
		require.NoError(b, err)
		require.Equal(b, 10_000_000, set.Len())
		require.NoError(b, set.Close())
	}
}
