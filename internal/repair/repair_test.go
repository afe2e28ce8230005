// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package repair

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/intake"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

var later = noon.Add(2 * time.Hour)

func open(dir string, now time.Time) (*ledger.Ledger, error) {
	day, err := usage.ParseWindow("day")
	if err != nil {
		return nil, err
	}
	return ledger.Open(ledger.Settings{
		Directory: dir, Past: 35 * 24 * time.Hour, Future: 5 * time.Minute, Silence: time.Hour,
		Extraction: usage.Extraction{Meters: []usage.Meter{{
			Name: "minutes", Type: usage.Consumption, Windows: []usage.Window{day}, Classes: []string{""}, Unit: "min",
			Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"done"}}}}},
		}}},
		Limits: intake.Limits{Organizations: 10, UnknownOrganizations: 10, UsersPerOrganization: 10, ValuesPerDimension: 10},
	}, now)
}

// count counts a minute with some uids, at some minutes past noon.
func count(t *testing.T, l *ledger.Ledger, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		at := noon.Add(time.Duration(i) * time.Minute)
		require.NoError(t, l.Record(context.Background(), at, &usage.Batch{
			Items:   []usage.Item{{Organization: "acme", UID: fmt.Sprint(i), Action: "done", Time: noon.UnixNano(), NumEffects: 1}},
			Effects: []usage.Effect{{Kind: usage.Consume, Value: usage.Micro}},
		}))
	}
}

func sum(t *testing.T, dir string, now time.Time) float64 {
	t.Helper()
	l, err := open(dir, now)
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close(context.Background())) }()
	c, err := l.Collect(context.Background(), now)
	require.NoError(t, err)
	for _, o := range c.Organizations {
		for _, f := range o.Figures {
			if o.Organization == "acme" && f.Series.Name == "usage_consumption" {
				return f.Value
			}
		}
	}
	return 0
}

// killed is a directory with ten minutes in tables and ten in the log.
func killed(t *testing.T) string {
	t.Helper()
	made := filepath.Join(t.TempDir(), "made")
	l, err := open(made, noon)
	require.NoError(t, err)
	count(t, l, 0, 10)
	require.NoError(t, l.Close(context.Background()))
	l, err = open(made, noon.Add(10*time.Minute))
	require.NoError(t, err)
	count(t, l, 10, 20)
	dir := filepath.Join(t.TempDir(), "ledger")
	require.NoError(t, os.CopyFS(dir, os.DirFS(made)))
	require.NoError(t, l.Close(context.Background()))
	return dir
}

// contents are the files of a directory by name, but for the one of the lock.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "LOCK" {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}))
	return all
}

func newest(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found[len(found)-1]
}

func TestNothingIsWrongWithADirectoryThatWasKilled(t *testing.T) {
	dir := killed(t)
	s, err := Look(dir)
	require.NoError(t, err)
	require.Empty(t, s.Findings)
	require.NoError(t, s.Close())
	require.Equal(t, 20.0, sum(t, dir, later))
}

// What is damaged is refused by a start; a survey finds it and changes nothing, and
// says what is lost; mending leaves that out and nothing else, and keeps what was there.
func TestWhatIsMendedOpensWithWhatIsLeft(t *testing.T) {
	for _, tc := range []struct {
		name   string
		damage func(t *testing.T, dir string) error
		left   float64
		lost   string
	}{
		{"a record of the log", func(t *testing.T, dir string) error {
			t.Helper()
			path := newest(t, dir, "log-*")
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			text[bytesOf(text)/2] ^= 1
			return os.WriteFile(path, text, 0o600)
		}, -1, "from 2026-05-20T12:1"},
		{"the marker of the manifest", func(t *testing.T, dir string) error {
			t.Helper()
			return os.Remove(newest(t, dir, "marker.manifest.*"))
		}, 20, ""},
		{"the options", func(t *testing.T, dir string) error {
			t.Helper()
			return os.WriteFile(newest(t, dir, "OPTIONS-*"), []byte("x"), 0o600)
		}, 20, ""},
		{"the format", func(t *testing.T, dir string) error {
			t.Helper()
			return os.WriteFile(filepath.Join(dir, "FORMAT"), []byte("x"), 0o600)
		}, 20, ""},
		{"the keys of counted items", func(t *testing.T, dir string) error {
			t.Helper()
			return os.Remove(newest(t, dir, "counted/*.run"))
		}, 20, "counted again"},
		{"all of it", func(_ *testing.T, dir string) error { return os.RemoveAll(dir) }, 0, "everything"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := killed(t)
			require.NoError(t, os.WriteFile(dir+".certificate", []byte(contents(t, dir)[filepath.Join(dir, "CERTIFICATE")]), 0o600))
			require.NoError(t, tc.damage(t, dir))
			_, err := open(dir, noon.Add(2*time.Hour))
			require.True(t, ledger.IsDamaged(err), "%v", err)
			before := contents(t, filepath.Dir(dir))
			s, err := Look(dir)
			require.NoError(t, err)
			require.Len(t, s.Findings, 1)
			require.Contains(t, s.Findings[0].Lost, tc.lost)
			require.Equal(t, before, contents(t, filepath.Dir(dir)))
			_, err = s.Mend(noon)
			require.NoError(t, err)
			require.NoError(t, s.Close())
			if tc.left >= 0 {
				require.Equal(t, tc.left, sum(t, dir, later))
				return
			}
			left := sum(t, dir, later)
			require.GreaterOrEqual(t, left, 10.0)
			require.Less(t, left, 20.0)
			require.FileExists(t, newest(t, filepath.Dir(dir), "ledger.damaged-*/log-*"))
			require.Equal(t, left, sum(t, dir, later.Add(time.Minute)))
		})
	}
}

// bytesOf is how many bytes come before the zeros at the end.
func bytesOf(text []byte) int {
	n := len(text)
	for n > 0 && text[n-1] == 0 {
		n--
	}
	return n
}

// A table is not mended, nor is anything else then.
func TestADamagedTableTakesABackup(t *testing.T) {
	dir := killed(t)
	path := newest(t, dir, "*.sst")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	text[len(text)/3] ^= 1
	require.NoError(t, os.WriteFile(path, text, 0o600))
	before := contents(t, filepath.Dir(dir))
	s, err := Look(dir)
	require.NoError(t, err)
	require.NotEmpty(t, s.Findings)
	_, err = s.Mend(noon)
	require.ErrorContains(t, err, "restore a backup")
	require.ErrorContains(t, err, path)
	require.NoError(t, s.Close())
	require.Equal(t, before, contents(t, filepath.Dir(dir)))
}

// A damaged file of the snapshot names the organizations whose state is in what cannot
// be read, and no others.
func TestADamagedSnapshotNamesWhoIsConcerned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	l, err := open(dir, noon)
	require.NoError(t, err)
	for _, id := range []string{"acme", "birch"} {
		require.NoError(t, l.Record(context.Background(), noon, &usage.Batch{
			Items:   []usage.Item{{Organization: id, UID: id, Action: "done", Time: noon.UnixNano(), NumEffects: 1}},
			Effects: []usage.Effect{{Kind: usage.Consume, Value: usage.Micro}},
		}))
	}
	require.NoError(t, l.Close(context.Background()))
	path := newest(t, dir, "*/parts-*")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	said := map[string]bool{}
	for at := 0; at < len(whole); at += max(1, len(whole)/40) {
		text := slices.Clone(whole)
		text[at] ^= 1
		require.NoError(t, os.WriteFile(path, text, 0o600))
		s, err := Look(dir)
		require.NoError(t, err)
		for _, f := range s.Findings {
			said[f.Lost] = true
		}
		require.NoError(t, s.Close())
	}
	require.True(t, said["what was counted, from any time, of acme"], "%v", said)
	require.True(t, said["what was counted, from any time, of birch"], "%v", said)
}
