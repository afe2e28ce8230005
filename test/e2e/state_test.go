// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// idle is a collector's that writes only what it is sent.
const idle = "receivers: {usage: {interval: 1h}}\n"

func document(organization string) collector.Event {
	return collector.Event{Organization: organization, Action: "document.created", Time: time.Now().Add(-time.Minute)}
}

// counted requires how many items of an organization are counted.
func counted(t *testing.T, c *collector.Collector, organization string, want uint64) {
	t.Helper()
	items, err := c.Items()
	require.NoError(t, err)
	require.Equal(t, collector.Items{"counted": want}, items[organization])
}

func TestASecondProcessOnTheDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	settings := collector.Settings{Directory: t.TempDir(), Overlay: idle}
	owner := collector.Start(t, settings)
	require.Equal(t, http.StatusOK, owner.Send(t, document("acme")))
	before := content(t, owner.Ledger)

	second := collector.Launch(t, settings)
	require.NotZero(t, second.End(t, 5*time.Second))
	require.Contains(t, second.Log(t), "another process uses this directory")
	require.Contains(t, second.Log(t), owner.Ledger)
	require.Contains(t, second.Log(t), "set usage_ledger::directory to another one")
	require.Equal(t, before, content(t, owner.Ledger), "the directory is unchanged")

	require.Equal(t, http.StatusOK, owner.Send(t, document("acme")))
	owner.Kill()
	next := collector.Start(t, settings) // no hand has removed a lock
	counted(t, next, "acme", 2)
}

func TestStateOfANewerFormatIsRefusedUntouched(t *testing.T) {
	t.Parallel()
	settings := collector.Settings{Directory: t.TempDir(), Overlay: idle}
	today := collector.Start(t, settings)
	require.Equal(t, http.StatusOK, today.Send(t, document("acme")))
	today.Kill()
	format := filepath.Join(today.Ledger, "FORMAT")
	known, err := os.ReadFile(format)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(format, []byte("otelcol-usage ledger 99\n"), 0o600))
	before := content(t, today.Ledger)

	yesterday := collector.Launch(t, settings)
	require.NotZero(t, yesterday.End(t, 10*time.Second))
	require.Contains(t, yesterday.Log(t), "its state is of format 99")
	require.Contains(t, yesterday.Log(t), "nothing was changed; use the newer program")
	require.Equal(t, before, content(t, today.Ledger), "the directory is unchanged")

	require.NoError(t, os.WriteFile(format, known, 0o600))
	counted(t, collector.Start(t, settings), "acme", 1)
}

// content is what a directory holds: a mode and a hash by path.
func content(t *testing.T, directory string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var hash [sha256.Size]byte
		if !entry.IsDir() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			hash = sha256.Sum256(data)
		}
		files[path] = fmt.Sprintf("%s %x", info.Mode(), hash)
		return nil
	}))
	require.NotEmpty(t, files)
	return files
}
