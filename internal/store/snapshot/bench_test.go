// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// BenchmarkSnapshot is of a million parts of 320 bytes, of a thousand owners:
// written, a tenth of it written again, opened, read.
func BenchmarkSnapshot(b *testing.B) {
	const owners, each = 1000, 1000
	dir, data := b.TempDir(), make([]byte, 320)
	write := func(s *Store, step uint32) {
		w, err := s.Begin()
		require.NoError(b, err)
		for owner := range uint32(owners) {
			for n := uint32(0); n < each; n += step {
				require.NoError(b, w.Put(Key{owner, 0, n}, data))
			}
		}
		require.NoError(b, w.Commit(nil))
	}
	s, err := Open(vfs.Default, dir, 0)
	require.NoError(b, err)
	write(s, 1)
	b.Run("a tenth", func(b *testing.B) {
		for range b.N {
			write(s, 10)
		}
	})
	require.NoError(b, s.Close())
	b.Run("open", func(b *testing.B) {
		for range b.N {
			s, err := Open(vfs.Default, dir, 0)
			require.NoError(b, err)
			require.NoError(b, s.Close())
		}
	})
	b.Run("load", func(b *testing.B) {
		s, err := Open(vfs.Default, dir, 0)
		require.NoError(b, err)
		defer func() { require.NoError(b, s.Close()) }()
		b.ResetTimer()
		for range b.N {
			parts := 0
			for _, owner := range s.Owners() {
				require.NoError(b, s.Load(owner, func(Key, []byte) error { parts++; return nil }))
			}
			require.Equal(b, owners*each, parts)
		}
	})
}
