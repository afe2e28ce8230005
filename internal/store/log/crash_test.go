// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"bytes"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
)

// A life is a log through crashes and failures at any of its operations on
// files, beside what has to come back of it.
type life struct {
	t      *testing.T
	seed   int
	random *rand.Rand

	mem     *vfs.MemFS
	crashed *vfs.MemFS // what is left of mem by the crash, once it has happened
	until   int        // operations until the next trouble
	fails   bool       // the trouble is an error, not a crash

	log       *Log
	first     uint64   // number of records[0]
	records   [][]byte // acknowledged, or read at a start
	attempted []byte   // may be the last record
	attempt   bool
}

// MaybeError is the trouble.
func (l *life) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead || op.Kind == errorfs.OpFileClose {
		return nil
	}
	if l.until--; l.until != 0 {
		return nil
	}
	if l.fails {
		return []error{errorfs.ErrInjected, syscall.ENOSPC}[l.random.IntN(2)]
	}
	l.crashed = l.crash(l.mem)
	return nil
}

func (l *life) String() string { return "life" }

func (l *life) crash(fs *vfs.MemFS) *vfs.MemFS {
	percent := []int{0, 50, 100, l.random.IntN(101)}[l.random.IntN(4)]
	return fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: l.random})
}

// start opens the log and compares; troubles may come meanwhile.
func (l *life) start() {
	for {
		l.until, l.fails, l.crashed = 1+l.random.IntN(1+l.random.IntN(60)), l.random.IntN(3) == 0, nil
		var h history
		o := small(errorfs.Wrap(l.mem, l))
		o.Reached = 1 // so that what a crash leaves is told from damage
		opened, err := Open(o, l.first, h.replay)
		if l.crashed != nil {
			if err == nil {
				require.NoError(l.t, opened.Close())
			}
			l.mem = l.crashed
			continue
		}
		if err != nil {
			require.True(l.t, l.fails && l.until <= 0, "%v", err)
			if l.random.IntN(2) == 0 {
				l.mem = l.crash(l.mem)
			}
			continue
		}
		l.log = opened
		if len(h.records) == len(l.records)+1 && l.attempt {
			require.True(l.t, bytes.Equal(l.attempted, h.records[len(l.records)]))
			l.records = append(l.records, l.attempted)
		}
		l.attempt = false
		l.same(h)
		require.Equal(l.t, l.first+uint64(len(l.records)), opened.Next())
		return
	}
}

func (l *life) same(h history) {
	require.Len(l.t, h.records, len(l.records), "seed %d", l.seed)
	if len(l.records) > 0 {
		require.Equal(l.t, l.first, h.first)
	}
	for i := range h.records {
		require.True(l.t, bytes.Equal(l.records[i], h.records[i]), "seed %d, record %d", l.seed, l.first+uint64(i))
	}
}

// step does one thing, and reports whether the log goes on.
func (l *life) step() bool {
	var err error
	switch n := l.random.IntN(20); {
	case n < 14:
		record := make([]byte, []int{l.random.IntN(50), l.random.IntN(3000), l.random.IntN(20000)}[l.random.IntN(3)])
		for i := range record {
			record[i] = byte(l.random.Uint32())
		}
		var number uint64
		if number, err = l.log.Append(record); err == nil && l.crashed == nil {
			require.Equal(l.t, l.first+uint64(len(l.records)), number)
			l.records = append(l.records, record)
		} else {
			l.attempted, l.attempt = record, true
		}
	case n < 17:
		drop := l.random.IntN(len(l.records) + 1)
		l.first, l.records = l.first+uint64(drop), l.records[drop:]
		err = l.log.Release(l.first)
	case n < 18:
		err = l.log.Scrub()
	case n < 19:
		const to = "/copy"
		require.NoError(l.t, l.mem.RemoveAll(to))
		require.NoError(l.t, l.mem.MkdirAll(to, 0o700))
		if err = l.log.Copy(to); err == nil {
			o := small(l.mem)
			o.Dir = to
			var h history
			copied, failed := Open(o, l.first, h.replay)
			require.NoError(l.t, failed)
			require.NoError(l.t, copied.Close())
			l.same(h)
		}
	default: // stopped, or killed
		require.NoError(l.t, l.log.Close())
		if l.crashed == nil && l.random.IntN(2) == 0 {
			l.mem = l.crash(l.mem)
		}
		if l.crashed == nil {
			l.start()
			return true
		}
	}
	if l.crashed != nil {
		_ = l.log.Close()
		l.mem = l.crashed
		return false
	}
	if err != nil {
		require.True(l.t, l.fails && l.until <= 0, "%v", err)
		require.NoError(l.t, l.log.Close())
		if l.random.IntN(2) == 0 {
			l.mem = l.crash(l.mem)
		}
		return false
	}
	return true
}

// TestNothingAcknowledgedIsLost runs many lives, each of a seed.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	seeds, starts := 200, 0
	if testing.Short() {
		seeds = 40
	}
	for seed := range seeds {
		l := &life{t: t, seed: seed, random: rand.New(rand.NewPCG(uint64(seed), 12)), mem: vfs.NewCrashableMem(), first: 1}
		for range 8 {
			l.start()
			for starts++; l.step(); {
				continue
			}
		}
	}
	t.Logf("%d starts", starts)
}

// TestAFailedStartIsNoReasonToRemove: the last record is in a segment that a
// failed start has not synced, and on disk only in the one before.
func TestAFailedStartIsNoReasonToRemove(t *testing.T) {
	mem := vfs.NewCrashableMem()
	l, _ := open(t, small(mem), 1)
	add(t, l, []byte("one"))
	require.NoError(t, l.Close())
	_, err := Open(small(errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSyncData {
			return errorfs.ErrInjected
		}
		return nil
	}))), 1, func(uint64, []byte) error { return nil })
	require.ErrorIs(t, err, errorfs.ErrInjected)
	var crashes []*vfs.MemFS
	open(t, small(errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			crashes = append(crashes, mem.CrashClone(vfs.CrashCloneCfg{}))
			d, err := mem.OpenDir(dir) // what was removed may stay so
			require.NoError(t, err)
			require.NoError(t, d.Sync())
			require.NoError(t, d.Close())
			crashes = append(crashes, mem.CrashClone(vfs.CrashCloneCfg{}))
		}
		return nil
	}))), 1)
	require.NotEmpty(t, crashes)
	for _, fs := range crashes {
		_, h := open(t, small(fs), 1)
		require.Equal(t, [][]byte{[]byte("one")}, h.records)
	}
}
