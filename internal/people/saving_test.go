// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// saved returns the chunks that changed since the last call.
func saved(b *Blocks) map[uint32][]byte {
	var s Saving
	s.Begin(b)
	chunks := map[uint32][]byte{}
	for {
		chunk, data, there := s.Next(nil)
		if !there {
			return chunks
		}
		chunks[chunk] = data
	}
}

// What is saved is what there was when it began, whatever comes between two chunks, and
// what comes is saved the next time.
func TestWhatIsSavedIsOfOneMoment(t *testing.T) {
	var s Saving
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 9))
		b, m := New(mustLayout(t, randomClaims(r))), model{}
		stored := map[uint32][]byte{}
		for range 30 {
			for range r.IntN(600) {
				live(r, b, &m)
			}
			want := encodeAll(b)
			for s.Begin(b); ; {
				for range r.IntN(20) {
					live(r, b, &m)
				}
				chunk, data, there := s.Next(nil)
				if !there {
					break
				}
				stored[chunk] = data
			}
			require.Len(t, stored, len(want))
			for chunk, data := range want {
				require.Equal(t, data, stored[uint32(chunk)], "chunk %d", chunk)
			}
		}
	}
}

func TestASavingThatIsGivenUpKeepsNothing(t *testing.T) {
	l := mustLayout(t, []Claim{{ID: 1, Kind: Half}})
	b := New(l)
	for i := range uint64(200) {
		b.Insert(i << 32)
	}
	var s Saving
	s.Begin(b)
	b.Change(70)
	require.Len(t, s.aside, 1)
	s.End()
	require.Empty(t, s.aside)
	b.Change(140)
	require.Empty(t, s.aside)
	require.Len(t, saved(b), 2)
	_, _, there := s.Next(nil)
	require.False(t, there, "nothing is left")
}
