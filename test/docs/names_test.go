// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	entryKind = regexp.MustCompile(`(?m)^\t[a-z][A-Za-z]+ += (\d+)$`)
	keyPrefix = regexp.MustCompile(`(?m)^\t(?:Key|Kind)[A-Z][A-Za-z]+ += '(.)'`)
	testName  = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)`")
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)\(`)
)

// TestStateFormatListsEveryEntryAndKey holds the page to the constants.
func TestStateFormatListsEveryEntryAndKey(t *testing.T) {
	text := read(t, "docs/state-format.md").text
	var entries [][]string
	for _, name := range []string{"calendar", "first", "item", "name", "terms", "time"} {
		entries = append(entries, entryKind.FindAllStringSubmatch(read(t, "internal/redo/"+name+".go").text, -1)...)
	}
	require.Len(t, entries, 16)
	for _, m := range entries {
		require.Contains(t, text, "\n| "+m[1]+" | ")
	}
	keys := keyPrefix.FindAllStringSubmatch(read(t, "internal/rowkey/rowkey.go").text+read(t, "internal/archive/rows.go").text, -1)
	require.NotEmpty(t, keys)
	for _, m := range keys {
		require.Contains(t, text, "\n| `"+m[1]+"` | `"+m[1]+"` ")
	}
}

// TestPagesNameTestsThatExist keeps promises from pointing nowhere.
func TestPagesNameTestsThatExist(t *testing.T) {
	known := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(source, -1) {
			known[string(m[1])] = true
		}
		return err
	}))
	for _, p := range pages(t) {
		for _, m := range testName.FindAllStringSubmatch(p.text, -1) {
			require.True(t, known[m[1]], "%s names %s, which is not there", p.name, m[1])
		}
	}
}

// TestReadmeShowsWhatTheScriptsPrint compares the fixed part of their output.
func TestReadmeShowsWhatTheScriptsPrint(t *testing.T) {
	readme := read(t, "README.md").text
	for _, script := range []string{"scripts/hello.sh", "scripts/demo.sh"} {
		_, printed, _ := strings.Cut(read(t, script).text, "<<'TEXT'\n")
		printed, _, _ = strings.Cut(printed, "\nTEXT")
		require.NotEmpty(t, printed, script)
		require.Contains(t, readme, printed, script)
	}
}
