// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package rows

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, fs vfs.FS) *DB {
	t.Helper()
	d, err := Open(Options{FS: fs, Dir: "", Logger: zap.NewNop()})
	require.NoError(t, err)
	return d
}

func batch(t *testing.T, d *DB, keys ...string) *pebble.Batch {
	t.Helper()
	b := d.NewBatch()
	for _, key := range keys {
		require.NoError(t, b.Set([]byte(key), []byte("of "+key), nil))
	}
	return b
}

func TestRowsUnderAPrefix(t *testing.T) {
	d := open(t, vfs.NewMem())
	keys := []string{"a", "a\xff", "a\xff\xff", "b", "\xff\xff", "\xff\xff\x01"}
	require.NoError(t, d.Write(batch(t, d, keys...)))
	under := func(prefix string) (found []string) {
		require.NoError(t, d.Each(Under([]byte(prefix)), func(key, value []byte) error {
			require.Equal(t, "of "+string(key), string(value))
			found = append(found, string(key))
			return nil
		}))
		return found
	}
	for _, prefix := range []string{"", "a", "a\xff", "a\xff\xff", "b", "c", "\xff", "\xff\xff"} {
		var want []string
		for _, key := range keys {
			if strings.HasPrefix(key, prefix) {
				want = append(want, key)
			}
		}
		require.Equal(t, want, under(prefix), "%q", prefix)
	}
	enough := errors.New("enough")
	n := 0
	require.ErrorIs(t, d.Each(Under([]byte("a")), func(_, _ []byte) error { n++; return enough }), enough)
	require.Equal(t, 1, n)
	value, err := d.Get([]byte("b"))
	require.NoError(t, err)
	require.Equal(t, "of b", string(value))
	value, err = d.Get([]byte("c"))
	require.NoError(t, err)
	require.Nil(t, value)
	require.NoError(t, d.Close())
}

// What was written through is there after a crash that keeps nothing unsynced; what
// was only written is not.
func TestWhatWasWrittenThroughIsOnDisk(t *testing.T) {
	fs := vfs.NewCrashableMem()
	d := open(t, fs)
	require.NoError(t, d.WriteThrough(batch(t, d, "kept")))
	require.NoError(t, d.Write(batch(t, d, "lost")))
	after := open(t, fs.CrashClone(vfs.CrashCloneCfg{}))
	for key, want := range map[string]string{"kept": "of kept", "lost": ""} {
		value, err := after.Get([]byte(key))
		require.NoError(t, err)
		require.Equal(t, want, string(value))
	}
	require.NoError(t, after.Close())
	require.NoError(t, d.Close())
}

// A table that cannot be written ends the write that waits for it, and every later
// one. Where its directory has gone the error says what helps.
func TestAFailedFlushStrandsNobody(t *testing.T) {
	for cause, damaged := range map[error]bool{errorfs.ErrInjected: false, os.ErrNotExist: true} {
		var broken atomic.Bool
		d := open(t, errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(o errorfs.Op) error {
			if broken.Load() && strings.HasSuffix(o.Path, ".sst") {
				return cause
			}
			return nil
		})))
		broken.Store(true)
		require.Equal(t, damaged, store.IsDamage(d.WriteThrough(batch(t, d, "a"))))
		require.Error(t, d.WriteThrough(batch(t, d, "b")))
		require.Error(t, d.Err())
		require.Equal(t, damaged, store.IsDamage(d.Err()))
		broken.Store(false)
		_ = d.Close() // it has failed
	}
}

// Logs that Pebble leaves and nothing is in are not there when a store is opened: it
// would flush them, and never come back where that fails.
func TestOpeningFlushesNothing(t *testing.T) {
	fs := vfs.NewMem()
	for range 3 {
		d := open(t, fs)
		require.NoError(t, d.WriteThrough(batch(t, d, "a")))
		require.NoError(t, d.Close())
		require.NoError(t, (&Options{FS: fs}).removeEmptyLogs())
		names, err := fs.List("")
		require.NoError(t, err)
		for _, name := range names {
			require.False(t, strings.HasSuffix(name, ".log"), name)
		}
	}
}

// Whatever Pebble does after a call that failed and it cannot go on after, nobody
// waits for it, nothing panics, and what was there before is there.
func TestAFailedCallStrandsNobody(t *testing.T) {
	fs := vfs.NewMem()
	d := open(t, fs)
	require.NoError(t, d.WriteThrough(batch(t, d, "kept")))
	require.NoError(t, d.Close())
	for at := 1; ; at++ {
		var ops atomic.Int64
		failing, err := Open(Options{Logger: zap.NewNop(), FS: errorfs.Wrap(fs, errorfs.InjectorFunc(func(o errorfs.Op) error {
			if o.Kind.ReadOrWrite() == errorfs.OpIsWrite && ops.Add(1) == int64(at) {
				return errorfs.ErrInjected
			}
			return nil
		}))})
		if err == nil {
			_ = failing.WriteThrough(batch(t, failing, "perhaps")) // it may fail
			_ = failing.Close()                                    // likewise
		}
		d := open(t, fs)
		value, err := d.Get([]byte("kept"))
		require.NoError(t, err)
		require.Equal(t, "of kept", string(value), "call %d", at)
		require.NoError(t, d.Close())
		if ops.Load() < int64(at) {
			require.Greater(t, at, 10)
			break
		}
	}
}
