// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// disk stands in for a file system of which a test says how much is free.
type disk struct{ free uint64 }

func (d *disk) left(string) (uint64, error) { return d.free, nil }

func TestAFullDiskRefusesAppendsAndAnswersQueries(t *testing.T) {
	store := openStore(t, Settings{})
	disk := &disk{free: minFree}
	store.free = disk.left
	require.NoError(t, store.Write(figures(noon, 1)))
	before := digest(t, store.settings.Directory)

	disk.free = minFree - 1
	require.ErrorIs(t, store.Write(figures(noon.Add(time.Minute), 2)), ErrNoSpace)
	_, err := store.Append(t.Context(), gauge(noon.Add(time.Minute), 2), noon)
	require.ErrorIs(t, err, ErrNoSpace)
	require.ErrorContains(t, err, store.settings.Directory)
	require.True(t, store.Ready())
	require.Equal(t, []string{activeUsersLine + " 1@0m"}, dump(t, store))
	require.Equal(t, before, digest(t, store.settings.Directory), "nothing is written to a full disk")

	disk.free = minFree
	require.NoError(t, store.Write(figures(noon.Add(time.Minute), 2)))
	require.Equal(t, []string{activeUsersLine + " 1@0m 2@1m"}, dump(t, store))
	require.Equal(t, Result{Stored: 2}, store.Totals())
}

func TestAFullDiskStopsCompaction(t *testing.T) {
	store := openStore(t, Settings{Bulk: true})
	disk := &disk{free: math.MaxUint64}
	store.free = disk.left
	require.NoError(t, store.Write(figures(noon, 1)))
	disk.free = 0
	require.ErrorIs(t, store.Write(figures(noon, 1)), ErrNoSpace)
	require.False(t, store.append.compacting)
	disk.free = math.MaxUint64
	require.NoError(t, store.Write(figures(noon.Add(time.Minute), 1)))
	require.True(t, store.append.compacting)
}

// TestAStoreOpensOnAFullDisk comes up without a restart.
func TestAStoreOpensOnAFullDisk(t *testing.T) {
	disk := &disk{free: minFree - 1}
	store, err := open(Settings{Directory: t.TempDir(), Retention: DefaultRetention}, disk.left)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.False(t, store.Ready())
	require.ErrorIs(t, store.Write(figures(noon, 1)), ErrNoSpace)

	disk.free = minFree
	require.NoError(t, store.Write(figures(noon, 1)))
	require.True(t, store.Ready())
	require.Equal(t, []string{activeUsersLine + " 1@0m"}, dump(t, store))
}

// TestFinishedChunksAreMapped: without it every sample since the last block
// would stay on the heap.
func TestFinishedChunksAreMapped(t *testing.T) {
	store := openStore(t, Settings{})
	for minute := range 130 {
		require.NoError(t, store.Write(figures(noon.Add(time.Duration(minute)*time.Minute), float64(minute))))
	}
	mapped := func() float64 { return metric(t, store, "prometheus_tsdb_mmap_chunks_total") }
	require.Zero(t, mapped())
	for minute := 130; minute < 130+appendsPerMap; minute++ {
		require.NoError(t, store.Write(figures(noon.Add(time.Duration(minute)*time.Minute), float64(minute))))
	}
	require.Equal(t, 1.0, mapped())
}

func metric(t *testing.T, store *Store, name string) float64 {
	t.Helper()
	families, err := store.gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	require.Fail(t, "no such metric", name)
	return 0
}

const activeUsersLine = `{__name__="usage_active_users", meter="operators", organization="acme", period="current", window="month"}`
