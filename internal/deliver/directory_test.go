// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package deliver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilesAreWrittenAsAWholeAndReplaced(t *testing.T) {
	root := filepath.Join(t.TempDir(), "reports")
	d, err := New(Config{Directory: root})
	require.NoError(t, err)
	m := report()
	for _, content := range []string{"first", "second, longer", "3"} {
		m.Files[0].Data = []byte(content)
		require.NoError(t, d.Deliver(t.Context(), "directory", m))
		got, err := os.ReadFile(filepath.Join(root, "monthly-bill", "bill.csv"))
		require.NoError(t, err)
		require.Equal(t, content, string(got))
	}
	entries, err := os.ReadDir(filepath.Join(root, "monthly-bill"))
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing is left of the parts")
}

func TestNoNameLeadsOutOfTheDirectory(t *testing.T) {
	parent := t.TempDir()
	root := filepath.Join(parent, "reports")
	for _, name := range []string{"../../x.csv", "/etc/passwd", `..\..\x`, "a/b/../../../../x", "", ".", "..", "x\x00y", ".hidden", "CON:", strings.Repeat("n", 400) + ".csv", "فاتورة.csv"} {
		m := report()
		m.Files = m.Files[:1]
		m.Folder, m.Files[0].Name = name, name
		require.NoError(t, writeFiles(root, m), "%q", name)
	}
	outside, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Len(t, outside, 1)
	files := 0
	require.NoError(t, filepath.WalkDir(root, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
			require.Regexp(t, `^[A-Za-z0-9_-][A-Za-z0-9._-]*$`, d.Name())
		}
		return err
	}))
	require.Equal(t, 12, files)
}

func TestADirectoryThatCannotBeWrittenIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorContains(t, writeFiles(filepath.Join(file, "reports"), report()), "directory of reports")
}
