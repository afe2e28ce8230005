// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Keys that go round the end of the table, and such as are all in one place, are
// found and come out in order.
func TestATableGivesItsKeysInOrder(t *testing.T) {
	top := ^uint64(0)
	for name, key := range map[string]func(n int) usage.UID{
		"hashes":        uidOf,
		"at the end":    func(n int) usage.UID { return usage.UID{top - uint64(n%7), uint64(n * 31 % 1009)} },
		"at both ends":  func(n int) usage.UID { return usage.UID{uint64(n%2) * (top - uint64(n%5)), uint64(n * 31 % 1009)} },
		"at the begin":  func(n int) usage.UID { return usage.UID{uint64(n % 3), 1 + uint64(n*31%1009)} },
		"in one place":  func(n int) usage.UID { return usage.UID{top / 2, uint64(n * 31 % 1009)} },
		"already there": func(n int) usage.UID { return uidOf(n % 10) },
	} {
		t.Run(name, func(t *testing.T) {
			var set table
			known := map[usage.UID]bool{}
			for n := range 1000 {
				uid := key(n)
				if uid == free {
					continue
				}
				require.Equal(t, known[uid], set.has(uid))
				set.add(uid)
				known[uid] = true
				require.True(t, set.has(uid))
			}
			var all []usage.UID
			require.NoError(t, merge(set.inOrder(), func(uid usage.UID) error {
				all = append(all, uid)
				return nil
			}))
			require.Len(t, all, len(known))
			require.Equal(t, len(known), set.n)
			require.True(t, slices.IsSortedFunc(all, compare))
			set.forget()
			require.False(t, set.has(key(1)))
			require.Empty(t, set.inOrder())
			set.clean()
			require.False(t, set.has(key(1)))
		})
	}
}

// A table that grows has all its keys at each step, and each once; no step of it moves
// more than a few slots.
func TestATableGrowsByAFewSlots(t *testing.T) {
	var set table
	grown := 0
	for n := range 50_000 {
		moved, growing := set.moved, len(set.old) > 0
		set.add(uidOf(n))
		set.add(uidOf(n / 2)) // one that is there, and has perhaps not moved
		require.Equal(t, n+1, set.n)
		if growing && len(set.old) > 0 {
			require.LessOrEqual(t, set.moved-moved, 2*movedAtOnce)
		}
		if grew := growing && len(set.old) == 0; n%997 != 0 && !grew {
			continue
		}
		if grown++; len(set.old) == 0 {
			require.Less(t, set.moved, len(set.slots))
		}
		all := 0
		require.NoError(t, merge(set.inOrder(), func(uid usage.UID) error {
			all++
			require.True(t, set.has(uid))
			return nil
		}))
		require.Equal(t, n+1, all)
		for known := range n + 1 {
			require.True(t, set.has(uidOf(known)), "%d of %d", known, n)
		}
		require.False(t, set.has(uidOf(n+1)))
	}
	require.Greater(t, grown, 50)
}

func TestNewKeysRarelyPassAFilter(t *testing.T) {
	const keys = 1_000_000
	f := newFilter(keys)
	for n := range keys {
		f.add(uidOf(n))
	}
	wrong := 0
	for n := range keys {
		require.True(t, f.has(uidOf(n)))
		if f.has(uidOf(keys + n)) {
			wrong++
		}
	}
	t.Logf("%d of %d new keys taken for known: %.2f %%", wrong, keys, 100*float64(wrong)/keys)
	require.Less(t, wrong, keys/600)
}
