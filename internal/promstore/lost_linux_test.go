// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// withBlocks makes a store of a day, and returns its directory and one of its blocks.
func withBlocks(t *testing.T) (dir, block string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "store")
	store := openStore(t, Settings{Directory: dir})
	for minute := range 24 * 60 {
		require.NoError(t, store.Write(figures(noon.Add(time.Duration(minute-24*60)*time.Minute), float64(minute))))
	}
	require.NoError(t, store.session.db.Compact(t.Context())) // the store's own may still be to come
	require.NoError(t, store.Close())
	require.Empty(t, store.Lost())
	blocks, err := filepath.Glob(filepath.Join(dir, "01*"))
	require.NoError(t, err)
	require.NotEmpty(t, blocks)
	return dir, blocks[0]
}

// lostPartsOf is what the series says after a collection.
func lostPartsOf(t *testing.T, store *Store) string {
	t.Helper()
	_, err := store.Append(t.Context(), gauge(noon, 1), noon)
	require.NoError(t, err)
	for _, line := range dump(t, store) {
		if strings.HasPrefix(line, lostParts) || strings.Contains(line, `"`+lostParts+`"`) {
			return line
		}
	}
	return ""
}

func TestABlockThatIsGoneIsNamedUntilItIsBack(t *testing.T) {
	dir, block := withBlocks(t)
	away := filepath.Join(t.TempDir(), "away")
	require.NoError(t, os.Rename(block, away))
	var log strings.Builder
	store := openStore(t, Settings{Directory: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.Len(t, store.Lost(), 1)
	require.Contains(t, log.String(), filepath.Base(block)+": the block is missing; samples from 2026-03-0")
	require.Contains(t, lostPartsOf(t, store), " 1@0m")
	require.NoError(t, store.Close())
	require.Len(t, openStoreOnce(t, dir), 1, "it is told of again")

	require.NoError(t, os.Rename(away, block))
	require.Empty(t, openStoreOnce(t, dir))
}

// openStoreOnce returns what a store says to have lost.
func openStoreOnce(t *testing.T, dir string) []string {
	t.Helper()
	store := openStore(t, Settings{Directory: dir})
	var all []string
	for _, l := range store.Lost() {
		all = append(all, l.String())
	}
	require.NoError(t, store.Close())
	return all
}

// Of less than its header Prometheus' reader panics.
func TestACutTombstonesFileIsPutAsideWithItsBlock(t *testing.T) {
	dir, block := withBlocks(t)
	require.NoError(t, os.Truncate(filepath.Join(block, "tombstones"), 3))
	lost := openStoreOnce(t, dir)
	require.Len(t, lost, 1)
	require.Contains(t, lost[0], filepath.Base(block)+": tombstones has 3 bytes, and had 9")
	aside, err := filepath.Glob(block + ".damaged-*")
	require.NoError(t, err)
	require.Len(t, aside, 1)
}

// The TSDB cuts its log off at a damaged record and tells its own log only: what it
// says there is a part of this store.
func TestALogThatIsCutOffIsNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	store := openStore(t, Settings{Directory: dir})
	for minute := range 30 {
		require.NoError(t, store.Write(figures(noon.Add(time.Duration(minute)*time.Minute), float64(minute))))
	}
	require.NoError(t, store.Close())
	segment := filepath.Join(dir, "wal", "00000000")
	text, err := os.ReadFile(segment)
	require.NoError(t, err)
	text[len(bytes.TrimRight(text, "\x00"))/2] ^= 1
	require.NoError(t, os.WriteFile(segment, text, 0o600))
	lost := openStoreOnce(t, dir)
	require.Len(t, lost, 1)
	require.Contains(t, lost[0], "wal/00000000: a record at byte ")
}

func TestALostDirectoryIsNamed(t *testing.T) {
	dir, _ := withBlocks(t)
	require.NoError(t, os.RemoveAll(dir))
	lost := openStoreOnce(t, dir)
	require.Len(t, lost, 1)
	require.Contains(t, lost[0], "all that was in the directory is gone")
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.Remove(dir+".holdings.json"))
	require.Empty(t, openStoreOnce(t, dir), "a new one is begun on purpose")
}

// A file that may not be read is no damage: nothing is put aside.
func TestADiskThatDoesNotAnswerIsNoDamage(t *testing.T) {
	dir, block := withBlocks(t)
	require.NoError(t, os.Remove(filepath.Join(block, "meta.json")))
	require.NoError(t, os.Symlink("meta.json", filepath.Join(block, "meta.json"))) // ELOOP, for root too
	require.NoError(t, os.Remove(filepath.Join(dir, "holdings.json")))
	require.NoError(t, os.Remove(dir+".holdings.json"))
	_, err := Open(Settings{Directory: dir, Retention: DefaultRetention})
	require.ErrorContains(t, err, "too many levels of symbolic links")
	require.ErrorContains(t, err, "restore a backup of the directory")
	require.DirExists(t, block)
}

// TestLateSamplesOfASeriesThatCameAgainOutliveTwoStarts sends late samples of a series
// that has left the head and come again, which the logs know by two references.
func TestLateSamplesOfASeriesThatCameAgainOutliveTwoStarts(t *testing.T) {
	dir, _ := withBlocks(t)
	sent := 0
	send := func(store *Store, samples int) {
		for range samples {
			sent++
			late := gauge(noon.Add(-12*time.Hour+time.Duration(sent)*time.Second), 1)
			late.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).SetName("usage.late")
			_, err := store.Append(t.Context(), late, noon)
			require.NoError(t, err)
		}
	}
	store := openStore(t, Settings{Directory: dir})
	send(store, 5)
	require.NoError(t, store.session.db.CompactOOOHead(t.Context()))
	send(store, 5)
	require.NoError(t, store.Close())

	store = openStore(t, Settings{Directory: dir})
	const chunk = 32 // samples that are late, by the TSDB's default
	send(store, 2*chunk)
	want := dump(t, store)
	require.NoError(t, store.Close())
	for start := range 2 {
		store = openStore(t, Settings{Directory: dir})
		require.Equal(t, want, dump(t, store), "start %d", start)
		require.NoError(t, store.Close())
	}
}

// TestLateSamplesOutliveALogThatIsCutOff opens a store whose log ends in half a record,
// as after a kill in the middle of a write: where the TSDB cuts its log off it leaves the
// log of late samples unread.
func TestLateSamplesOutliveALogThatIsCutOff(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	store := openStore(t, Settings{Directory: dir})
	require.NoError(t, store.Write(figures(noon, 1)))
	for n := range 5 {
		late := gauge(noon.Add(time.Duration(n-60)*time.Minute), 1)
		_, err := store.Append(t.Context(), late, noon)
		require.NoError(t, err)
	}
	want := dump(t, store)
	require.NoError(t, store.Close())

	segment := filepath.Join(dir, "wal", "00000000")
	text, err := os.ReadFile(segment)
	require.NoError(t, err)
	text[len(text)-1] = 1 // behind the last record
	require.NoError(t, os.WriteFile(segment, text, 0o600))
	store = openStore(t, Settings{Directory: dir})
	require.Equal(t, want, dump(t, store))
	require.Empty(t, store.Lost())
}
