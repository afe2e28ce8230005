// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// ownerEnv makes this test binary a process that opens the store in that
// directory, says so and waits to be killed.
const ownerEnv = "PROMSTORE_TEST_OWNER_OF"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerEnv); dir != "" {
		own(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func own(dir string) {
	store, err := Open(Settings{Directory: dir, Retention: DefaultRetention})
	if err == nil {
		err = store.Write(figures(noon, 7))
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("open")
	select {}
}

// noon is a whole minute that lies before every clock that runs these tests.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

var (
	activeUsers = &usage.Series{
		Name:   "usage_active_users",
		Labels: []usage.Label{{Name: "meter", Value: "operators"}, {Name: "period", Value: "current"}, {Name: "window", Value: "month"}},
	}
	itemsTotal = &usage.Series{
		Name:    "usage_items_total",
		Labels:  []usage.Label{{Name: "outcome", Value: "counted"}, {Name: "signal", Value: "logs"}},
		Counter: true,
	}
)

// figures are acme's active users at one minute.
func figures(at time.Time, value float64) usage.Collection {
	return usage.Collection{At: at, Organizations: []usage.OrganizationFigures{
		{Organization: "acme", Figures: []usage.Figure{{Series: activeUsers, Value: value}}},
	}}
}

func openStore(t *testing.T, settings Settings) *Store {
	t.Helper()
	if settings.Directory == "" {
		settings.Directory = t.TempDir()
	}
	if settings.Retention == 0 {
		settings.Retention = DefaultRetention
	}
	store, err := Open(settings)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// dump returns every series of the store, a line each, with the samples as
// minutes after noon.
func dump(t *testing.T, s *Store) []string {
	t.Helper()
	q, err := reader{store: s}.Querier(math.MinInt64, math.MaxInt64)
	require.NoError(t, err)
	defer func() { require.NoError(t, q.Close()) }()
	set := q.Select(t.Context(), true, nil, labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".+"))
	var lines []string
	for set.Next() {
		var line strings.Builder
		line.WriteString(set.At().Labels().String())
		it := set.At().Iterator(nil)
		for it.Next() == chunkenc.ValFloat {
			at, v := it.At()
			text := strconv.FormatFloat(v, 'g', -1, 64)
			if value.IsStaleNaN(v) {
				text = "stale"
			}
			fmt.Fprintf(&line, " %s@%gm", text, time.UnixMilli(at).Sub(noon).Minutes())
		}
		require.NoError(t, it.Err())
		lines = append(lines, line.String())
	}
	require.NoError(t, set.Err())
	return lines
}

// digest is a hash of every file of a directory.
func digest(t *testing.T, dir string) string {
	t.Helper()
	hash := sha256.New()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		_, _ = fmt.Fprintf(hash, "%s %d %x\n", path, len(data), sha256.Sum256(data))
		return err
	}))
	return hex.EncodeToString(hash.Sum(nil))
}

func TestSamplesOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	first := openStore(t, Settings{Directory: dir})
	require.NoError(t, first.Write(figures(noon, 7)))
	before := dump(t, first)
	require.Equal(t, []string{`{__name__="usage_active_users", meter="operators", organization="acme", period="current", window="month"} 7@0m`}, before)
	require.NoError(t, first.Close())

	second := openStore(t, Settings{Directory: dir})
	require.Equal(t, before, dump(t, second))
	require.NoError(t, second.Write(figures(noon.Add(time.Minute), 8)))
	require.Len(t, dump(t, second), 1)
	require.Contains(t, dump(t, second)[0], " 7@0m 8@1m")
}

func TestTwoStoresOnOneDirectory(t *testing.T) {
	dir := t.TempDir()
	first := openStore(t, Settings{Directory: dir})
	require.NoError(t, first.Write(figures(noon, 7)))
	leftover := filepath.Join(dir, "01ARZ3NDEKTSV4RRFFQ69G5FAV.tmp-for-creation")
	require.NoError(t, os.Mkdir(leftover, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(leftover, "index"), []byte("being written by the first store"), 0o600))
	before := digest(t, dir)

	_, err := Open(Settings{Directory: dir, Retention: DefaultRetention})
	require.ErrorIs(t, err, ErrLocked)
	require.ErrorContains(t, err, dir)
	require.Equal(t, before, digest(t, dir), "a refused store must not touch the directory")

	require.NoError(t, first.Close())
	require.Len(t, dump(t, openStore(t, Settings{Directory: dir})), 1)
}

func TestTheLockOfAKilledProcessIsNone(t *testing.T) {
	dir := t.TempDir()
	owner := exec.CommandContext(t.Context(), os.Args[0])
	owner.Env = append(os.Environ(), ownerEnv+"="+dir)
	out, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "open\n", line)

	_, err = Open(Settings{Directory: dir, Retention: DefaultRetention})
	require.ErrorIs(t, err, ErrLocked)

	require.NoError(t, owner.Process.Kill())
	require.Error(t, owner.Wait(), "it was killed")
	store := openStore(t, Settings{Directory: dir})
	require.Len(t, dump(t, store), 1, "what was written before the kill is there")
}

func TestRetentionDropsWhatIsOlder(t *testing.T) {
	store := openStore(t, Settings{Retention: 10 * 24 * time.Hour, Bulk: true})
	const days = 60
	for hour := range days * 24 {
		require.NoError(t, store.Write(figures(noon.Add(time.Duration(hour)*time.Hour), float64(hour))))
	}
	require.NoError(t, store.session.db.Compact(t.Context()))
	oldest, err := store.session.db.StartTime()
	require.NoError(t, err)
	kept := noon.Add(days * 24 * time.Hour).Sub(time.UnixMilli(oldest))
	require.GreaterOrEqual(t, kept, 10*24*time.Hour)
	// A block goes when all of it is too old, and the newest block ends up to
	// one and a half blocks before the newest sample.
	require.Less(t, kept, 10*24*time.Hour+4*bulkBlockDuration)
}

func TestBadSettings(t *testing.T) {
	for name, c := range map[string]struct {
		settings Settings
		want     string
	}{
		"no directory":      {Settings{Retention: DefaultRetention}, "directory"},
		"short retention":   {Settings{Directory: t.TempDir(), Retention: time.Hour}, "retention 1h0m0s is too short: use 24h0m0s or longer"},
		"directory is file": {Settings{Directory: os.Args[0], Retention: DefaultRetention}, os.Args[0]},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(c.settings)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestCloseTwiceAndUseAfterClose(t *testing.T) {
	store := openStore(t, Settings{})
	require.True(t, store.Ready())
	require.NoError(t, store.Close())
	require.NoError(t, store.Close())
	require.False(t, store.Ready())
	require.ErrorIs(t, store.Write(figures(noon, 1)), ErrClosed)
}

func TestCloseWaitsForQueries(t *testing.T) {
	store := openStore(t, Settings{})
	require.NoError(t, store.Write(figures(noon, 7)))
	q, err := reader{store: store}.Querier(math.MinInt64, math.MaxInt64)
	require.NoError(t, err)
	closed := make(chan error)
	go func() { closed <- store.Close() }()
	require.Eventually(t, func() bool { return !store.Ready() }, 10*time.Second, time.Millisecond, "new queries are turned away")
	select {
	case err := <-closed:
		require.NoError(t, err)
		require.Fail(t, "closed under a running query")
	default:
	}
	set := q.Select(t.Context(), false, nil, labels.MustNewMatcher(labels.MatchEqual, "__name__", "usage_active_users"))
	require.True(t, set.Next())
	require.NoError(t, q.Close())
	require.NoError(t, <-closed)
}
