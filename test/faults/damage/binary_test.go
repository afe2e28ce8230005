// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package damage

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// damagedExit is the exit code of a process whose ledger is damaged.
const damagedExit = 65

// running is a collector that has counted an item and written a table.
func running(t *testing.T, settings collector.Settings) *collector.Collector {
	t.Helper()
	c := collector.Start(t, settings)
	require.Equal(t, http.StatusOK, c.Send(t, collector.Event{
		Organization: "acme", Action: "transcription.finished", Time: time.Now(), Attributes: map[string]any{"transcription.minutes": 2.0},
	}))
	c.Terminate(t)
	require.Zero(t, c.End(t, 10*time.Second))
	return collector.Start(t, settings)
}

func newest(t *testing.T, directory, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(directory, pattern))
	require.NoError(t, err)
	require.NotEmpty(t, found, pattern)
	return found[len(found)-1]
}

// The built program says within seconds that a file is gone, ends when it is told to,
// does not start again without it, and usagectl says what helps.
func TestABuiltCollectorNamesWhatIsGone(t *testing.T) {
	settings := collector.Settings{Directory: t.TempDir()}
	c := running(t, settings)
	away := filepath.Join(t.TempDir(), "away")
	table := newest(t, c.Ledger, "*.sst")
	require.NoError(t, os.Rename(table, away))
	begin := time.Now()
	c.Eventually(t, func() error {
		status, body := ready(t, c)
		if status != http.StatusServiceUnavailable {
			return fmt.Errorf("/-/ready answers %d", status)
		}
		require.Contains(t, body, filepath.Base(table))
		require.Contains(t, body, "usagectl repair")
		return nil
	})
	t.Logf("found after %s", time.Since(begin))
	c.Terminate(t)
	c.End(t, 10*time.Second)
	c = collector.Launch(t, settings)
	require.Equal(t, damagedExit, c.End(t, 20*time.Second), "%s", c.Log(t))
	require.Contains(t, c.Log(t), strings.TrimSuffix(filepath.Base(table), ".sst"))
	said, err := collector.Usagectl(t, "repair", c.Ledger)
	require.ErrorContains(t, err, "nothing was changed")
	require.Contains(t, said, "restore a backup")
	require.NoError(t, os.Rename(away, table))
	said, err = collector.Usagectl(t, "repair", c.Ledger)
	require.NoError(t, err)
	require.Contains(t, said, "nothing is wrong")
	collector.Start(t, settings)
}

// An empty directory in the place of the ledger's is refused, and begun anew when
// somebody says so.
func TestABuiltCollectorIsNotMadeANewLedgerOfALostOne(t *testing.T) {
	settings := collector.Settings{Directory: t.TempDir()}
	c := running(t, settings)
	c.Kill()
	require.NoError(t, os.RemoveAll(c.Ledger))
	require.NoError(t, os.Mkdir(c.Ledger, 0o700))
	c = collector.Launch(t, settings)
	require.Equal(t, damagedExit, c.End(t, 20*time.Second), "%s", c.Log(t))
	said, err := collector.Usagectl(t, "repair", c.Ledger, "--yes")
	require.NoError(t, err)
	require.Contains(t, said, "lost: everything")
	collector.Start(t, settings)
}

func ready(t *testing.T, c *collector.Collector) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+c.API+"/-/ready", http.NoBody)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}
