// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
	"github.com/stretchr/testify/require"
)

// BenchmarkCommit is a synced commit of 8 kB: by this log, whose files are used
// again or new; by Pebble's own log; by a batch of Pebble. 64 MiB are released
// at a time, as a checkpoint does.
func BenchmarkCommit(b *testing.B) {
	const length, released = 8 << 10, 8 << 10 // bytes, records
	record := make([]byte, length)
	for i := range record {
		record[i] = byte(rand.Uint32())
	}
	run := func(name string, open func(b *testing.B, dir string) (commit func(number uint64) error)) {
		b.Run(name, func(b *testing.B) {
			commit := open(b, b.TempDir())
			number := uint64(1)
			for range released + 100 { // so that there are files to be used again
				require.NoError(b, commit(number))
				number++
			}
			b.ReportAllocs()
			b.ResetTimer()
			before := cpu(b)
			for range b.N {
				if err := commit(number); err != nil {
					b.Fatal(err)
				}
				number++
			}
			b.StopTimer()
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
	plain := func(spares int) func(b *testing.B, dir string) func(uint64) error {
		return func(b *testing.B, dir string) func(uint64) error {
			b.Helper()
			l, _ := open(b, Options{FS: vfs.Default, Dir: dir, Spares: spares}, 1)
			return func(number uint64) error {
				if number%released == 0 {
					if err := l.Release(number); err != nil {
						return err
					}
				}
				_, err := l.Append(record)
				return err
			}
		}
	}
	run("log", plain(8))
	run("log, new files", plain(-1))
	run("pebble wal", func(b *testing.B, dir string) func(uint64) error {
		b.Helper()
		const perSegment = 16 << 20 / length
		semaphore := make(chan struct{}, 100)
		m, err := wal.Init(wal.Options{
			Primary: wal.Dir{FS: vfs.Default, Dirname: dir}, MaxNumRecyclableLogs: 8, QueueSemChan: semaphore,
			PreallocateSize: func() int { return 4 << 20 }, Logger: pebble.DefaultLogger, EventListener: quiet{},
			WriteWALSyncOffsets: func() bool { return true },
		}, nil)
		require.NoError(b, err)
		var w wal.Writer
		b.Cleanup(func() {
			_, err := w.Close()
			require.NoError(b, err)
			require.NoError(b, m.Close())
		})
		segment := wal.NumWAL(0)
		return func(number uint64) error {
			if n := wal.NumWAL(number/perSegment) + 1; n != segment {
				if w != nil {
					if _, err := w.Close(); err != nil {
						return err
					}
				}
				segment = n
				if w, err = m.Create(segment, 0); err != nil {
					return err
				}
				if number%released == 0 {
					if _, err := m.Obsolete(segment, false); err != nil {
						return err
					}
				}
			}
			var done sync.WaitGroup
			var failed error
			done.Add(1)
			semaphore <- struct{}{}
			if _, err := w.WriteRecord(record, wal.SyncOptions{Done: &done, Err: &failed}, nil); err != nil {
				return err
			}
			done.Wait()
			return failed
		}
	})
	run("pebble batch", func(b *testing.B, dir string) func(uint64) error {
		b.Helper()
		db, err := pebble.Open(dir, &pebble.Options{MemTableSize: 16 << 20, Logger: silent{}})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, db.Close()) })
		key := func(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }
		return func(number uint64) error {
			if number%released == 0 {
				if err := db.DeleteRange(key(0), key(number), pebble.Sync); err != nil {
					return err
				}
			}
			return db.Set(key(number), record, pebble.Sync)
		}
	})
}

type quiet struct{}

func (quiet) LogCreated(wal.CreateInfo) {}

type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}

// cpu is what the process has used, in ns.
func cpu(b *testing.B) int64 {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return u.Utime.Nano() + u.Stime.Nano()
}
