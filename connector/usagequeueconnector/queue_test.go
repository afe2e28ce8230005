// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagequeueconnector

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

func minute(n int) time.Time { return time.Unix(int64(n)*60, 0).UTC() }

func opened(t *testing.T, fs vfs.FS, limit int64) *queue {
	t.Helper()
	q, err := openQueue(fs, "queue", limit)
	require.NoError(t, err)
	return q
}

func put(t *testing.T, q *queue, n, bytes int) (gone []entry) {
	t.Helper()
	gone, err := q.put(content(n, bytes), minute(n))
	require.NoError(t, err)
	return gone
}

func content(n, size int) []byte { return bytes.Repeat([]byte{byte(n)}, size) }

// drain takes all requests out and returns their minutes.
func drain(t *testing.T, q *queue) (minutes []int) {
	t.Helper()
	for {
		e, ok := q.oldest()
		if !ok {
			return minutes
		}
		text, err := q.content(e)
		require.NoError(t, err)
		n := int(e.at.Unix() / 60)
		require.Equal(t, content(n, len(text)), text)
		require.NoError(t, q.taken(e))
		minutes = append(minutes, n)
	}
}

func TestRequestsComeOutInOrderAndOutliveACrash(t *testing.T) {
	fs := vfs.NewCrashableMem()
	q := opened(t, fs, 1<<20)
	for n := range 12 {
		require.Empty(t, put(t, q, n, 100))
	}
	e, _ := q.oldest()
	require.NoError(t, q.taken(e))

	// Everything that was not synced is gone.
	fs = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0})
	q = opened(t, fs, 1<<20)
	put(t, q, 12, 100)
	got := drain(t, q)
	if got[0] == 0 { // its removal need not be on disk: it is sent twice, and never lost
		got = got[1:]
	}
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, got)
}

func TestBeyondItsBoundTheOldestGoAndAreCounted(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	fs := vfs.NewMem()
	const limit = 40 * block
	q := opened(t, fs, limit)
	var lost, kept []int
	for n := range 500 {
		kept = append(kept, n)
		for _, e := range put(t, q, n, 1+random.IntN(9*block)) {
			require.Equal(t, kept[0], int(e.at.Unix()/60), "the oldest")
			lost, kept = append(lost, kept[0]), kept[1:]
		}
		requests, used, counted := q.state()
		require.Len(t, kept, requests)
		require.LessOrEqual(t, used, int64(limit))
		require.EqualValues(t, len(lost), counted[full])
		require.LessOrEqual(t, onDiskOf(t, fs), int64(limit))
	}
	require.NotEmpty(t, lost)
	require.NoError(t, q.close())

	q = opened(t, fs, limit)
	_, used, counted := q.state()
	require.EqualValues(t, len(lost), counted[full], "what is lost is known after a restart")
	require.Equal(t, onDiskOf(t, fs), used)
	require.Equal(t, kept, drain(t, q))
}

// onDiskOf is what the files of requests take.
func onDiskOf(t *testing.T, fs vfs.FS) (sum int64) {
	t.Helper()
	names, err := fs.List("queue")
	require.NoError(t, err)
	for _, name := range names {
		if _, ok := parse(name); ok {
			info, err := fs.Stat(fs.PathJoin("queue", name))
			require.NoError(t, err)
			sum += onDisk(info.Size())
		}
	}
	return sum
}

func TestARequestBeyondTheBoundIsRefusedAndLosesNothing(t *testing.T) {
	q := opened(t, vfs.NewMem(), 4*block)
	put(t, q, 1, 10)
	_, err := q.put(content(2, 5*block), minute(2))
	require.ErrorContains(t, err, "max_bytes: 16384: a request takes 20480 on disk")
	require.Equal(t, []int{1}, drain(t, q))
}

func TestASmallerBoundAfterARestartIsKept(t *testing.T) {
	fs := vfs.NewMem()
	q := opened(t, fs, 100*block)
	for n := range 50 {
		put(t, q, n, 10)
	}
	require.NoError(t, q.close())
	q = opened(t, fs, 20*block)
	require.Len(t, put(t, q, 50, 10), 31)
	require.Len(t, drain(t, q), 20)
}

func TestADirectoryHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	q, err := openQueue(vfs.Default, dir, 1<<20)
	require.NoError(t, err)
	_, err = openQueue(vfs.Default, dir, 1<<20)
	require.ErrorContains(t, err, "another process or connector uses this directory")
	require.NoError(t, q.close())
}
