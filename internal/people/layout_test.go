// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASmallBlockHasNothingToSpare(t *testing.T) {
	class := func(n uint32) []Claim {
		return []Claim{{ID: 2 * n, Kind: Minute, Group: n}, {ID: 2*n + 1, Kind: Periods, Group: n}}
	}
	spilled, inline := Claim{Kind: Places}, Claim{Kind: Places, Count: 4}
	for _, c := range []struct {
		what          string
		claims        []Claim
		bytes, places int
	}{
		{"nothing", nil, 16, 0},
		{"one meter with one class", class(0), 24, 0},
		{"and entries in the spill", append(class(0), spilled), 32, 0},
		{"two classes", append(class(0), class(1)...), 64, 0},
		{"and entries in the spill, for which a line has room", append(append(class(0), class(1)...), spilled), 64, 1},
		{"entries only", []Claim{spilled}, 16, 0},
		{"four entries in the block, and three of a whole line", []Claim{inline}, 128, 7},
	} {
		l := mustLayout(t, c.claims)
		require.Equal(t, c.bytes, l.BlockBytes(), c.what)
		require.Equal(t, c.places, l.Places(), c.what)
	}
}

func TestGroupsStandInOneLine(t *testing.T) {
	var claims []Claim
	for meter := range uint32(6) {
		for i := range uint32(3) {
			claims = append(claims, Claim{ID: 10*meter + i, Kind: Word, Group: meter}, Claim{ID: 10*meter + 5 + i, Kind: Half, Group: meter})
		}
	}
	l := mustLayout(t, claims) // 6 groups of 36 bytes and a header of 12 are 228 bytes
	require.Equal(t, 256, l.BlockBytes())
	whole := 0
	for meter := range uint32(6) {
		lines := map[int]bool{}
		for i := range uint32(3) {
			lines[int(l.Field64(10*meter+i))/lineWords] = true
			lines[int(l.Field32(10*meter+5+i))/lineHalves] = true
		}
		if len(lines) == 1 {
			whole++
		}
	}
	require.Equal(t, 4, whole, "a group a line, and two in what they leave")
	require.Less(t, int(l.Field64(0)), lineWords, "the first group stands beside the hash")
}

func TestFieldsDoNotOverlap(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		claims := randomClaims(r)
		l := mustLayout(t, claims)
		taken := make([]bool, 2*l.words)
		take := func(from, n int) {
			for i := from; i < from+n; i++ {
				require.False(t, taken[i], "half %d of %v", i, claims)
				taken[i] = true
			}
		}
		take(0, 3)
		if l.entries {
			take(int(linkHalf), 1)
		}
		halves := 0
		for _, c := range claims {
			switch {
			case c.Kind == Places:
				require.GreaterOrEqual(t, l.places, c.Count)
			case c.Kind.wide():
				take(2*int(l.Field64(c.ID)), 2)
				halves += 2
			default:
				take(int(l.Field32(c.ID)), 1)
				halves++
			}
		}
		take(2*l.first, 2*entryWords*l.places)
		if l.words*2 > smallHalves {
			require.Zero(t, l.words%lineWords)
		}
		if !l.entries {
			require.LessOrEqual(t, l.words*2, roundUp(halves+3, lineHalves)+lineHalves)
		}
	}
}

func TestWrongClaimsAreRefused(t *testing.T) {
	for message, claims := range map[string][]Claim{
		"two fields are claimed under the number 7":        {{ID: 7, Kind: Half}, {ID: 7, Kind: Word}},
		"claim 3 is of an unknown kind 9":                  {{ID: 3, Kind: 9}},
		"a claim of -1 places":                             {{Kind: Places, Count: -1}},
		"0 fields and 4000 entries of every user":          {{Kind: Places, Count: 4000}},
		"a claim of 4097 places for entries: at most 4096": {{Kind: Places, Count: 4097}},
	} {
		_, err := NewLayout(claims)
		require.ErrorContains(t, err, message)
	}
}
