// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
	"github.com/stretchr/testify/require"
)

// randomPage is a population with one full page of records as users leave them
// behind, and some that nobody has.
func randomPage(classes int, rng *rand.Rand) population {
	p := newPopulation(classes)
	c := &period.Clock{AsOf: 29_000_000}
	for slot := range uint32(pageSize) {
		if rng.IntN(4) == 0 {
			continue
		}
		c.AsOf += period.Minute(rng.IntN(3000))
		c.Latest = c.AsOf
		r := p.touch(c, slot)
		for class := range uint8(classes) {
			if rng.IntN(2) == 0 {
				r.setLast(class, c.AsOf-period.Minute(rng.IntN(100_000)))
				r.setBits(class, rng.Uint64()>>rng.IntN(64))
			}
		}
	}
	return p
}

func nothing(uint32, *wire.Encoder) {}

func nothingMore(*wire.Decoder) {}

func TestAPageIsReadBackAsItWas(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		classes := 1 + rng.IntN(5)
		p := randomPage(classes, rng)
		p.changed(0)
		back, wider := newPopulation(classes), newPopulation(classes+2)
		p.flush(func(page uint32, data []byte) {
			require.NotZero(t, len(data)%rawStep, "a packed page is never as long as words are")
			require.NoError(t, back.restorePage(page, data, nothingMore))
			require.NoError(t, wider.restorePage(page, data, nothingMore))
		}, nothing)
		require.Equal(t, p.pages, back.pages)
		for slot := range uint32(pageSize) {
			for class := range uint8(classes) {
				require.Equal(t, p.peek(slot).exists(), wider.peek(slot).exists())
				if p.peek(slot).exists() {
					require.Equal(t, p.peek(slot).last(class), wider.peek(slot).last(class))
					require.Equal(t, p.peek(slot).bits(class), wider.peek(slot).bits(class))
				}
			}
		}
	}
}

func TestAPageOfWordsIsReadToo(t *testing.T) {
	p := randomPage(3, rand.New(rand.NewPCG(3, 4)))
	var raw []byte
	for _, w := range p.pages[0] {
		raw = binary.LittleEndian.AppendUint64(raw, w)
	}
	back := newPopulation(3)
	require.NoError(t, back.restorePage(0, raw, nothingMore))
	require.Equal(t, p.pages, back.pages)
	require.ErrorIs(t, back.restorePage(0, raw[rawStep:], nothingMore), wire.ErrCorrupt)
}

func TestAPopulationOfMoreClassesWritesEveryPage(t *testing.T) {
	p := randomPage(1, rand.New(rand.NewPCG(7, 8)))
	gone := p.touch(&period.Clock{AsOf: 29_000_000}, 3*pageSize)
	clear(gone.words) // as aliases leave it
	wider := newPopulation(2)
	wider.adopt(&p)
	back, pages := newPopulation(2), 0
	wider.flush(func(page uint32, data []byte) {
		pages++
		require.NoError(t, back.restorePage(page, data, nothingMore))
	}, nothing)
	require.Equal(t, len(p.pages), pages)
	require.Equal(t, wider.pages[0], back.pages[0])
	require.False(t, back.peek(3*pageSize).exists())
}

func TestPairsAreReadPageByPageInTheirOrder(t *testing.T) {
	s := &split{totals: make([]*headcount, 7)}
	for n := range uint64(150) {
		s.pairs.add(n/7<<32 | n%7)
	}
	back := &split{totals: s.totals}
	for page := range uint32(3) {
		var e wire.Encoder
		s.encodePairs(page, &e)
		skipped := &wire.Decoder{Bytes: e.Bytes}
		(&split{totals: s.totals}).decodePairs(page+1, skipped)
		require.ErrorIs(t, skipped.Err(), wire.ErrCorrupt, "a page is missing before it")
		d := &wire.Decoder{Bytes: e.Bytes}
		back.decodePairs(page, d)
		require.NoError(t, d.Err())
	}
	require.Equal(t, s.pairs.keys, back.pairs.keys)
}

func FuzzPageDecode(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 10 {
		p := randomPage(3, rng)
		p.changed(0)
		p.flush(func(_ uint32, data []byte) { f.Add(append([]byte{}, data...)) }, nothing)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newPopulation(3)
		if p.restorePage(0, data, nothingMore) != nil || len(data)%rawStep == 0 {
			return
		}
		var e wire.Encoder
		p.encodePage(0, &e)
		again := newPopulation(3)
		require.NoError(t, again.restorePage(0, append(e.Bytes, make([]byte, 1-min(1, len(e.Bytes)%rawStep))...), nothingMore))
		require.Equal(t, p.pages, again.pages)
	})
}
