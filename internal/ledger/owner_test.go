// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// TestOnlyTheOwnerReads looks at every file and directory of a ledger on a disk.
func TestOnlyTheOwnerReads(t *testing.T) {
	s := settings(t, nil)
	s.FS, s.Directory = nil, filepath.Join(t.TempDir(), "ledger")
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) { minutes(b, "acme", "1", 1, noon) })
	require.NoError(t, l.checkpoint(l.book))
	closeLedger(t, l)
	files := 0
	require.NoError(t, filepath.WalkDir(s.Directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s: %s", path, info.Mode())
		files++
		return nil
	}))
	require.Greater(t, files, 5)
}
