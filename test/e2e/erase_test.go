// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// canary is an id that stands nowhere but where a user's id does.
const canary = "canary-9e2b7f@example.org"

// holding are the files below a directory that have the canary.
func holding(t *testing.T, directory string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(directory, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the store or the ledger has done with it
		}
		if bytes.Contains(content, []byte(canary)) {
			names = append(names, path)
		}
		return err
	}))
	return names
}

// unpacked is what is read of a file: of a workbook all of its parts.
func unpacked(t *testing.T, body string) string {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		return body
	}
	var text strings.Builder
	for _, part := range archive.File {
		r, err := part.Open()
		require.NoError(t, err)
		_, err = io.Copy(&text, r)
		require.NoError(t, errors.Join(err, r.Close()))
	}
	return text.String()
}

// What was erased is in no report, no label, no line of the log and no file,
// and the figures are what they were.
func TestAnErasedUserIsNowhere(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	c := collector.Start(t, collector.Settings{Directory: directory})
	now := time.Now().UTC()
	did := func(user, action string, minutes float64) collector.Event {
		return collector.Event{Organization: "acme", User: user, Action: action, Time: now, Attributes: map[string]any{
			"user.status": "active", "app.feature": "transcription", "transcription.minutes": minutes, "transcription.language": "de",
		}}
	}
	require.Equal(t, http.StatusOK, c.Send(t,
		did(canary, "user.registered", 0), did(canary, "course.accessed", 0), did(canary, "transcription.finished", 12.5), did(canary, "task.finished", 0),
		did("ann", "course.accessed", 0), did("ann", "transcription.finished", 3),
	))
	read := func() string {
		var all strings.Builder
		for _, format := range []string{"csv", "json", "ndjson", "html", "xlsx"} {
			for _, kind := range []string{"users", "usage-summary", "activity"} {
				status, body := c.Get(t, "/api/v1/reports/"+kind+"?period=current&organization=acme&format="+format)
				require.Equal(t, http.StatusOK, status, body)
				all.WriteString(unpacked(t, body))
			}
		}
		for _, path := range []string{"/", "/reports", "/api/v1/organizations/acme/users?window=month", "/api/v1/organizations/acme/figures"} {
			status, body := c.Get(t, path)
			require.Equal(t, http.StatusOK, status, body)
			all.WriteString(body)
		}
		return all.String()
	}
	learners := collector.Series("usage_active_users", map[string]string{"meter": "active_learners", "window": "month", "period": "current"})
	counted := func() (float64, error) {
		gauges, err := gaugesOf(c, "acme")
		return gauges[learners], err
	}
	c.Eventually(t, func() error {
		if n, err := counted(); err != nil || n != 2 {
			return errors.Join(errors.New("not both are counted yet"), err)
		}
		return nil
	})
	require.Contains(t, read(), canary)
	require.NotEmpty(t, holding(t, filepath.Join(directory, "ledger")))
	require.Empty(t, holding(t, filepath.Join(directory, "tsdb")), "a store has pseudonyms")

	_, err := collector.Usagectl(t, "erase", "acme", canary, "--yes", "--api", "http://"+c.API)
	require.NoError(t, err)
	require.Empty(t, holding(t, directory))
	require.NotContains(t, c.Log(t), canary)
	c.Eventually(t, func() error {
		if n, err := counted(); err != nil || n != 2 {
			return errors.Join(errors.New("a figure has changed"), err)
		}
		if strings.Contains(read(), canary) {
			return errors.New("it is shown until the next collection")
		}
		return nil
	})
	status, body := collector.Get(t, "http://"+c.Store+"/api/v1/label/dimension_value/values?match[]="+url.QueryEscape(`{organization="acme"}`))
	require.Equal(t, http.StatusOK, status)
	require.NotContains(t, body, canary)

	// Who comes back is the same one, as long as the periods are open.
	require.Equal(t, http.StatusOK, c.Send(t, did(canary, "session.attended", 0)))
	c.Kill()
	c = collector.Start(t, collector.Settings{Directory: directory})
	c.Eventually(t, func() error {
		if n, err := counted(); err != nil || n != 2 {
			return errors.Join(errors.New("not two users"), err)
		}
		return nil
	})
}
