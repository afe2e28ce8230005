// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const today = uint16(20778) // 2026-11-21

var prefix = []byte("d")

type quiet struct{ pebble.Logger }

func (quiet) Infof(string, ...any) {}

// store is a Set with its database on a file system in memory.
type store struct {
	*Set
	t  testing.TB
	fs vfs.FS
	db *pebble.DB
}

func newStore(t testing.TB) *store {
	t.Helper()
	s := &store{t: t, fs: vfs.NewMem()}
	s.open()
	t.Cleanup(func() { require.NoError(t, s.db.Close()) })
	return s
}

func (s *store) open() {
	o := &pebble.Options{FS: s.fs, Logger: quiet{pebble.DefaultLogger}}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	var err error
	s.db, err = pebble.Open("", o)
	require.NoError(s.t, err)
	s.Set, err = Open(s.db, prefix, today)
	require.NoError(s.t, err)
}

func (s *store) reopen() {
	require.NoError(s.t, s.db.Close())
	s.open()
}

func (s *store) commit(fill func(b *pebble.Batch) error) {
	b := s.db.NewBatch()
	require.NoError(s.t, fill(b))
	require.NoError(s.t, b.Commit(pebble.Sync))
}

func (s *store) flush() {
	s.commit(s.Flush)
	s.Flushed()
}

func (s *store) drop(before uint16) {
	s.commit(func(b *pebble.Batch) error { return s.Drop(before, b) })
}

func (s *store) seen(uid usage.UID) bool {
	seen, err := s.Seen(uid)
	require.NoError(s.t, err)
	return seen
}

// onDiskKeys counts the keys under the prefix.
func (s *store) onDiskKeys() (n int) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	require.NoError(s.t, err)
	for ok := it.First(); ok; ok = it.Next() {
		n++
	}
	require.NoError(s.t, it.Close())
	return n
}

func uidOf(n int) usage.UID {
	h := uint64(n)*0x9e3779b97f4a7c15 + 1
	mix := func(h uint64) uint64 {
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		return h ^ h>>31
	}
	return usage.UID{mix(h), mix(^h)}
}

func TestAKeyIsSeenFromTheMomentItWasAdded(t *testing.T) {
	s := newStore(t)
	require.False(t, s.seen(uidOf(1)))
	s.Add(today, uidOf(1))
	require.True(t, s.seen(uidOf(1)), "in memory")
	s.Seal()
	require.True(t, s.seen(uidOf(1)), "on its way")
	s.Add(today, uidOf(2))
	s.commit(s.Write)
	s.Flushed()
	require.Empty(t, s.sealed.entries)
	require.True(t, s.seen(uidOf(1)), "on disk")
	require.True(t, s.seen(uidOf(2)), "added while the other was written")
	require.False(t, s.seen(uidOf(3)))
	require.Equal(t, 1, s.onDiskKeys())
	s.flush()
	s.reopen()
	require.True(t, s.seen(uidOf(1)), "after a restart")
	require.True(t, s.seen(uidOf(2)))
	require.False(t, s.seen(uidOf(3)))
	require.Equal(t, 2, s.Len())
}

func TestAKeyThatWasNotFlushedIsGoneAfterARestart(t *testing.T) {
	s := newStore(t)
	s.Add(today, uidOf(1))
	s.reopen()
	require.False(t, s.seen(uidOf(1)))
	s.Add(today, uidOf(1))
	require.True(t, s.seen(uidOf(1)))
}

func TestAnItemSentAgainWithAnotherTimeIsADuplicate(t *testing.T) {
	for _, where := range []string{"memory", "disk"} {
		t.Run(where, func(t *testing.T) {
			s := newStore(t)
			s.Add(today-35, uidOf(1))
			if where == "disk" {
				s.flush()
			}
			s.Add(today, uidOf(2))
			require.True(t, s.seen(uidOf(1)))
		})
	}
}

func TestAddingAKeyTwiceWritesItOnce(t *testing.T) {
	s := newStore(t)
	s.Add(today, uidOf(1))
	s.Add(today, uidOf(1))
	s.Add(today-20, uidOf(1))
	s.Seal()
	s.Add(today, uidOf(1))
	s.flush()
	require.Equal(t, 1, s.onDiskKeys())
	require.Equal(t, 1, s.Len())
}

func TestAFlushThatWasNotCommittedIsWrittenAgain(t *testing.T) {
	s := newStore(t)
	s.Add(today, uidOf(1))
	lost := s.db.NewBatch()
	require.NoError(t, s.Flush(lost))
	require.NoError(t, lost.Close())
	s.Add(today, uidOf(2))
	s.flush()
	require.Equal(t, 2, s.onDiskKeys())
	require.Empty(t, s.recent.entries)
}

func TestKeysAreTakenWhileOthersAreWritten(t *testing.T) {
	s := newStore(t)
	for n := range 10_000 {
		s.Add(today, uidOf(n))
	}
	s.Seal()
	b := s.db.NewBatch()
	written := make(chan error)
	go func() { written <- s.Write(b) }()
	for n := range 20_000 {
		if n >= 10_000 {
			s.Add(today, uidOf(n))
		}
		require.True(t, s.seen(uidOf(n)))
	}
	require.NoError(t, <-written)
	require.NoError(t, b.Commit(pebble.Sync))
	s.Flushed()
	require.Equal(t, 10_000, s.onDiskKeys())
}

func TestKeysAreWrittenInTheirOrder(t *testing.T) {
	s := newStore(t)
	for n := range 1000 {
		s.Add(today-uint16(n%40), uidOf(n))
	}
	b := s.db.NewBatch()
	require.NoError(t, s.Flush(b))
	var before []byte
	r := b.Reader()
	for range 1000 {
		_, key, _, ok, err := r.Next()
		require.NoError(t, err)
		require.True(t, ok)
		require.Negative(t, pebble.DefaultComparer.Compare(before, key))
		before = key
	}
	require.NoError(t, b.Close())
}

func TestADroppedEpochLeavesNeitherMemoryNorKeys(t *testing.T) {
	s := newStore(t)
	first := epochOf(today) - 2*epochDays
	for day := first; day <= today; day++ {
		s.Add(day, uidOf(int(day)))
	}
	s.flush()
	s.drop(first + epochDays - 1)
	require.Len(t, s.epochs, 3, "the epoch's last day is still wanted")
	require.True(t, s.seen(uidOf(int(first))))
	s.drop(first + epochDays)
	require.Len(t, s.epochs, 2)
	require.False(t, s.seen(uidOf(int(first+epochDays-1))))
	require.True(t, s.seen(uidOf(int(first+epochDays))))
	require.Equal(t, s.Len(), s.onDiskKeys())
	s.Add(first, uidOf(int(first)))
	require.False(t, s.seen(uidOf(int(first))), "a dropped day takes no keys")
	s.reopen()
	require.Len(t, s.epochs, 2)
	require.Equal(t, s.Len(), s.onDiskKeys())
}

func TestDroppingInTheBatchOfAFlushDropsItsKeysToo(t *testing.T) {
	s := newStore(t)
	s.Add(today-100, uidOf(1))
	s.Add(today, uidOf(2))
	b := s.db.NewBatch()
	require.NoError(t, s.Flush(b))
	require.NoError(t, s.Drop(today-37, b))
	require.NoError(t, b.Commit(pebble.Sync))
	s.Flushed()
	require.Equal(t, 1, s.onDiskKeys())
}

func TestKeysOfOthersBesideThePrefixAreLeftAlone(t *testing.T) {
	s := newStore(t)
	for _, other := range []string{"c", "cz", "e", "e\x00\x00"} {
		require.NoError(t, s.db.Set([]byte(other), nil, pebble.Sync))
	}
	s.Add(today, uidOf(1))
	s.flush()
	s.reopen()
	require.Equal(t, 1, s.Len())
	s.drop(today + 100)
	require.Zero(t, s.onDiskKeys())
	for _, other := range []string{"c", "cz", "e", "e\x00\x00"} {
		_, closer, err := s.db.Get([]byte(other))
		require.NoError(t, err)
		require.NoError(t, closer.Close())
	}
}

func TestADamagedKeyIsRefusedAtOpen(t *testing.T) {
	s := newStore(t)
	require.NoError(t, s.db.Set([]byte("dshort"), nil, pebble.Sync))
	_, err := Open(s.db, prefix, today)
	require.ErrorContains(t, err, "key of 5 bytes")
}

func TestAnUnreadableDiskIsAnErrorAndNotANewKey(t *testing.T) {
	failing := &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileReadAt {
			return errorfs.ErrInjected
		}
		return nil
	})}
	s := newStore(t)
	s.fs = errorfs.Wrap(s.fs, failing)
	s.reopen()
	for n := range 1000 {
		s.Add(today, uidOf(n))
	}
	s.flush()
	require.NoError(t, s.db.Flush())
	failing.On()
	_, err := s.Seen(uidOf(1))
	require.ErrorIs(t, err, errorfs.ErrInjected)
	require.ErrorContains(t, err, "look up a counted item")
	failing.Off()
	require.True(t, s.seen(uidOf(1)))
}

func TestThePrefixEndsWhereItsKeysDo(t *testing.T) {
	require.Equal(t, []byte("e"), after([]byte("d")))
	require.Equal(t, []byte{1, 3}, after([]byte{1, 2, 0xff}))
	require.Nil(t, after([]byte{0xff}))
	require.Nil(t, after(nil))
}

// TestTheSetIsExact walks at random beside a map: adds, resends, flushes,
// failed ones, restarts, days that pass.
func TestTheSetIsExact(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			s, now := newStore(t), today
			onDisk, recent, sealed := map[usage.UID]uint16{}, map[usage.UID]uint16{}, map[usage.UID]uint16{}
			known := func(uid usage.UID) bool {
				for _, m := range []map[usage.UID]uint16{onDisk, recent, sealed} {
					if _, in := m[uid]; in {
						return true
					}
				}
				return false
			}
			move := func(to, from map[usage.UID]uint16) {
				maps.Copy(to, from)
				clear(from)
			}
			for range 4000 {
				uid := uidOf(r.IntN(3000))
				require.Equal(t, known(uid), s.seen(uid))
				if !known(uid) {
					day := now - uint16(r.IntN(36))
					s.Add(day, uid)
					recent[uid] = day
				}
				switch r.IntN(400) {
				case 0, 1:
					s.flush()
					move(sealed, recent)
					move(onDisk, sealed)
				case 2:
					s.Seal()
					move(sealed, recent)
				case 3:
					s.commit(s.Write)
					s.Flushed()
					move(onDisk, sealed)
				case 4:
					s.reopen()
					clear(recent)
					clear(sealed)
				case 5:
					s.flush()
					move(sealed, recent)
					move(onDisk, sealed)
					now += uint16(r.IntN(12))
					s.drop(now - 37)
					for uid, day := range onDisk {
						if epochOf(day) < epochOf(now-37) {
							delete(onDisk, uid)
						}
					}
				}
			}
			require.Equal(t, len(onDisk)+len(recent)+len(sealed), s.Len())
		})
	}
}

func TestNewKeysRarelyGoToDisk(t *testing.T) {
	var f filter
	const keys = 1_000_000
	f.grow(keys)
	for n := range keys {
		f.add(uidOf(n))
	}
	require.Len(t, f.layers, 1)
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

func TestAFilterGrowsWithItsKeysAndTheNextIsMadeForAsMany(t *testing.T) {
	s := newStore(t)
	for n := range 100_000 {
		s.Add(today, uidOf(n))
	}
	require.Len(t, s.epochs[0].filter.layers, 4)
	s.Add(today-30, uidOf(100_001))
	require.Len(t, s.epochs[1].filter.layers[0].blocks, 128, "late items are few")
	s.Add(today+epochDays, uidOf(100_002))
	require.Equal(t, 100_000-1, s.epochs[0].filter.layers[0].room)
	s.flush()
	require.NoError(t, s.db.Flush())
	s.reopen()
	require.Len(t, s.epochs[1].filter.layers, 1, "read back, it has one layer")
}

func TestSeenAndAddDoNotAllocateInTheSteadyState(t *testing.T) {
	s := newStore(t)
	n := 0
	for range 4 {
		for range 50_000 {
			s.Add(today, uidOf(n))
			n++
		}
		s.flush()
	}
	s.Add(today, uidOf(n))
	allocs := testing.AllocsPerRun(20_000, func() {
		n++
		if seen, err := s.Seen(uidOf(n)); err == nil && !seen {
			s.Add(today, uidOf(n))
		}
	})
	require.Zero(t, allocs)
}

// load puts keys of 37 days straight into the database, and opens the set.
func (s *store) load(keys int) {
	batch := s.db.NewBatch()
	for n := range keys {
		key := appendKey(slices.Clone(prefix), epochOf(today-uint16(n%37)), uidOf(n))
		require.NoError(s.t, batch.Set(key, nil, nil))
		if n%500_000 == 499_999 {
			require.NoError(s.t, batch.Commit(pebble.Sync))
			batch = s.db.NewBatch()
		}
	}
	require.NoError(s.t, batch.Commit(pebble.Sync))
	require.NoError(s.t, s.db.Compact(context.Background(), prefix, after(prefix), false))
	var err error
	s.Set, err = Open(s.db, prefix, today)
	require.NoError(s.t, err)
}

func BenchmarkNewKey(b *testing.B) {
	for _, keys := range []int{0, 1_000_000} {
		b.Run(fmt.Sprint("keys=", keys), func(b *testing.B) {
			s := newStore(b)
			s.load(keys)
			n := keys
			next := func() {
				if seen, _ := s.Seen(uidOf(n)); !seen {
					s.Add(today, uidOf(n))
				}
				if n++; n%100_000 == 0 {
					s.Seal()
					s.Flushed()
				}
			}
			for range 300_000 {
				next()
			}
			b.ReportAllocs()
			for b.Loop() {
				next()
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	s := newStore(b)
	const keys = 1_000_000
	s.load(keys)
	for b.Loop() {
		set, err := Open(s.db, prefix, today)
		require.NoError(b, err)
		require.Equal(b, keys, set.Len())
	}
	b.ReportMetric(float64(keys)*float64(b.N)/b.Elapsed().Seconds(), "keys/s")
}
