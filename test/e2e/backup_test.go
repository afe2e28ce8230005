// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// A backup of a running collector is restored elsewhere, and has the same
// figures; a user who is erased then is gone from the directory, and counts.
func TestALedgerIsBackedUpExplainedAndRestoredElsewhere(t *testing.T) {
	t.Parallel()
	const canary = "canary-9d1e@example.org"
	settings := collector.Settings{Directory: t.TempDir()}
	c := collector.Start(t, settings)
	now := time.Now().Add(-time.Minute)
	var events []collector.Event
	for i := range 20 {
		events = append(events, collector.Event{
			Organization: "acme", User: fmt.Sprint("user-", i), Action: "transcription.finished", Time: now, Attributes: map[string]any{"transcription.minutes": 2.0},
		})
	}
	events = append(events, collector.Event{Organization: "acme", User: canary, Action: "transcription.finished", Time: now, Attributes: map[string]any{"transcription.minutes": 2.5}})
	require.Equal(t, http.StatusOK, c.Send(t, events...))
	explained := func(c *collector.Collector, args ...string) (string, error) {
		return collector.Usagectl(t, append([]string{"explain", "acme", "transcription_minutes", "month", "--api", "http://" + c.API}, args...)...)
	}
	sum := func(c *collector.Collector) {
		c.Eventually(t, func() error {
			text, err := explained(c)
			if err == nil && !strings.Contains(text, "42.5 min of 21 events") {
				err = errors.New(text)
			}
			return err
		})
	}
	sum(c)
	text, err := explained(c, canary)
	require.NoError(t, err)
	require.Contains(t, text, canary)
	list, err := collector.Usagectl(t, "users", "acme", "--api", "http://"+c.API)
	require.NoError(t, err)
	require.Contains(t, list, canary)

	file := filepath.Join(t.TempDir(), "ledger.tar")
	said, err := collector.Usagectl(t, "backup", file, "--api", "http://"+c.API)
	require.NoError(t, err)
	require.Equal(t, file+"\n", said)
	_, err = collector.Usagectl(t, "erase", "acme", canary, "--yes", "--api", "http://"+c.API)
	require.NoError(t, err)
	requireNoFileWith(t, c.Ledger, canary)
	sum(c)
	c.Terminate(t)

	elsewhere := collector.Settings{Directory: t.TempDir()}
	_, err = collector.Usagectl(t, "restore", file, filepath.Join(elsewhere.Directory, "ledger"))
	require.NoError(t, err)
	_, err = collector.Usagectl(t, "restore", file, filepath.Join(elsewhere.Directory, "ledger"))
	require.ErrorContains(t, err, "not empty")
	c = collector.Start(t, elsewhere)
	sum(c)
	list, err = collector.Usagectl(t, "users", "acme", "--api", "http://"+c.API)
	require.NoError(t, err)
	require.Contains(t, list, canary, "a backup has who was erased later")
}

func requireNoFileWith(t *testing.T, directory, text string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(directory, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		require.NotContains(t, string(content), text, path)
		return nil
	}))
}
