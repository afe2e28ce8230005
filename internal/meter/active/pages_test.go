// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
	"github.com/stretchr/testify/require"
)

// randomPage is a population with one full page of records as users leave them
// behind, and some that nobody has.
func randomPage(classes int, rng *rand.Rand) people.Population {
	p := people.NewPopulation(classes)
	c := &period.Clock{AsOf: 29_000_000}
	for slot := range uint32(people.PageSize) {
		if rng.IntN(4) == 0 {
			continue
		}
		c.AsOf += period.Minute(rng.IntN(3000))
		c.Latest = c.AsOf
		r := p.Touch(c, slot)
		for class := range uint8(classes) {
			if rng.IntN(2) == 0 {
				r.SetLast(class, c.AsOf-period.Minute(rng.IntN(100_000)))
				r.SetBits(class, rng.Uint64()>>rng.IntN(64))
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
		p.Changed(0)
		back, wider := people.NewPopulation(classes), people.NewPopulation(classes+2)
		p.Flush(func(page uint32, data []byte) {
			require.NotZero(t, len(data)%people.RawStep, "a packed page is never as long as words are")
			require.NoError(t, back.RestorePage(page, data, nothingMore))
			require.NoError(t, wider.RestorePage(page, data, nothingMore))
		}, nothing)
		require.Equal(t, p.Pages, back.Pages)
		for slot := range uint32(people.PageSize) {
			for class := range uint8(classes) {
				require.Equal(t, p.Peek(slot).Exists(), wider.Peek(slot).Exists())
				if p.Peek(slot).Exists() {
					require.Equal(t, p.Peek(slot).Last(class), wider.Peek(slot).Last(class))
					require.Equal(t, p.Peek(slot).Bits(class), wider.Peek(slot).Bits(class))
				}
			}
		}
	}
}

func TestAPageOfWordsIsReadToo(t *testing.T) {
	p := randomPage(3, rand.New(rand.NewPCG(3, 4)))
	var raw []byte
	for _, w := range p.Pages[0] {
		raw = binary.LittleEndian.AppendUint64(raw, w)
	}
	back := people.NewPopulation(3)
	require.NoError(t, back.RestorePage(0, raw, nothingMore))
	require.Equal(t, p.Pages, back.Pages)
	require.ErrorIs(t, back.RestorePage(0, raw[people.RawStep:], nothingMore), wire.ErrCorrupt)
}

func TestAPopulationOfMoreClassesWritesEveryPage(t *testing.T) {
	p := randomPage(1, rand.New(rand.NewPCG(7, 8)))
	gone := p.Touch(&period.Clock{AsOf: 29_000_000}, 3*people.PageSize)
	clear(gone.Words) // as aliases leave it
	wider := people.NewPopulation(2)
	wider.Adopt(&p)
	back, pages := people.NewPopulation(2), 0
	wider.Flush(func(page uint32, data []byte) {
		pages++
		require.NoError(t, back.RestorePage(page, data, nothingMore))
	}, nothing)
	require.Equal(t, len(p.Pages), pages)
	require.Equal(t, wider.Pages[0], back.Pages[0])
	require.False(t, back.Peek(3*people.PageSize).Exists())
}

func TestPairsAreReadPageByPageInTheirOrder(t *testing.T) {
	s := &breakdown{totals: make([]*headcount, 7)}
	for n := range uint64(150) {
		s.pairs.Add(n/7<<32 | n%7)
	}
	back := &breakdown{totals: s.totals}
	for page := range uint32(3) {
		var e wire.Encoder
		s.encodePairs(page, &e)
		skipped := &wire.Decoder{Bytes: e.Bytes}
		(&breakdown{totals: s.totals}).decodePairs(page+1, skipped)
		require.ErrorIs(t, skipped.Err(), wire.ErrCorrupt, "a page is missing before it")
		d := &wire.Decoder{Bytes: e.Bytes}
		back.decodePairs(page, d)
		require.NoError(t, d.Err())
	}
	require.Equal(t, s.pairs.Keys, back.pairs.Keys)
}

func FuzzPageDecode(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 10 {
		p := randomPage(3, rng)
		p.Changed(0)
		p.Flush(func(_ uint32, data []byte) { f.Add(append([]byte{}, data...)) }, nothing)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := people.NewPopulation(3)
		if p.RestorePage(0, data, nothingMore) != nil || len(data)%people.RawStep == 0 {
			return
		}
		var e wire.Encoder
		p.EncodePage(0, &e)
		again := people.NewPopulation(3)
		require.NoError(t, again.RestorePage(0, append(e.Bytes, make([]byte, 1-min(1, len(e.Bytes)%people.RawStep))...), nothingMore))
		require.Equal(t, p.Pages, again.Pages)
	})
}
