// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// golden makes hashes of numbers.
const golden = 0x9e3779b97f4a7c15

func TestBlocksKeepWhatTheyAreGiven(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		b, m := New(mustLayout(t, randomClaims(r))), model{}
		for range 4000 {
			live(r, b, &m)
		}
		requireModel(t, m, b)
		for range 100 {
			hash := r.Uint64()
			_, known := b.Find(hash)
			require.False(t, known)
		}
	}
}

func TestNodesThatAreGivenBackAreUsedAgain(t *testing.T) {
	b := New(mustLayout(t, []Claim{{Kind: Places, Count: 1}}))
	for user := range uint64(10) {
		b.Insert(user << 32)
	}
	var size int
	for round := range 100 {
		for user := range uint32(10) {
			for i := range uint32(20) {
				b.At(user).Insert(2, i)
			}
		}
		if round == 0 {
			size = b.Bytes().Spill
			require.EqualValues(t, 10*5, b.spill.taken)
		}
		for user := range uint32(10) {
			if user%2 == 0 {
				b.Clear(user)
			}
			for i := range uint32(20) {
				require.Equal(t, user%2 != 0, b.At(user).Remove(2, i))
			}
		}
		require.Zero(t, b.spill.taken)
	}
	require.Equal(t, size, b.Bytes().Spill)
}

func TestTheTableSplitsWithoutLosingAnyone(t *testing.T) {
	const users = 400_000
	r := rand.New(rand.NewPCG(3, 1))
	b := New(mustLayout(t, nil))
	hashes := make([]uint64, users)
	for i := range hashes {
		hashes[i] = r.Uint64()
		b.Insert(hashes[i])
	}
	require.Greater(t, len(b.table.segments), 8)
	for _, s := range b.table.segments {
		require.LessOrEqual(t, len(s.lines), maxLines*9/8, "an insertion moves a segment at most")
		require.LessOrEqual(t, s.used*4, len(s.lines)*lineEntries*3)
	}
	near := 0
	requireFound(t, b, hashes)
	require.NoError(t, b.Index())
	requireFound(t, b, hashes)
	require.Less(t, float64(b.Bytes().Table)/users, 14.0)
	for i, hash := range hashes {
		tag := tagOf(hash)
		s := b.table.segment(tag)
		for _, entry := range s.lines[s.home(tag)] {
			if uint32(entry) == uint32(i+1) {
				near++
			}
		}
	}
	require.Greater(t, float64(near)/users, 0.9, "a user is found in one line in the common case")
}

// requireFound looks everyone up in each way, by their slots in order.
func requireFound(t *testing.T, b *Blocks, hashes []uint64) {
	t.Helper()
	for i, hash := range hashes {
		slot, known := b.Find(hash)
		if !known || int(slot) != i {
			require.EqualValues(t, i, slot)
		}
		guess, ok := b.Guess(hash)
		if slot, known = b.Confirm(guess, hash); !ok || !known || int(slot) != i {
			require.EqualValues(t, i, slot)
		}
		if _, known = b.Find(hash ^ 1); known {
			require.False(t, known)
		}
	}
}

func TestHashesThatAreNoneAreFound(t *testing.T) {
	b := New(mustLayout(t, nil))
	var hashes []uint64
	for i := range uint64(3000) { // one tag for all: it costs the square
		hashes = append(hashes, 2*i)
		b.Insert(2 * i)
	}
	requireFound(t, b, hashes)
}

func TestChangedNamesChunksOnce(t *testing.T) {
	l := mustLayout(t, []Claim{{ID: 1, Kind: Half}, {Kind: Places}})
	b := New(l)
	for i := range uint64(1000) {
		b.Insert(i << 32)
	}
	changed := func() []uint32 { return slices.Sorted(maps.Keys(saved(b))) }
	require.Len(t, changed(), 16)
	require.Empty(t, changed())
	for _, c := range []struct {
		what   string
		change func()
		chunks []uint32
	}{
		{"a field", func() { b.At(70).Change(); b.At(70).Set32(l.Field32(1), 1) }, []uint32{1}},
		{"an entry in the spill", func() { b.At(999).Insert(2, 3) }, []uint32{15}},
		{"that entry's word", func() { b.At(999).Change(); e, _ := b.At(999).Find(2); e.SetWord(4) }, []uint32{15}},
		{"no entry", func() { b.At(5).Remove(2, 3) }, nil},
		{"an entry that goes", func() { b.At(999).Remove(2, 3) }, []uint32{15}},
		{"periods", func() { b.At(64).Renew(9, nil) }, []uint32{1}},
		{"all that is kept of two users", func() { b.Clear(0); b.Clear(130) }, []uint32{0, 2}},
	} {
		c.change()
		require.Equal(t, c.chunks, changed(), c.what)
	}
}

func TestFewUsersCostLittleAndManyFewAllocations(t *testing.T) {
	l := mustLayout(t, []Claim{{ID: 1, Kind: Minute}, {ID: 2, Kind: Periods}})
	b := New(l)
	for i := range uint64(10) {
		b.Insert(i * golden)
	}
	size := b.Bytes()
	require.LessOrEqual(t, size.Table+size.Blocks+size.Spill, 1000)
	for i := uint64(10); i < 1_000_000; i++ {
		b.Insert(i * golden)
	}
	size = b.Bytes()
	require.LessOrEqual(t, float64(size.Table+size.Blocks)/1e6, 36.5)
	require.LessOrEqual(t, len(b.blocks.more), 31)

	reserved := New(l)
	reserved.Reserve(1000)
	reserved.Insert(1)
	require.Len(t, reserved.blocks.first, 1000*l.words)
}

func TestNothingIsAllocatedInTheSteadyState(t *testing.T) {
	l := mustLayout(t, []Claim{{ID: 1, Kind: Half}, {ID: 2, Kind: Periods}, {ID: 3, Kind: Word}, {Kind: Places, Count: 2}})
	b := New(l)
	for i := range uint64(1025) { // the 1025th made room for 127 more
		b.Insert(i * golden)
	}
	for i := range uint32(12) {
		b.At(7).Insert(2*(i+1), 0)
	}
	b.At(7).Remove(24, 0)
	f32, f64 := l.Field32(1), l.Field64(3)
	turns := []Turn{{First: 0, Width: 3, Begun: 1}}
	seven, sum := b.At(7).Hash(), uint64(0)
	var e Encoder
	data := e.AppendChunk(nil, b, 0)
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"Find", func() { slot, _ := b.Find(seven); sum += uint64(slot) }},
		{"fields", func() {
			block := b.At(7)
			block.Change()
			block.Set32(f32, block.Get32(f32)+1)
			block.Set64(f64, block.Get64(f64)+1)
		}},
		{"Renew", func() { b.At(7).Renew(8, turns) }},
		{"entries", func() {
			for c := b.At(7).Entries(); c.Next(); {
				sum += c.Entry().Word()
			}
		}},
		{"an entry that comes and goes", func() { b.At(7).Insert(99, 1); b.At(7).Remove(99, 1) }},
		{"AppendChunk", func() { data = e.AppendChunk(data[:0], b, 0) }},
	} {
		require.Zero(t, testing.AllocsPerRun(100, c.do), c.what)
	}
	next := uint64(1 << 20)
	require.Zero(t, testing.AllocsPerRun(20, func() { b.Insert(next * golden); next++ }), "Insert where there is room")
}
