// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// oneMeter has a block of 24 bytes, sevenMeters one of 256.
var (
	oneMeter    = []Claim{{ID: 0, Kind: Minute}, {ID: 1, Kind: Periods}}
	sevenMeters = func() (claims []Claim) {
		for meter := range uint32(7) {
			claims = append(claims,
				Claim{ID: 4 * meter, Kind: Minute, Group: meter},
				Claim{ID: 4*meter + 1, Kind: Periods, Group: meter},
				Claim{ID: 4*meter + 2, Kind: Word, Group: meter})
		}
		return append(claims, Claim{Kind: Places, Count: 6})
	}()
)

func filled(b *testing.B, claims []Claim, users int) (blocks *Blocks, hashes []uint64) {
	b.Helper()
	blocks = New(mustLayout(b, claims))
	r := rand.New(rand.NewPCG(1, 7))
	for range users {
		hashes = append(hashes, r.Uint64())
		blocks.Insert(hashes[len(hashes)-1])
	}
	return blocks, hashes
}

var sink uint64

// BenchmarkBatch looks 512 random users of a million up and changes a field and
// the periods of each, at once and after passes that only read.
func BenchmarkBatch(b *testing.B) {
	const users, batch = 1_000_000, 512
	for _, claims := range [][]Claim{oneMeter, sevenMeters} {
		blocks, hashes := filled(b, claims, users)
		size, l := blocks.Bytes(), blocks.layout
		last, periods := l.Field32(0), l.Field64(1)
		change := func(slot uint32) {
			block := blocks.At(slot)
			block.Change()
			block.Set32(last, block.Get32(last)+1)
			block.Set64(periods, block.Get64(periods)|1)
		}
		atOnce := func(picked []uint64, _ []uint32) {
			for _, hash := range picked {
				slot, _ := blocks.Find(hash)
				change(slot)
			}
		}
		inPasses := func(picked []uint64, slots []uint32) {
			for _, hash := range picked {
				blocks.PrefetchTable(hash)
			}
			for i, hash := range picked {
				slots[i], _ = blocks.Guess(hash)
			}
			for _, slot := range slots {
				blocks.Prefetch(slot)
			}
			for i, hash := range picked {
				slot, _ := blocks.Confirm(slots[i], hash)
				change(slot)
			}
		}
		for way, find := range map[string]func([]uint64, []uint32){"at-once": atOnce, "in-passes": inPasses} {
			b.Run(fmt.Sprintf("bytes=%d/%s", l.BlockBytes(), way), func(b *testing.B) {
				r := rand.New(rand.NewPCG(2, 7))
				picked, slots := make([]uint64, batch), make([]uint32, batch)
				var spent []time.Duration
				for b.Loop() {
					for i := range picked {
						picked[i] = hashes[r.IntN(users)]
					}
					start := time.Now()
					find(picked, slots)
					spent = append(spent, time.Since(start))
				}
				slices.Sort(spent)
				b.ReportMetric(float64(spent[0].Nanoseconds())/batch, "best-ns/user")
				b.ReportMetric(float64(spent[len(spent)/2].Nanoseconds())/batch, "median-ns/user")
				b.ReportMetric(float64(size.Table)/users, "table-B/user")
				b.ReportMetric(float64(size.Blocks)/users, "block-B/user")
			})
		}
	}
}

// BenchmarkInsert brings ten million users and names the longest insertion: of
// the shortest time that each took in three runs, as others use the machine.
func BenchmarkInsert(b *testing.B) {
	const users, runs = 10_000_000, 3
	for b.Loop() {
		shortest := make([]uint32, users)
		best := time.Duration(math.MaxInt64)
		for run := range runs {
			blocks := New(mustLayout(b, oneMeter))
			r := rand.New(rand.NewPCG(1, 7))
			start := time.Now()
			at := start
			for i := range shortest {
				blocks.Insert(r.Uint64())
				now := time.Now()
				if took := uint32(min(now.Sub(at), time.Second)); run == 0 || took < shortest[i] {
					shortest[i] = took
				}
				at = now
			}
			best = min(best, at.Sub(start))
		}
		b.ReportMetric(float64(best)/users, "ns/user")
		b.ReportMetric(float64(slices.Max(shortest))/1e3, "longest-us")
	}
}

// BenchmarkEntries looks an entry up that is the sixth of a user's, in the
// block, and one that is the twelfth, in the spill.
func BenchmarkEntries(b *testing.B) {
	blocks, _ := filled(b, sevenMeters, 64)
	for id := range uint32(12) {
		blocks.At(9).Insert(id+1, 0)
	}
	for _, id := range []uint32{6, 12} {
		b.Run(strconv.FormatUint(uint64(id), 10), func(b *testing.B) {
			for b.Loop() {
				e, _ := blocks.At(9).Find(id)
				sink += e.Word()
			}
		})
	}
}

// BenchmarkChunk stores and reads users of all seven meters.
func BenchmarkChunk(b *testing.B) {
	const users = 64 * 256
	blocks, _ := filled(b, sevenMeters, users)
	r := rand.New(rand.NewPCG(3, 7))
	for slot := range uint32(users) {
		block := blocks.At(slot)
		block.SetStamp(29_000_000 + uint32(r.IntN(1440)))
		for meter := range uint32(3) {
			block.Set32(blocks.layout.Field32(4*meter), block.Stamp()-uint32(r.IntN(60)))
			block.Set64(blocks.layout.Field64(4*meter+1), r.Uint64()&r.Uint64()&r.Uint64())
			block.Set64(blocks.layout.Field64(4*meter+2), r.Uint64()>>30)
		}
		block.Insert(2*uint32(r.IntN(8))+Periodic, block.Stamp()).SetWord(1)
	}
	var e Encoder
	var chunks [][]byte
	bytes := 0
	for chunk := range blocks.Chunks() {
		chunks = append(chunks, e.AppendChunk(nil, blocks, chunk))
		bytes += len(chunks[chunk])
	}
	b.Run("append", func(b *testing.B) {
		var to []byte
		for b.Loop() {
			for chunk := range chunks {
				to = e.AppendChunk(to[:0], blocks, chunk)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/users, "ns/user")
		b.ReportMetric(float64(bytes)/users, "B/user")
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			read := New(blocks.layout)
			read.Reserve(users)
			for chunk, data := range chunks {
				require.NoError(b, read.DecodeChunk(chunk, data))
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/users, "ns/user")
	})
	b.Run("index", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, blocks.Index())
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/users, "ns/user")
	})
}
