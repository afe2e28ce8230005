// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

func encodeAll(b *Blocks) (chunks [][]byte) {
	var e Encoder
	for chunk := range b.Chunks() {
		chunks = append(chunks, e.AppendChunk(nil, b, chunk))
	}
	return chunks
}

func decodeAll(t *testing.T, l *Layout, chunks [][]byte) *Blocks {
	t.Helper()
	b := New(l)
	for i, data := range chunks {
		require.NoError(t, b.DecodeChunk(i, data))
	}
	require.NoError(t, b.Index())
	return b
}

func TestChunksAreReadUnderAnotherLayout(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		b, m := New(mustLayout(t, randomClaims(r))), model{}
		for range 3000 {
			live(r, b, &m)
		}
		chunks := encodeAll(b)
		require.Equal(t, chunks, encodeAll(m.build(r, b.layout)), "equal chunks give equal bytes")

		same := decodeAll(t, b.layout, chunks)
		requireModel(t, m.sorted(), same)
		require.Equal(t, chunks, encodeAll(same))
		require.Empty(t, saved(same), "all is as it was stored")

		other := mustLayout(t, randomClaims(r))
		read := m.sorted()
		for _, p := range read {
			fields := map[uint32]uint64{}
			for _, c := range b.layout.columns {
				fields[c.id] = p.fields[c.id]
			}
			if p.fields = fields; !b.layout.entries {
				p.entries = nil
			}
		}
		requireModel(t, read, decodeAll(t, other, chunks))
	}
}

func TestANewerCopyOfAChunkTakesTheOlderOnesPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	b, m := New(mustLayout(t, []Claim{{ID: 1, Kind: Half}, {ID: 3, Kind: Periods}, {Kind: Places, Count: 1}})), model{}
	read, stored := New(b.layout), 0
	for range 30 {
		for range 300 {
			live(r, b, &m)
		}
		chunks := saved(b)
		for _, chunk := range slices.Sorted(maps.Keys(chunks)) {
			require.NoError(t, read.DecodeChunk(int(chunk), chunks[chunk]))
			stored++
		}
	}
	require.NoError(t, read.Index())
	require.Greater(t, stored, 2*b.Chunks())
	require.Equal(t, b.spill.taken, read.spill.taken)
	requireModel(t, m.sorted(), read)
}

func TestWrongChunksAreRefused(t *testing.T) {
	layout := func(claims ...Claim) *Layout { return mustLayout(t, claims) }
	b := New(layout(Claim{ID: 7, Kind: Half}))
	b.Insert(1 << 40)
	b.At(0).Set32(b.layout.Field32(7), 5)
	data := encodeAll(b)[0]

	require.ErrorContains(t, New(layout(Claim{ID: 7, Kind: Word})).DecodeChunk(0, data), "field 7 was stored as a half and is claimed as a word: claim it under another number")
	require.ErrorContains(t, New(b.layout).DecodeChunk(1, data), "chunk 1 of the users follows on 0 users: the ones between are missing")
	require.ErrorContains(t, New(b.layout).DecodeChunk(0, append(data, 0)), "chunk 0 of the users: 1 bytes are left over")
	for n := range data {
		require.Error(t, New(b.layout).DecodeChunk(0, data[:n]))
	}
	var e wire.Encoder
	e.Uint(1)
	e.Bytes = append(e.Bytes, data[1:9]...)
	e.Sparse(1)   // no stamp
	for range 2 { // the field 7, twice
		e.Uint(1 + 7<<2)
		e.Sparse(0)
		e.Uint(5)
	}
	e.Uint(0)
	e.Sparse(1)
	require.ErrorIs(t, New(b.layout).DecodeChunk(0, e.Bytes), wire.ErrCorrupt)

	fewer := New(b.layout)
	fewer.Insert(1)
	fewer.Insert(2)
	require.ErrorContains(t, fewer.DecodeChunk(0, data), "it is said to have 1 users")

	twice := New(b.layout)
	twice.Insert(1 << 40)
	twice.Insert(1 << 40)
	require.ErrorContains(t, twice.Index(), "users 0 and 1 were stored under one hash")
}

func TestAUserOfOneClassIsStoredInFewBytes(t *testing.T) {
	l := mustLayout(t, []Claim{{ID: 1, Kind: Minute}, {ID: 2, Kind: Periods}})
	b, r := New(l), rand.New(rand.NewPCG(5, 5))
	const users, now = 64 * 100, 29_000_000
	for range users {
		block := b.At(b.Insert(r.Uint64()))
		stamp := uint32(now - r.IntN(3*1440))
		block.SetStamp(stamp)
		block.Set32(l.Field32(1), stamp+uint32(r.IntN(60)))
		block.Set64(l.Field64(2), 0x1249249<<38|1<<3|1|uint64(r.Uint32()&0x3f)<<4)
	}
	size := 0
	for _, chunk := range encodeAll(b) {
		size += len(chunk)
	}
	each := float64(size)/users - 8
	t.Logf("%.1f bytes a user beside the hash", each)
	require.Less(t, each, 14.0)
}

func FuzzDecodeChunk(f *testing.F) {
	claims := []Claim{{ID: 0, Kind: Half}, {ID: 1, Kind: Minute}, {ID: 2, Kind: Word}, {ID: 3, Kind: Periods}, {Kind: Places, Count: 1}}
	l := mustLayout(f, claims)
	for seed := range uint64(30) {
		r, b, m := rand.New(rand.NewPCG(seed, 6)), New(l), model{}
		for range 5 + 3*seed {
			live(r, b, &m)
		}
		f.Add(encodeAll(b)[0])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := New(l)
		if b.DecodeChunk(0, data) != nil {
			return
		}
		require.LessOrEqual(t, b.Len(), chunkBlocks)
		chunks := encodeAll(b)
		again := New(l)
		require.NoError(t, again.DecodeChunk(0, chunks[0]))
		require.Equal(t, chunks, encodeAll(again))
		require.NoError(t, New(mustLayout(t, claims[:2])).DecodeChunk(0, data))
	})
}
