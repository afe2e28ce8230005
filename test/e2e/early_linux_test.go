// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// slowly starts a collector on a ledger with an item, whose catalogue is a pipe: it
// goes on starting until somebody has written to the returned file.
func slowly(t *testing.T) (c *collector.Collector, catalogue *os.File, settings collector.Settings) {
	t.Helper()
	settings = collector.Settings{Directory: t.TempDir()}
	c = collector.Start(t, settings)
	require.Equal(t, http.StatusOK, c.Send(t, collector.Event{Organization: "acme", Action: "api.called", Time: time.Now()}))
	c.Kill()
	pipe := filepath.Join(settings.Directory, "organizations.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	slow := settings
	slow.Overlay = fmt.Sprintf("extensions: {usage_ledger: {catalogue: %q}}\n", pipe)
	c = collector.Launch(t, slow)
	catalogue, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits until it is read
	require.NoError(t, err)
	return c, catalogue, settings
}

// holds requires that the item is there, once, in a process that starts again.
func holds(t *testing.T, settings collector.Settings) {
	t.Helper()
	c := collector.Start(t, settings)
	items, err := c.Items()
	require.NoError(t, err)
	require.Equal(t, collector.Items{"counted": 1}, items["acme"])
	c.Terminate(t)
	require.Zero(t, c.End(t, 10*time.Second))
}

// A process that is told to end while it starts ends in order once it has started,
// where that is soon.
func TestAnEarlyEndIsInOrder(t *testing.T) {
	t.Parallel()
	c, catalogue, settings := slowly(t)
	c.Terminate(t)
	_, err := catalogue.WriteString("organizations: [{id: acme}]\n")
	require.NoError(t, err)
	require.NoError(t, catalogue.Close())
	require.Zero(t, c.End(t, 20*time.Second), "%s", c.Log(t))
	require.Contains(t, c.Log(t), "Everything is ready")
	require.Contains(t, c.Log(t), "Shutdown complete")
	holds(t, settings)
}

// It ends all the same where its start would take longer.
func TestAnEarlyEndDoesNotWaitForASlowStart(t *testing.T) {
	t.Parallel()
	c, catalogue, settings := slowly(t)
	c.Terminate(t)
	require.Zero(t, c.End(t, 10*time.Second), "%s", c.Log(t))
	require.NoError(t, catalogue.Close())
	require.Contains(t, c.Log(t), "told to end before it had started")
	holds(t, settings)
}
