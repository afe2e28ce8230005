// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/rowkey"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/store/rows"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// requireDuplicates sends the history again: nothing of it counts in sums.
func requireDuplicates(t testing.TB, l *Ledger, now time.Time) {
	t.Helper()
	sums := func(at time.Time) [2]float64 {
		c := collect(t, l, at)
		return [2]float64{
			figure(c, "acme", "usage_consumption_total", "meter=minutes"),
			figure(c, "acme", "usage_consumption", "meter=credits", "window=month", "period=current"),
		}
	}
	before := sums(now)
	require.Greater(t, before[0], 1e12)
	require.NotEqual(t, -1.0, before[1])
	send(t, l, now, func(b *usage.Batch) {
		for hour := range 14 * 24 {
			visits(b, hour, noon.Add(time.Duration(hour)*time.Hour))
		}
	})
	require.Equal(t, before, sums(now.Add(time.Minute)))
	send(t, l, now, func(b *usage.Batch) { visits(b, 14*24, now) })
	require.NotEqual(t, before, sums(now.Add(2*time.Minute)))
}

func TestKeysOfOlderFormatsBecomeRuns(t *testing.T) {
	for _, format := range []string{"format-3", "format-4", "format-5", "format-6"} {
		t.Run(format, func(t *testing.T) {
			fs := vfs.NewMem()
			_, err := vfs.Clone(vfs.Default, fs, filepath.Join("testdata", format), "ledger")
			require.NoError(t, err)
			s := formatSettings(t, "ledger")
			s.FS = fs
			now := noon.Add(14 * 24 * time.Hour)
			l := open(t, s, now)
			require.NotZero(t, l.book.Duplicates.Len())
			require.NoError(t, l.book.Rows.Each(rows.Under([]byte{rowkey.Duplicates}), func(key, _ []byte) error {
				t.Errorf("row %x is still there", key)
				return nil
			}))
			names, err := fs.List(fs.PathJoin("ledger", book.DuplicatesDir))
			require.NoError(t, err)
			require.NotEmpty(t, names)
			requireDuplicates(t, l, now)
			closeLedger(t, l)
		})
	}
}

// The power is cut at each write of the start that converts.
func TestAConversionMayBeCutShort(t *testing.T) {
	for _, format := range []string{"format-5", "format-6"} {
		t.Run(format, func(t *testing.T) { cutConversions(t, format) })
	}
}

func cutConversions(t *testing.T, format string) {
	t.Helper()
	cuts := 0
	for _, unsynced := range []int{0, 100} { // what lies between, Pebble does not bear: its marker may be there without the manifest
		for at, done := 0, false; !done; at += stride() {
			fs := vfs.NewCrashableMem()
			_, err := vfs.Clone(vfs.Default, fs, filepath.Join("testdata", format), "ledger", vfs.CloneSync)
			require.NoError(t, err)
			require.NoError(t, store.SyncDir(fs, ""))
			require.NoError(t, store.SyncDir(fs, "ledger"))
			s := formatSettings(t, "ledger")
			var mu sync.Mutex
			var clone *vfs.MemFS
			ops, opened := 0, atomic.Bool{}
			s.FS = errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind.ReadOrWrite() == errorfs.OpIsRead || opened.Load() {
					return nil
				}
				mu.Lock()
				defer mu.Unlock()
				if ops++; ops == at+1 {
					clone = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: rand.New(rand.NewPCG(uint64(at), 0))})
				}
				return nil
			}))
			now := noon.Add(14 * 24 * time.Hour)
			l := open(t, s, now)
			opened.Store(true)
			closeLedger(t, l)
			if done = clone == nil; done {
				cuts += at / stride()
				break
			}
			s.FS = clone
			l = open(t, s, now)
			requireDuplicates(t, l, now)
			closeLedger(t, l)
		}
	}
	t.Logf("%d power cuts", cuts)
	require.Greater(t, cuts*stride(), 40)
}

// An item whose commit fails is counted when it is sent again, though a
// checkpoint wrote keys meanwhile.
func TestNoKeyIsOnDiskBeforeItsItem(t *testing.T) {
	fs := vfs.NewCrashableMem()
	var broken atomic.Bool
	s := settings(t, errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if broken.Load() && isOfLog(op.Path) && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return errorfs.ErrInjected
		}
		return nil
	})))
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) { minutes(b, "acme", "1", 1, noon) })
	var b usage.Batch
	minutes(&b, "acme", "2", 10, noon)
	broken.Store(true)
	r, err := l.reception(noon, &b)
	require.NoError(t, err)
	for r.clerk.Next() {
		require.NoError(t, r.take())
	}
	l.mu.Lock()
	for _, o := range l.book.ByID {
		o.Dirty = false // as if the checkpoint had been past it when the item came
	}
	l.mu.Unlock()
	require.Error(t, l.checkpoint(l.book))
	crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(0, 0))})
	_ = l.Close(context.Background()) // its log is broken

	s.FS = crashed
	l = open(t, s, noon)
	require.NoError(t, l.Record(context.Background(), noon, &b))
	require.Equal(t, 11.0, figure(collect(t, l, noon.Add(time.Minute)), "acme", "usage_consumption", "window=day", "period=current"))
	closeLedger(t, l)
}
