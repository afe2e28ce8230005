// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// acknowledged is a segment of three records as a kill leaves it, in a file that is
// new or was used before, and how long its records are.
func acknowledged(t *testing.T, used bool) (o Options, from uint64, path string, whole []byte, end int) {
	t.Helper()
	fs := vfs.NewMem()
	o = small(fs)
	l, _ := open(t, o, 1)
	if used {
		add(t, l, texts(0, 60, 1000)...)
		require.NoError(t, l.Release(l.Next()))
		add(t, l, texts(60, 80, 1000)...)
	}
	for l.out.end == 0 || l.out.end > pageSize {
		add(t, l, texts(80, 81, 1000)...)
	}
	add(t, l, texts(90, 92, 1000)...)
	path = o.path(l.out.generation)
	o.Reached = l.Next() - 2 // the last two are not certified
	return o, l.needed, path, content(t, fs, path), int(l.out.end)
}

// reopen opens a log with a segment as it is now, and returns how many records it has.
func reopen(t *testing.T, o Options, from uint64, path string, data []byte) (next uint64, err error) {
	t.Helper()
	o.FS = copied(t, o.FS)
	put(t, o.FS, path, data)
	l, err := Open(o, from, func(uint64, []byte) error { return nil })
	if err != nil {
		return 0, err
	}
	require.NoError(t, l.Close())
	return l.Next(), nil
}

// Any bit of an acknowledged record is damage, that of the last one too, which could
// have been torn.
func TestABitOfTheLastRecordIsDamage(t *testing.T) {
	for _, used := range []bool{false, true} {
		o, from, path, whole, end := acknowledged(t, used)
		for bit := (end - 1000 - headerSize) * 8; bit < end*8; bit += 11 {
			whole[bit/8] ^= 1 << (bit % 8)
			_, err := reopen(t, o, from, path, whole)
			require.True(t, store.IsDamage(err), "bit %d, used before: %t: %v", bit, used, err)
			require.ErrorContains(t, err, path)
			whole[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// A file that was cut off is damage wherever that was, but behind its last record.
func TestAFileThatWasCutOffIsDamage(t *testing.T) {
	o, from, path, whole, end := acknowledged(t, false)
	next, err := reopen(t, o, from, path, whole)
	require.NoError(t, err)
	for size := range len(whole) {
		got, err := reopen(t, o, from, path, whole[:size])
		if err == nil {
			require.GreaterOrEqual(t, size, end)
			require.Equal(t, next, got, "cut off at byte %d", size)
			continue
		}
		require.True(t, store.IsDamage(err), "cut off at byte %d: %v", size, err)
	}
}

func TestALogThatEndsBeforeItHadReachedIsDamage(t *testing.T) {
	o, from, path, whole, _ := acknowledged(t, false)
	o.Reached += 3
	_, err := reopen(t, o, from, path, whole)
	require.True(t, store.IsDamage(err), "%v", err)
	require.ErrorContains(t, err, "was on disk up to")
}

// A survey finds where the log ends and changes nothing.
func TestASurveyChangesNothing(t *testing.T) {
	o, from, path, whole, end := acknowledged(t, false)
	at := end - 1500 // in the last record but one
	whole[at] ^= 1
	put(t, o.FS, path, whole)
	before := files(t, o.FS)
	found, err := Survey(o, from, func(uint64, []byte) error { return nil })
	require.NoError(t, err)
	require.True(t, store.IsDamage(found.Err))
	require.Equal(t, path, found.Path)
	require.Less(t, found.End, int64(at))
	require.Equal(t, before, files(t, o.FS))
	require.Equal(t, whole, content(t, o.FS, path))
}
