// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// onDisk are the settings of a ledger in a directory of the disk, with a table and a
// run of counted items.
func onDisk(t *testing.T) (book.Settings, *Ledger) {
	t.Helper()
	s := settings(t, vfs.Default)
	s.Directory = filepath.Join(t.TempDir(), "ledger")
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) { minutes(b, "acme", "1", 1, noon) })
	require.NoError(t, l.checkpoint(l.book))
	send(t, l, noon, func(b *usage.Batch) { minutes(b, "acme", "2", 1, noon) })
	return s, l
}

// one returns the only file that a pattern matches.
func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	require.NotEmpty(t, found, pattern)
	return found[len(found)-1]
}

// settled waits until the store of rows has no work of its own, which may replace a
// table while that is moved.
func settled(t *testing.T, l *Ledger) {
	t.Helper()
	require.Eventually(t, func() bool {
		m := l.book.Rows.Metrics()
		return m.Compact.NumInProgress == 0 && m.Table.ObsoleteCount+m.Table.ZombieCount == 0
	}, within, time.Millisecond)
}

// within is how soon what is missing is found, and what is back is taken up.
const within = 15 * time.Second

func requireFound(t *testing.T, l *Ledger, what string) {
	t.Helper()
	require.Eventually(t, func() bool { return l.Ready() != nil }, 5*time.Second, 10*time.Millisecond)
	require.ErrorIs(t, l.Ready(), usage.ErrUnavailable)
	require.ErrorContains(t, l.Ready(), what)
	require.ErrorContains(t, l.Ready(), store.Remedy)
	var b usage.Batch
	minutes(&b, "acme", "3", 1, noon)
	require.ErrorIs(t, l.Record(context.Background(), noon, &b), usage.ErrUnavailable)
}

// A file that goes while the ledger runs ends acknowledging, within seconds; when it
// is back, so is the ledger, with all that was acknowledged. A start without it is
// refused.
func TestAFileThatGoesIsFoundWhileTheLedgerRuns(t *testing.T) {
	for _, pattern := range []string{"*.sst", "MANIFEST-*", "marker.manifest.*", "log-*", "counted/*.run", "."} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			s, l := onDisk(t)
			settled(t, l)
			path := filepath.Clean(one(t, s.Directory, pattern))
			require.NoError(t, os.Rename(path, s.Directory+".away"))
			requireFound(t, l, strings.TrimSuffix(filepath.Base(path), ".000001.MANIFEST-000001"))
			begin := time.Now()
			closeLedger(t, l)
			require.Less(t, time.Since(begin), 10*time.Second)
			_, err := Open(s, noon)
			require.True(t, store.IsDamage(err), "%v", err)
			require.NoError(t, os.Rename(s.Directory+".away", path))
			l = open(t, s, noon)
			require.Equal(t, 2.0, figure(collect(t, l, noon.Add(time.Minute)), "acme", "usage_consumption", "window=day", "period=current"))
			settled(t, l)
			path = filepath.Clean(one(t, s.Directory, pattern)) // a start makes some anew
			require.NoError(t, os.Rename(path, s.Directory+".away"))
			requireFound(t, l, filepath.Base(s.Directory))
			require.NoError(t, os.Rename(s.Directory+".away", path))
			require.Eventually(t, func() bool { return l.Ready() == nil }, within, 10*time.Millisecond)
			require.Equal(t, 2.0, figure(collect(t, l, noon.Add(2*time.Minute)), "acme", "usage_consumption", "window=day", "period=current"))
			closeLedger(t, l)
		})
	}
}

// An empty directory in the place of the ledger's is no new ledger.
func TestAnEmptyDirectoryIsNotTakenForANewLedger(t *testing.T) {
	s, l := onDisk(t)
	closeLedger(t, l)
	require.NoError(t, os.Rename(s.Directory, s.Directory+".away"))
	_, err := Open(s, noon)
	require.True(t, store.IsDamage(err), "%v", err)
	require.NoDirExists(t, s.Directory)
	require.NoError(t, os.Mkdir(s.Directory, 0o700))
	_, err = Open(s, noon)
	require.True(t, store.IsDamage(err), "%v", err)
	left, err := os.ReadDir(s.Directory)
	require.NoError(t, err)
	require.Empty(t, left)
}

// A flipped bit is found by a scrub, ends acknowledging, and a restart knows of it,
// also where it would not have read that block; when it is mended all goes on.
func TestAScrubFindsAFlippedBit(t *testing.T) {
	for _, pattern := range []string{"*.sst", "counted/*.run"} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			s, l := onDisk(t)
			unpaced := func(int) error { return nil }
			require.NoError(t, l.scrub(l.book, unpaced))
			require.False(t, l.Scrubbed().Finished.IsZero())
			path := one(t, s.Directory, pattern)
			whole, err := os.ReadFile(path)
			require.NoError(t, err)
			flipped := append([]byte{}, whole...)
			flipped[len(flipped)/3] ^= 4
			require.NoError(t, os.WriteFile(path, flipped, 0o600))
			err = l.scrub(l.book, unpaced)
			require.True(t, store.IsDamage(err), "%v", err)
			l.fail(l.book, err)
			requireFound(t, l, path)
			require.Equal(t, []string{path}, l.Scrubbed().Damaged)
			require.Eventually(t, func() bool { c, _ := l.certified.Known(); return len(c.Damaged) == 1 }, within, time.Millisecond)
			closeLedger(t, l)
			_, err = Open(s, noon)
			require.ErrorContains(t, err, path)
			require.NoError(t, os.WriteFile(path, whole, 0o600))
			l = open(t, s, noon)
			require.Empty(t, l.Scrubbed().Damaged)
			require.Equal(t, 2.0, figure(collect(t, l, noon.Add(time.Minute)), "acme", "usage_consumption", "window=day", "period=current"))
			closeLedger(t, l)
			closeLedger(t, open(t, s, noon.Add(time.Hour)))
		})
	}
}

// A scrub reads no faster than its rate.
func TestAScrubKeepsItsRate(t *testing.T) {
	_, l := onDisk(t)
	read := 0
	require.NoError(t, l.scrub(l.book, func(bytes int) error { read += bytes; return nil }))
	require.Positive(t, read)
	l.settings.ScrubRate = 1 << 20
	begin := time.Now()
	require.NoError(t, l.pace(100<<10))
	require.Greater(t, time.Since(begin), 90*time.Millisecond)
	closeLedger(t, l)
	require.ErrorIs(t, l.pace(100<<20), errStopped)
}
