// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"math/rand/v2"
	"sync"

	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/store"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/versions"
)

// ofEachType are meters with all that the state of one may have.
func ofEachType(t testing.TB) []usage.Meter {
	t.Helper()
	all := byFeature(t)
	all[1].Windows = windows(t, "day", "month", "30d")
	all[1].ByUser = &usage.ByUser{Dimension: "user", Top: 2, Reveal: true}
	all[1].Breakdowns = []usage.Breakdown{{Dimension: "language", Attribute: "app.language"}}
	all[1].Averages = []usage.AverageOf{{Name: "length", Attribute: "app.length"}}
	return append(all, usage.Meter{
		Name: "credits", Type: usage.Consumption, Windows: windows(t, "hour", "week", "month"), Classes: []string{""}, Corrections: true,
		ByUser:   &usage.ByUser{Dimension: "user", Top: 3, Reveal: true},
		Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"credit.spent"}}}}},
	}, usage.Meter{
		Name: "operators", Type: usage.ConcurrentUsers, Windows: windows(t, "day", "month"), Classes: []string{""},
		SampleInterval: 15 * time.Minute, IdleTimeout: 30 * time.Minute, Settle: time.Minute,
		Versions: []usage.Version{{Logon: []string{"logon"}, Hourly: []string{"task.finished"}}},
	})
}

// history is what two weeks brought to a ledger that began at noon: events of
// every kind, a quota, statements of closed days, of which some were revised.
func history(t testing.TB, l *Ledger) {
	t.Helper()
	for hour := range 14 * 24 {
		now := noon.Add(time.Duration(hour) * time.Hour)
		send(t, l, now, func(b *usage.Batch) { visits(b, hour, now) })
		collect(t, l, now.Add(time.Minute))
		if hour == 13*24 {
			require.NoError(t, l.checkpoint(l.book))
		}
	}
}

// visits are an hour's events: one of each meter, some of them of days ago. No two
// users have the same sum: who of them is shown would depend on the ledger's key.
func visits(b *usage.Batch, hour int, now time.Time) {
	user := fmt.Sprint("user-", hour*hour%23)
	at := now.Add(-time.Duration(hour%17) * 7 * time.Hour)
	item := func(action string) usage.Item {
		return usage.Item{Organization: "acme", User: user, UID: fmt.Sprint(action, hour), Action: action, Time: at.UnixNano()}
	}
	visitFeature(b, hour, at)
	b.Values = append(b.Values, []string{"de", "en", "fr", "ja"}[hour%4])
	b.Averages = append(b.Averages, usage.Average{Value: int64(hour) * 1_234_567, Set: hour%3 > 0})
	add(b, item("transcription.finished"), usage.Effect{
		Kind: usage.Consume, Meter: 1, Value: 3_000_000_000_000_000 + int64(hour*hour*hour)*1_003,
		FirstValue: int32(len(b.Values) - 1), NumValues: 1, FirstAverage: int32(len(b.Averages) - 1), NumAverages: 1,
	})
	add(b, item("credit.spent"), usage.Effect{Kind: usage.Consume, Meter: 2, Value: int64(hour*hour%101-60)*1_000_001 + int64(hour*hour*hour)})
	add(b, item("logon"), usage.Effect{Kind: usage.Concurrent, Meter: 3, Roles: usage.RoleLogon})
	add(b, item("task.finished"), usage.Effect{Kind: usage.Concurrent, Meter: 3, Roles: usage.RoleHourly})
	if hour%50 == 7 {
		add(b, item("user.registered"), usage.Effect{Kind: usage.Lifecycle, Status: usage.Registered})
	}
	if hour == 335 {
		visitFeature(b, hour+1, now.Add(4*time.Minute)) // held
	}
	if hour == 200 {
		add(b, item("user.alias"), usage.Effect{Kind: usage.Alias, Key: "user-1"})
	}
}

// formatSettings are those of a ledger with that history.
func formatSettings(t testing.TB, directory string) book.Settings {
	t.Helper()
	s := withGrace(t, vfs.Default)
	s.Extraction.Meters, s.Directory = ofEachType(t), directory
	var err error
	s.Catalogue, err = catalogue.Parse([]byte(`organizations: [{id: acme, timezone: Europe/Berlin, quotas: {minutes: {limit: 1000000000000, window: month}}}]`))
	require.NoError(t, err)
	return s
}

// testdata/format-3 to format-9 were left by the last programs of those formats,
// killed behind that history: with a checkpoint, and redo entries of a day more.
// What they have is what the history gives now, but for net peaks of periods that
// began before the update, which there are none of.
func TestStateOfFormats3To9IsReadAndBecomesTheNewest(t *testing.T) {
	for _, format := range []string{"format-3", "format-4", "format-5", "format-6", "format-7", "format-8", "format-9"} {
		t.Run(format, func(t *testing.T) { readOld(t, format) })
	}
}

func readOld(t *testing.T, format string) {
	t.Helper()
	old := formatSettings(t, t.TempDir())
	require.NoError(t, os.CopyFS(old.Directory, os.DirFS(filepath.Join("testdata", format))))
	anew := formatSettings(t, t.TempDir())
	l := open(t, anew, noon)
	history(t, l)
	closeLedger(t, l)
	isNet := func(series string) bool { return strings.HasPrefix(series, "usage_concurrent_users_net_peak") }
	for day := 14; day < 20; day++ {
		now := noon.Add(time.Duration(day) * 24 * time.Hour)
		read, made := open(t, old, now), open(t, anew, now)
		for _, l := range []*Ledger{read, made} {
			send(t, l, now, func(b *usage.Batch) { visits(b, day*24, now) })
		}
		got, want := collect(t, read, now.Add(time.Minute)), collect(t, made, now.Add(time.Minute))
		require.Len(t, got.Organizations, len(want.Organizations))
		for i, o := range want.Organizations {
			found := values(got.Organizations[i])
			for series, value := range values(o) {
				if _, there := found[series]; !there && isNet(series) {
					continue
				}
				require.Equal(t, value, found[series], "%s on day %d", series, day)
				delete(found, series)
			}
			require.Empty(t, found)
		}
		found := values(got.Organizations[0])
		for back, first := range map[string]int{"current": 14, "previous": 15, "2_ago": 16} { // the checkpoint is of day 13
			series := fmt.Sprintf("usage_concurrent_users_net_peak[{meter operators} {period %s} {window day}]", back)
			_, there := found[series]
			require.Equal(t, day >= first || format >= "format-5", there, "%s on day %d", series, day)
		}
		require.InDelta(t, 1.008e12+float64(day-13)*3e9, figure(got, "acme", "usage_consumption_total", "meter=minutes"), 1e7)
		withoutNets := func(all []archive.Statement) []archive.Statement {
			for i := range all {
				for j := range all[i].Versions {
					v := &all[i].Versions[j]
					v.Figures = slices.DeleteFunc(v.Figures, func(f archive.Figure) bool { return isNet(f.Name) })
				}
			}
			return all
		}
		all := StatementQuery{Organization: "acme"}
		require.Equal(t, withoutNets(statements(t, made, all)), withoutNets(statements(t, read, all)))
		closeLedger(t, read)
		closeLedger(t, made)
	}
	version, err := versions.CheckFormat(old.FS, old.Directory)
	require.NoError(t, err)
	require.Equal(t, versions.Format, version)
}

// What format 5 has of first items is read; which signal they came from was not
// noted.
func TestFirstItemsOfFormat5HaveNoSignal(t *testing.T) {
	s := formatSettings(t, t.TempDir())
	require.NoError(t, os.CopyFS(s.Directory, os.DirFS(filepath.Join("testdata", "format-5"))))
	now := noon.Add(14 * 24 * time.Hour)
	l := open(t, s, now)
	send(t, l, now, func(b *usage.Batch) { visitFeature(b, 99, now.Add(-time.Minute)) })
	old, noted := map[string]int{}, 0
	require.NoError(t, l.Users(t.Context(), inquiry.UsersQuery{Organization: "acme", Meter: s.Extraction.Meters[0].Name, Window: "month"}, func(u *inquiry.User) error {
		f := u.Parts[0].First
		require.NotEmpty(t, f.Action)
		if f.Signal == "" {
			old[u.ID]++
			require.True(t, f.Time.Before(now.Add(-time.Minute)))
		} else {
			noted++
		}
		return nil
	}))
	require.NotEmpty(t, old)
	require.Equal(t, 1, noted)
	closeLedger(t, l)
}

// The power is cut at each write of a start and of the first checkpoint, which moves
// organizations from rows to the snapshot.
func TestAMoveToTheSnapshotMayBeCutShort(t *testing.T) {
	now := noon.Add(14 * 24 * time.Hour)
	crashable := func() *vfs.MemFS {
		fs := vfs.NewCrashableMem()
		_, err := vfs.Clone(vfs.Default, fs, filepath.Join("testdata", "format-9"), "ledger", vfs.CloneSync)
		require.NoError(t, err)
		require.NoError(t, errors.Join(store.SyncDir(fs, ""), store.SyncDir(fs, "ledger")))
		return fs
	}
	s := formatSettings(t, "ledger")
	s.FS = crashable()
	// figures are those of two starts: of what there is, and of what the checkpoint at the
	// end of the first has made of it.
	figures := func() (of [2]map[string]float64) {
		for i := range of {
			at := now.Add(time.Duration(i) * time.Minute)
			l := open(t, s, at)
			of[i] = values(collect(t, l, at.Add(time.Minute)).Organizations[0])
			closeLedger(t, l)
		}
		return of
	}
	want := figures()
	for _, unsynced := range []int{0, 100} {
		for at, done := 0, false; !done; at += stride() {
			fs := crashable()
			var mu sync.Mutex
			var clone *vfs.MemFS
			ops, over := 0, false
			s.FS = errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
					return nil
				}
				mu.Lock()
				defer mu.Unlock()
				if ops++; ops == at+1 && !over {
					clone = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: rand.New(rand.NewPCG(uint64(at), 0))})
				}
				return nil
			}))
			l := open(t, s, now)
			require.NoError(t, l.checkpoint(l.book))
			mu.Lock()
			over = true
			mu.Unlock()
			closeLedger(t, l)
			if done = clone == nil; done {
				require.Greater(t, at, 40)
				break
			}
			s.FS = clone
			require.Equal(t, want, figures(), "cut at write %d", at)
		}
	}
}
