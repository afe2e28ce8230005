// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// isOfLog reports whether a file is a segment of the log.
func isOfLog(name string) bool { return strings.HasPrefix(path.Base(name), "log-") }

// A disk that takes the log and no tables stops the ledger at the next
// checkpoint; when it takes them again, all that was acknowledged is there.
func TestATableThatCannotBeWrittenIsNotWaitedFor(t *testing.T) {
	var broken atomic.Bool
	s := settings(t, errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
		if broken.Load() && path.Ext(o.Path) == ".sst" && o.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return errorfs.ErrInjected
		}
		return nil
	})))
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) { minutes(b, "acme", "1", 1, noon) })
	broken.Store(true)
	b := l.book
	err := l.checkpoint(b)
	require.ErrorContains(t, err, "injected")
	require.ErrorIs(t, l.Ready(), usage.ErrUnavailable)
	broken.Store(false)
	require.Eventually(t, func() bool { return l.Ready() == nil }, 20*time.Second, 50*time.Millisecond)
	require.NoError(t, l.checkpoint(l.book))
	require.Equal(t, 1.0, figure(collect(t, l, noon.Add(time.Minute)), "acme", "usage_consumption", "window=day", "period=current"))
	closeLedger(t, l)
}

// stride is how many operations on files lie between those that the power is cut
// at: an ordinary run takes a sample.
func stride() int {
	if os.Getenv("USAGE_CAMPAIGN") == "long" {
		return 1
	}
	return 7
}

// life is what a ledger does in the test of crashes: it counts, makes checkpoints,
// and is closed and opened. taken is called with each request that was acknowledged.
func life(s book.Settings, taken func(request int)) error {
	for start := range 2 {
		now := noon.Add(time.Duration(start) * time.Hour)
		l, err := Open(s, now)
		if err != nil {
			return err
		}
		for i := range 6 {
			request := 6*start + i
			if err = l.Record(context.Background(), now, lifeRequest(request)); err != nil {
				break
			}
			taken(request)
			if i%2 == 1 {
				if err = l.checkpoint(l.book); err != nil {
					break
				}
			}
		}
		if err = errors.Join(err, l.Close(context.Background())); err != nil {
			return err
		}
	}
	return nil
}

// lifeRequest has items of two organizations, of a user of its own each.
func lifeRequest(n int) *usage.Batch {
	var b usage.Batch
	for _, organization := range []string{"acme", "birch"} {
		id := fmt.Sprint("request ", n)
		minutes(&b, organization, id, 1, noon)
		visit(&b, organization, "user of "+id, noon)
	}
	return &b
}

// Whenever the power is cut, what was acknowledged is there, and what is sent again
// is counted once.
func TestACrashAtAnyWriteLosesNothing(t *testing.T) {
	for _, tc := range []struct {
		name     string
		unsynced int
		at       func(errorfs.Op) bool
	}{
		{"nothing is kept that was not synced", 0, func(errorfs.Op) bool { return true }},
		{"everything is kept", 100, func(errorfs.Op) bool { return true }},
		{"a part of the log is kept", 50, func(op errorfs.Op) bool { return isOfLog(op.Path) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cuts := 0
			for at := tc.unsynced % stride(); ; at += stride() {
				fs := vfs.NewCrashableMem()
				s := settings(t, fs)
				var mu sync.Mutex
				var clone *vfs.MemFS
				var promised, known []int
				ops := 0
				s.FS = errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
					if op.Kind.ReadOrWrite() == errorfs.OpIsRead || !tc.at(op) {
						return nil
					}
					mu.Lock()
					defer mu.Unlock()
					if ops++; ops == at+1 {
						clone, known = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: tc.unsynced, RNG: rand.New(rand.NewPCG(uint64(at), 0))}), slices.Clone(promised)
					}
					return nil
				}))
				require.NoError(t, life(s, func(request int) {
					mu.Lock()
					defer mu.Unlock()
					promised = append(promised, request)
				}))
				if clone == nil {
					break
				}
				cuts++
				s.FS = clone
				requireLife(t, s, known)
			}
			t.Logf("%d power cuts", cuts)
			require.Greater(t, cuts*stride(), 30)
		})
	}
}

// requireLife opens what is left of a life, of which some requests were
// acknowledged.
func requireLife(t *testing.T, s book.Settings, promised []int) {
	t.Helper()
	now := noon.Add(time.Hour)
	l := open(t, s, now)
	for _, request := range promised {
		require.NoError(t, l.Record(context.Background(), now, lifeRequest(request)))
	}
	c := collect(t, l, now.Add(time.Minute))
	for _, organization := range []string{"acme", "birch"} {
		duplicates := max(0, figure(c, organization, "usage_items_total", "outcome=duplicate"))
		require.Equal(t, float64(len(promised)), duplicates, "of %s", organization)
	}
	for request := range 12 {
		require.NoError(t, l.Record(context.Background(), now.Add(time.Minute), lifeRequest(request)))
	}
	c = collect(t, l, now.Add(2*time.Minute))
	for _, organization := range []string{"acme", "birch"} {
		require.Equal(t, 12.0, figure(c, organization, "usage_consumption", "window=day", "period=current"))
		require.Equal(t, 12.0, figure(c, organization, "usage_active_users", "window=day", "period=current"))
	}
	closeLedger(t, l)
}

// Whichever call on files fails, once or from then on, nobody waits for good, nothing
// panics, and what was acknowledged is there when the disk is fine again.
func TestAnErrorAtAnyCallLosesNothing(t *testing.T) {
	for _, tc := range []struct {
		name    string
		forGood bool
		reads   bool
	}{{"once", false, false}, {"from then on", true, false}, {"a read, once", false, true}} {
		t.Run(tc.name, func(t *testing.T) {
			failures := 0
			for at := 0; ; at += stride() {
				fs := vfs.NewCrashableMem()
				s := settings(t, fs)
				var broken atomic.Bool
				var ops atomic.Int64
				broken.Store(true)
				s.FS = errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
					if !broken.Load() || (op.Kind.ReadOrWrite() == errorfs.OpIsRead) != tc.reads || op.Kind == errorfs.OpGetDiskUsage {
						return nil
					}
					if n := ops.Add(1); n == int64(at+1) || tc.forGood && n > int64(at+1) {
						return errorfs.ErrInjected
					}
					return nil
				}))
				var promised []int
				_ = life(s, func(request int) { promised = append(promised, request) }) // what failed is sent again
				if ops.Load() <= int64(at) {
					break
				}
				failures++
				broken.Store(false)
				s.FS = fs
				requireLife(t, s, promised)
			}
			t.Logf("%d failures", failures)
			require.Greater(t, failures*stride(), 30)
		})
	}
}

// The store has no sync of its own while requests come: there is one a commit.
func TestOnlyTheLogIsSyncedWhileRequestsCome(t *testing.T) {
	var counting atomic.Bool
	var log, others atomic.Int64
	s := settings(t, errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
		switch {
		case !counting.Load() || o.Kind != errorfs.OpFileSync && o.Kind != errorfs.OpFileSyncData:
		case isOfLog(o.Path):
			log.Add(1)
		default:
			others.Add(1)
		}
		return nil
	})))
	l := open(t, s, noon)
	require.NoError(t, l.checkpoint(l.book))
	settled(t, l)
	counting.Store(true)
	for request := range 50 {
		require.NoError(t, l.Record(context.Background(), noon, lifeRequest(request)))
	}
	counting.Store(false)
	require.EqualValues(t, 50, log.Load())
	require.Zero(t, others.Load())
	closeLedger(t, l)
}
