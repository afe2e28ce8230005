// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// users of the organization that is moved, on a real disk.
const movedUsers = 2_000

func TestMoveSaysWhatItDidAndWhatIsWrong(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "a", "ledger"), filepath.Join(t.TempDir(), "b", "ledger")
	now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	day, err := usage.ParseWindow("day")
	require.NoError(t, err)
	settings := ledger.Settings{
		Directory: from, Past: 35 * 24 * time.Hour, Future: time.Minute, Silence: time.Hour,
		Extraction: usage.Extraction{Meters: []usage.Meter{{
			Name: "learners", Type: usage.ActiveUsers, Windows: []usage.Window{day}, Classes: []string{""},
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"course.accessed"}, Billable: true}}}},
		}}},
		Limits: intake.Limits{Organizations: 10, UnknownOrganizations: 10, UsersPerOrganization: 1_000_000, ValuesPerDimension: 10},
	}
	l, err := ledger.Open(settings, now)
	require.NoError(t, err)
	for from := 0; from < movedUsers; from += 1000 {
		b := &usage.Batch{Effects: []usage.Effect{{Kind: usage.Active}}}
		for i := range 1000 {
			b.Items = append(b.Items, usage.Item{Organization: "acme", User: fmt.Sprintf("user-%d@example.org", from+i), Action: "course.accessed", Time: now.UnixNano(), NumEffects: 1})
		}
		require.NoError(t, l.Record(context.Background(), now, b))
	}
	code, _, stderr := usagectl(t, "move", "acme", "--from", from, "--to", to)
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "a process uses this directory")
	require.NoError(t, l.Close(context.Background()))

	code, _, stderr = usagectl(t, "move", "acme", "--from", from)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "--from and --to")

	code, _, stderr = usagectl(t, "move", "acme", "--from", "http://localhost:1", "--to", to)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "use two addresses, as http://shard-a:8320, or two directories")
	code, _, stderr = usagectl(t, "move", "acme", "--from", "http://localhost:1", "--to", "http://localhost:1")
	require.Equal(t, exitError, code)
	require.Contains(t, stderr, "is the collector running there")

	code, stdout, stderr := usagectl(t, "move", "acme", "--from", from, "--to", to)
	require.Equal(t, exitOK, code, stderr)
	require.Regexp(t, `^acme is in .*/b/ledger: \d+ rows, \d+ bytes, \d+ figures equal, in .*s\n$`, stdout)
	t.Log(stdout)
	code, stdout, stderr = usagectl(t, "move", "acme", "--from", from, "--to", to)
	require.Equal(t, exitOK, code, stderr)
	require.Equal(t, fmt.Sprintf("acme is in %s already\n", to), stdout)

	settings.Directory = to
	l, err = ledger.Open(settings, now)
	require.NoError(t, err)
	c, err := l.Collect(context.Background(), now.Add(time.Minute))
	require.NoError(t, err)
	require.Len(t, c.Organizations, 1)
	require.Contains(t, fmt.Sprint(figuresOf(c)), fmt.Sprint("usage_active_users ", movedUsers))
	require.NoError(t, l.Close(context.Background()))
}

func figuresOf(c usage.Collection) (lines []string) {
	for _, f := range c.Organizations[0].Figures {
		lines = append(lines, fmt.Sprintf("%s %v", f.Series.Name, f.Value))
	}
	return lines
}
