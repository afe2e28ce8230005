// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// Of the demo's fourteen months all are needed, since a year is compared with
// the one before; but of the older ones a part will do, and as good as nothing
// in the store.
const (
	wholeMonths = 2
	everyNth    = 6 // request of the older months
)

// replayDemo makes the demo's history up to now and replays it into a ledger
// and a store below a directory.
func replayDemo(t *testing.T, directory string) {
	t.Helper()
	history := t.TempDir()
	usagectl(t, "demo", "generate", "--out", history)
	files, err := filepath.Glob(filepath.Join(history, "*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 15)
	slices.Sort(files)
	old, recent := files[:len(files)-wholeMonths], files[len(files)-wholeMonths:]
	for _, file := range old {
		thin(t, file)
	}
	replay := []string{
		"replay", "--config", "config/default.yaml", "--catalogue", "config/demo-organizations.yaml",
		"--ledger", filepath.Join(directory, "ledger"), "--tsdb", filepath.Join(directory, "tsdb"), "--retention", "450d",
	}
	usagectl(t, append(append(replay, "--step", "720h", "--fine", "24h"), old...)...)
	usagectl(t, append(append(replay, "--step", "3h", "--fine", "15m"), recent...)...)
}

func usagectl(t *testing.T, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join("bin", "usagectl"), arguments...)
	command.Dir = collector.Root(t)
	said, err := command.CombinedOutput()
	require.NoError(t, err, "usagectl %s: %s", arguments[0], said)
}

// thin leaves every n-th line of a file.
func thin(t *testing.T, path string) {
	t.Helper()
	from, err := os.Open(path)
	require.NoError(t, err)
	to, err := os.Create(path + ".thin")
	require.NoError(t, err)
	lines, w := bufio.NewReader(from), bufio.NewWriter(to)
	for n := 0; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		if n%everyNth == 0 {
			_, err = w.Write(line)
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Flush())
	require.NoError(t, to.Close())
	require.NoError(t, from.Close())
	require.NoError(t, os.Rename(path+".thin", path))
}
