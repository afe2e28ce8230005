// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// afterCrash writes and syncs a file in every way and returns what is left of
// the files when the machine goes down.
func afterCrash(t *testing.T, mem *vfs.MemFS, fs vfs.FS) []string {
	t.Helper()
	finish := func(file vfs.File, err error) {
		require.NoError(t, err)
		_, err = file.Write([]byte("text"))
		require.NoError(t, err)
		require.NoError(t, file.Sync())
		require.NoError(t, file.SyncData())
		_, err = file.SyncTo(4)
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
	require.NoError(t, fs.MkdirAll("/ledger", 0o700))
	finish(fs.Create("/ledger/log", vfs.WriteCategoryUnspecified))
	finish(fs.ReuseForWrite("/ledger/log", "/ledger/log2", vfs.WriteCategoryUnspecified))
	finish(fs.OpenReadWrite("/ledger/table", vfs.WriteCategoryUnspecified))
	for _, name := range []string{"/ledger", "/"} {
		dir, err := fs.OpenDir(name)
		require.NoError(t, err)
		require.NoError(t, dir.Sync())
		require.NoError(t, dir.Close())
	}
	left, err := mem.CrashClone(vfs.CrashCloneCfg{}).List("/ledger")
	if err != nil {
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	return left
}

func TestDeferredSyncLeavesSyncingToTheEnd(t *testing.T) {
	mem := vfs.NewCrashableMem()
	require.ElementsMatch(t, []string{"log2", "table"}, afterCrash(t, mem, mem))
	mem = vfs.NewCrashableMem()
	require.Empty(t, afterCrash(t, mem, DeferredSync{mem}))
}

func TestSyncAllReachesEverything(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", "b", "file"), []byte("text"), 0o600))
	require.NoError(t, SyncAll(dir))
	require.ErrorIs(t, SyncAll(filepath.Join(dir, "missing")), os.ErrNotExist)
}
