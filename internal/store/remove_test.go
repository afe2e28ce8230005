// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// A large file that is removed has nothing left by then; one that a backup has too
// keeps all.
func TestALargeFileIsGivenBackUnlessItHasAnotherName(t *testing.T) {
	const size = 3*atOnce + 1
	for _, linked := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "parts")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Truncate(path, size))
		if linked {
			require.NoError(t, os.Link(path, path+".backup"))
		}
		reader, err := os.Open(path)
		require.NoError(t, err)
		require.NoError(t, Remove(vfs.Default, path))
		require.NoFileExists(t, path)
		info, err := reader.Stat()
		require.NoError(t, err)
		require.Equal(t, map[bool]int64{false: 0, true: size}[linked], info.Size())
		require.NoError(t, reader.Close())
		require.ErrorIs(t, Remove(vfs.Default, path), os.ErrNotExist)
	}
	mem := vfs.NewMem()
	f, err := mem.Create("parts", vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(make([]byte, atOnce+1))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.NoError(t, Remove(mem, "parts"))
	_, err = mem.Stat("parts")
	require.ErrorIs(t, err, os.ErrNotExist)
}
