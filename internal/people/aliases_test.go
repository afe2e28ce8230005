// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever is joined, the root and the users of a person are those that one finds
// by going along the targets.
func TestAliasesAreWhatTargetsSay(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		users := 2 + random.Uint32N(30)
		var a Aliases
		targets := map[uint32]uint32{}
		rootOf := func(user uint32) uint32 {
			for {
				target, merged := targets[user]
				if !merged {
					return user
				}
				user = target
			}
		}
		for range 3 * users {
			from, to := random.Uint32N(users), random.Uint32N(users)
			_, merged := targets[from]
			wanted := !merged && rootOf(from) != rootOf(to)
			require.Equal(t, wanted, a.Join(from, to))
			if wanted {
				targets[from] = to
			}
		}
		persons := map[uint32][]uint32{}
		for user := range users {
			persons[rootOf(user)] = append(persons[rootOf(user)], user)
		}
		for user := range users {
			root := rootOf(user)
			require.Equal(t, root, a.Root(user))
			target, merged := targets[user]
			got, ok := a.Target(user)
			require.Equal(t, merged, ok)
			require.Equal(t, target, got)
			others := slices.DeleteFunc(slices.Clone(persons[root]), func(other uint32) bool { return other == user })
			require.ElementsMatch(t, others, a.Others(user))
		}
		read := 0
		a.Each(func(from, target uint32) {
			require.Equal(t, targets[from], target)
			read++
		})
		require.Equal(t, len(targets), read)
		require.Equal(t, len(targets), a.N)
	}
}

// However a chain is made, a root is a few steps away.
func TestChainsOfAliasesAreShort(t *testing.T) {
	const users = 1 << 16
	steps := func(a *Aliases, user uint32) (n int) {
		for a.links[user].up != user {
			user = a.links[user].up
			n++
		}
		return n
	}
	orders := map[string]func(i uint32) (from, to uint32){
		"from its beginning": func(i uint32) (from, to uint32) { return i, i + 1 },
		"from its end":       func(i uint32) (from, to uint32) { return users - i - 2, users - i - 1 },
		"of one":             func(i uint32) (from, to uint32) { return i, users - 1 },
	}
	for name, of := range orders {
		t.Run(name, func(t *testing.T) {
			var a Aliases
			for i := range uint32(users - 1) {
				require.True(t, a.Join(of(i)))
			}
			for user := range uint32(users) {
				if n := steps(&a, user); n > 16 {
					t.Fatalf("%d steps from %d", n, user)
				}
				require.Equal(t, uint32(users-1), a.Root(user))
			}
		})
	}
	t.Run("of equals", func(t *testing.T) { // the deepest that there is
		var a Aliases
		for size := uint32(1); size < users; size *= 2 {
			for first := uint32(0); first < users; first += 2 * size {
				require.True(t, a.Join(first+size-1, first+2*size-1))
			}
		}
		for user := range uint32(users) {
			if n := steps(&a, user); n > 16 {
				t.Fatalf("%d steps from %d", n, user)
			}
		}
	})
}
