// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

const (
	canary      = "canary-7f3a9c@example.org"
	otherCanary = "canary-at-home-51d0"
)

// holding returns the files of a directory, and below it, that have a text in them.
func holding(t testing.TB, fs vfs.FS, dir, text string) (files []string) {
	t.Helper()
	names, err := fs.List(dir)
	require.NoError(t, err)
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		info, err := fs.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // the store has removed it meanwhile
		}
		require.NoError(t, err)
		if info.IsDir() {
			files = append(files, holding(t, fs, path, text)...)
			continue
		}
		f, err := fs.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		content, err := io.ReadAll(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		if bytes.Contains(content, []byte(text)) || strings.Contains(name, text) {
			files = append(files, name)
		}
	}
	return files
}

// named returns the series of a collection that have a text in a label.
func named(c usage.Collection, texts ...string) (series []string) {
	for _, o := range c.Organizations {
		for _, f := range o.Figures {
			for _, l := range f.Series.Labels {
				if slices.Contains(texts, l.Value) {
					series = append(series, fmt.Sprint(f.Series.Name, f.Series.Labels))
				}
			}
		}
	}
	return series
}

// shownRow is a row as a receiver keeps a series.
func shownRow(value string) []byte {
	row := []byte{0}
	for _, text := range []string{"usage_consumption_breakdown", "dimension", "user", byUserLabel, value, "meter", "minutes"} {
		row = append(binary.AppendUvarint(row, uint64(len(text))), text...)
	}
	return row
}

// erasable are meters of which one has users and features among its values.
func erasable(t testing.TB, fs vfs.FS, dir string) book.Settings {
	t.Helper()
	s := workspaceSettings(t, fs)
	s.Directory = dir
	s.Extraction.Meters[0].Breakdowns = []usage.Breakdown{{Dimension: "feature", Attribute: "app.feature"}}
	return s
}

func (d *doing) featured(user, feature string, at time.Time) *doing {
	d.b.Values = append(d.b.Values, feature)
	return d.item(user, "post.viewed", at, usage.Effect{Kind: usage.Active, Class: 1, FirstValue: int32(len(d.b.Values) - 1), NumValues: 1})
}

// canaries are users who are known in every way that there is.
func canaries(t testing.TB, l *Ledger, now time.Time) {
	t.Helper()
	(&doing{}).
		featured(canary, canary, now.Add(-time.Hour)).featured(otherCanary, "read", now.Add(-2*time.Hour)).became(otherCanary, canary, now.Add(-time.Minute)).
		featured("ann", "read", now.Add(-time.Hour)).
		consumed(canary, 9, now.Add(-time.Hour)).consumed("ann", 4, now.Add(-time.Hour)).
		worked(canary, "logon", now.Add(-time.Minute), usage.RoleLogon).
		send(t, l, now)
	require.NoError(t, l.Remember(context.Background(), "usage", map[string][]byte{
		"s0": shownRow(canary), "s1": shownRow(l.Pseudonym("acme", canary)), "s2": shownRow("ann"), "oacme": {1, 2}, "obirch": {1},
	}))
	require.NoError(t, l.Remember(context.Background(), usage.MemoryOfBills, map[string][]byte{"acme\x002026-05": {1}, "birch\x002026-05": {1}}))
}

// churn writes so much that there are tables, log files to be written over, and a
// log that is written over an older one.
func churn(t testing.TB, l *Ledger, now time.Time) {
	t.Helper()
	for i := range 8 {
		new(doing).viewed(fmt.Sprint("user-", i), now).send(t, l, now)
		require.NoError(t, l.book.Rows.Flush())
	}
}

func TestNoFileHasAnErasedUser(t *testing.T) {
	fs, dir := vfs.Default, t.TempDir()
	l := open(t, erasable(t, fs, dir), noon)
	now := noon.Add(time.Hour)
	churn(t, l, now)
	canaries(t, l, now)
	before := collect(t, l, now.Add(time.Minute))
	require.NotEmpty(t, named(before, canary))
	require.NoError(t, l.checkpoint(l.book))
	new(doing).featured("bob", canary, now).send(t, l, now.Add(time.Minute)) // redo entries have its name
	churn(t, l, now.Add(2*time.Minute))
	require.NotEmpty(t, holding(t, fs, dir, canary))
	require.NotEmpty(t, holding(t, fs, dir, otherCanary))
	before = collect(t, l, now.Add(3*time.Minute))
	alias := l.Pseudonym("acme", canary)

	ids, err := l.EraseUser(context.Background(), "acme", " "+otherCanary, now.Add(3*time.Minute))
	require.NoError(t, err)
	require.Equal(t, 2, ids)
	for _, text := range []string{canary, otherCanary, alias} {
		require.Empty(t, holding(t, fs, dir, text), text)
	}
	latest, _ := l.Latest()
	require.Empty(t, named(latest, canary, otherCanary, alias))
	require.NotEmpty(t, named(latest, "ann"))
	shown := func(c usage.Collection) map[string]float64 {
		all := values(c.Organizations[0])
		for series := range all {
			if strings.Contains(series, "breakdown") || strings.Contains(series, "last_activity") || strings.Contains(series, "projected") {
				delete(all, series)
			}
		}
		return all
	}
	after := collect(t, l, now.Add(4*time.Minute))
	require.Empty(t, named(after, canary, otherCanary, alias))
	require.Equal(t, shown(before), shown(after), "figures stay")
	require.Equal(t, 9.0, figure(after, "acme", "usage_consumption_breakdown", "window=month", "period=current", "dimension_value=__other__"))

	rows, err := l.Recall(context.Background(), "usage")
	require.NoError(t, err)
	require.Equal(t, shownRow("ann"), rows["s2"])
	require.Equal(t, shownRow(strings.Repeat("-", len(canary))), rows["s0"])

	// They come again, and what was on its way comes.
	again := now.Add(5 * time.Minute)
	(&doing{}).viewed(canary, now).viewed(otherCanary, again).send(t, l, again)
	new(doing).consumed(canary, 9, now.Add(-time.Hour)).send(t, l, again) // a resend
	collect(t, l, again.Add(time.Minute))
	require.Empty(t, holding(t, fs, dir, canary))
	closeLedger(t, l)
	l = open(t, erasable(t, fs, dir), again.Add(time.Minute))
	c := collect(t, l, again.Add(2*time.Minute))
	for _, series := range []string{"usage_active_users", "usage_consumption"} {
		require.Equal(t, figure(before, "acme", series, "window=month", "period=current"), figure(c, "acme", series, "window=month", "period=current"))
	}
	require.Empty(t, holding(t, fs, dir, canary))
	_, all := usersOf(t, l, inquiry.UsersQuery{Meter: "workspace", Window: "month"})
	require.NotContains(t, all, canary)
	require.Empty(t, all[""].Pseudonym)
	require.Nil(t, all[""].Parts[0].First)
	require.Equal(t, inquiry.Erased, explain(t, l, inquiry.ExplainQuery{Meter: "workspace", Window: "month", User: canary}).User.Verdict)
	_, err = l.EraseUser(context.Background(), "acme", canary, again.Add(2*time.Minute))
	require.ErrorIs(t, err, ErrNoUser)
	_, err = l.EraseUser(context.Background(), "acme", "nobody", again.Add(2*time.Minute))
	require.ErrorIs(t, err, ErrNoUser)
	_, err = l.EraseUser(context.Background(), "birch", canary, again.Add(2*time.Minute))
	require.ErrorIs(t, err, inquiry.ErrNoOrganization)
	closeLedger(t, l)
}

func TestNoFileHasAnErasedOrganization(t *testing.T) {
	fs, dir := vfs.Default, t.TempDir()
	l := open(t, erasable(t, fs, dir), noon)
	now := noon.Add(time.Hour)
	for _, folded := range []bool{true, false} {
		canaries(t, l, now)
		collect(t, l, now.Add(time.Minute))
		if folded {
			require.NoError(t, l.checkpoint(l.book))
		}
		churn(t, l, now.Add(2*time.Minute))
		now = now.Add(time.Hour)
		_, err := l.Erase(context.Background(), "acme", now)
		require.NoError(t, err)
		for _, text := range []string{canary, otherCanary, "acme"} {
			require.Empty(t, holding(t, fs, dir, text), text)
		}
		require.NoError(t, l.Remember(context.Background(), "usage", map[string][]byte{"oacme": nil})) // as it is not shown any more
		require.Empty(t, holding(t, fs, dir, "acme"))
	}
	rows, err := l.Recall(context.Background(), "usage")
	require.NoError(t, err)
	require.Contains(t, rows, "obirch")
	rows, err = l.Recall(context.Background(), usage.MemoryOfBills)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	rows, err = l.Recall(context.Background(), "usage")
	require.NoError(t, err)
	require.Equal(t, shownRow(strings.Repeat("-", len(canary))), rows["s0"])
	latest, _ := l.Latest()
	require.Empty(t, latest.Organizations)
	closeLedger(t, l)
}

// The power is cut between the erasure and the cleaning of files, or before.
func TestErasingAUserIsAllOrNothingAndAStartFinishesIt(t *testing.T) {
	for _, cutAt := range []string{"before", "erased", "cleaned"} {
		t.Run(cutAt, func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			s := erasable(t, fs, "ledger")
			l := open(t, s, noon)
			now := noon.Add(time.Hour)
			canaries(t, l, now)
			before := collect(t, l, now.Add(time.Minute))
			require.NoError(t, l.checkpoint(l.book))
			churn(t, l, now.Add(time.Minute))
			if cutAt != "before" {
				e, err := l.eraseUser("acme", canary, now.Add(time.Minute))
				require.NoError(t, err)
				require.NoError(t, l.await(context.Background(), e.group))
				require.NotEmpty(t, holding(t, fs, "ledger", canary))
				if cutAt == "cleaned" {
					require.NoError(t, l.purge(context.Background(), l.book, e.spans))
				}
			}
			l, after := cut(t, l, s, fs, now.Add(time.Minute))
			_, all := usersOf(t, l, inquiry.UsersQuery{Meter: "workspace", Window: "month"})
			require.Equal(t, cutAt == "before", all[canary].ID == canary)
			require.Equal(t, cutAt != "before", l.book.Find("acme").Nameless(0))
			require.Len(t, l.book.Find("acme").Tombstones, map[bool]int{true: 0, false: 2}[cutAt == "before"])
			c := collect(t, l, now.Add(2*time.Minute))
			require.Equal(t, cutAt == "before", named(c, canary) != nil)
			require.Equal(t, figure(before, "acme", "usage_consumption", "window=month"), figure(c, "acme", "usage_consumption", "window=month"))
			l.finishPurge(l.book) // as the start does beside
			closeLedger(t, l)
			require.Equal(t, cutAt == "before", holding(t, after, "ledger", canary) != nil)
		})
	}
}

func TestATombstoneStaysUntilNothingOfTheUserIsOpen(t *testing.T) {
	month := func(l *Ledger, at time.Time, back string) float64 {
		return figure(collect(t, l, at), "acme", "usage_active_users", "class=anonymous", "window=month", "period="+back)
	}
	for _, tc := range []struct {
		name    string
		returns []time.Time // visits after the erasure
		known   map[time.Time]bool
		users   int // in the end
	}{
		// The rolling 30 days end on 19 June, and what is late of them is taken in until 24 July.
		{"gone for good", nil, map[time.Time]bool{on(7, 23): true, on(7, 25): false}, 2},
		{"back in time", []time.Time{on(6, 20)}, map[time.Time]bool{on(7, 25): true, on(8, 23): true, on(8, 25): false}, 2},
		{"back late, counted once", []time.Time{on(7, 4), on(7, 30)}, map[time.Time]bool{on(9, 30): true}, 2},
		{"back when forgotten", []time.Time{on(7, 30)}, map[time.Time]bool{on(7, 25): false, on(9, 30): true}, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := workspaceSettings(t, vfs.NewMem())
			l := open(t, s, noon)
			(&doing{}).viewed(canary, noon.Add(-time.Hour)).viewed("ann", noon.Add(-time.Hour)).send(t, l, noon)
			hash := l.book.Find("acme").Hashes.User(canary)
			require.Equal(t, 2.0, month(l, noon, "current"))
			_, err := l.EraseUser(context.Background(), "acme", canary, noon)
			require.NoError(t, err)
			for day := noon; day.Before(on(10, 1)); day = day.AddDate(0, 0, 1) {
				for _, back := range tc.returns {
					if back.Equal(day) {
						new(doing).viewed(canary, day.Add(-time.Hour)).send(t, l, day)
						require.Equal(t, 1.0, month(l, day, "current"))
					}
				}
				collect(t, l, day)
				require.NoError(t, l.checkpoint(l.book))
				if want, asked := tc.known[day]; asked {
					_, known := l.book.Find("acme").Blocks().Find(hash)
					require.Equal(t, want, known, day)
				}
				if day.Day() == 15 { // what is known is on disk
					closeLedger(t, l)
					l = open(t, s, day)
				}
			}
			require.Equal(t, tc.users, l.book.Find("acme").Users())
			if strings.HasPrefix(tc.name, "back late") {
				ids, _ := usersOf(t, l, inquiry.UsersQuery{Meter: "workspace", Window: "month", Period: 2})
				require.Equal(t, []string{canary}, ids, "who comes after the tombstone's time has a name again")
			}
			closeLedger(t, l)
		})
	}
}

func on(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 12, 0, 0, 0, time.UTC)
}
