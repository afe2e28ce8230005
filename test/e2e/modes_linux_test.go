// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// TestFilesAreTheirOwnersAlone has a collector under a umask that hides nothing make
// all of its files: those of the ledger, the store and reports, anew, after a kill and
// after an end.
func TestFilesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	reports := filepath.Join(directory, "reports")
	settings := collector.Settings{Directory: directory, Umask: "000", Overlay: fmt.Sprintf("extensions: {usage_ledger: {reports: {directory: %q}}}\n", reports)}
	c := collector.Start(t, settings)
	require.Equal(t, http.StatusOK, c.Send(t, collector.Event{Organization: "acme", User: "jane", Action: "course.accessed", Time: time.Now()}))
	_, err := collector.Usagectl(t, "schedule", "create", "--api", "http://"+c.API, "--name", "At once", "--report", "billing", "--organization", "acme",
		"--format", "csv", "--to", "directory", "--cadence", "monthly")
	require.NoError(t, err)
	c.Eventually(t, func() error { // it has figures from the next whole minute on
		said, err := collector.Usagectl(t, "schedule", "test", "--api", "http://"+c.API, "acme-at-once")
		if err != nil {
			err = fmt.Errorf("%w: %s", err, said)
		}
		return err
	})
	c.Kill()
	c = collector.Start(t, settings)
	c.Terminate(t)
	require.Zero(t, c.End(t, 10*time.Second))

	seen := map[string]int{}
	require.NoError(t, filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == directory {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		within, err := filepath.Rel(directory, path)
		want := os.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		require.Equal(t, want, info.Mode().Perm(), "%s is for others too: %s", within, info.Mode())
		of, _, _ := strings.Cut(within, string(filepath.Separator))
		seen[of]++
		return err
	}))
	for _, of := range []string{"ledger", "tsdb", "reports"} {
		require.Greater(t, seen[of], 1, "files of %s: %v", of, seen)
	}
}
