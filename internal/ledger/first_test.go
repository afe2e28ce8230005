// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// firstsOf reads the first items of the first user of the first organization.
func firstsOf(t *testing.T, l *Ledger) []archive.First {
	t.Helper()
	require.NoError(t, l.durably(t.Context(), l.book.Orgs[0].ID))
	r := inquiry.Reader{Asked: &inquiry.Asked{Book: l.book, Org: l.book.Orgs[0]}}
	require.NoError(t, r.Reading(func() error { return r.FirstsOf(0) }))
	return archive.MergeFirsts(r.Firsts)
}

func TestTheFirstQualifyingItemOfEachPeriodIsKeptWhateverTheOrder(t *testing.T) {
	days := []int{0, 1, 2, 3, 15, 22, 30} // before 20 May: two days of April among them
	for seed := range uint64(6) {
		l := open(t, settings(t, vfs.NewMem()), noon)
		order := rand.New(rand.NewPCG(seed, 1)).Perm(len(days))
		for _, i := range order {
			for _, later := range []time.Duration{time.Hour, 0} {
				var b usage.Batch
				visit(&b, "acme", "ann", noon.AddDate(0, 0, -days[i]).Add(later-2*time.Hour))
				b.Items[0].UID = "uid"
				require.NoError(t, l.Record(context.Background(), noon, &b))
			}
		}
		at := func(days int) int64 { return noon.AddDate(0, 0, -days).Add(-2 * time.Hour).UnixNano() }
		start := period.MinuteOf
		item := archive.First{Signal: 1, Action: "course.accessed", UID: "uid"}
		expected := []archive.First{}
		for _, f := range []archive.First{
			{Kind: uint8(usage.Day), Period: start(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC)), Time: at(0)},
			{Kind: uint8(usage.Day), Period: start(time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC)), Time: at(1)},
			{Kind: uint8(usage.Day), Period: start(time.Date(2026, 5, 18, 0, 0, 0, 0, time.UTC)), Time: at(2)},
			{Kind: uint8(usage.Month), Period: start(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)), Time: at(15)},
			{Kind: uint8(usage.Month), Period: start(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)), Time: at(30)},
			{Kind: archive.Ever, Time: at(30)},
		} {
			f.Signal, f.Action, f.UID = item.Signal, item.Action, item.UID
			expected = append(expected, f)
		}
		require.Equal(t, expected, firstsOf(t, l), "seed %d", seed)
		closeLedger(t, l)
	}
}

// First items are in the log, then noted, then in rows: wherever they are, all that
// there were are found, once.
func TestFirstItemsAreFoundWhereverTheyAre(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	l := open(t, s, noon)
	var want []archive.First
	on := func(day int) {
		at := noon.AddDate(0, 0, day-10)
		send(t, l, noon.Add(time.Duration(day)*time.Second), func(b *usage.Batch) {
			visit(b, "acme", "ann", at)
			b.Items[0].UID = fmt.Sprint("item-", day)
		})
		want = append(want, archive.First{Kind: uint8(usage.Day), Period: period.MinuteOf(at.Truncate(24 * time.Hour)), Time: at.UnixNano(), Signal: 1, Action: "course.accessed", UID: fmt.Sprint("item-", day)})
	}
	check := func(step string) {
		t.Helper()
		var days []archive.First
		for _, f := range firstsOf(t, l) {
			if f.Kind == uint8(usage.Day) {
				days = append(days, f)
			}
		}
		newest := slices.Clone(want[max(0, len(want)-3):])
		slices.Reverse(newest)
		require.Equal(t, newest, days, step)
	}
	crash := func() {
		s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
		closeLedger(t, l)
		fs = s.FS.(*vfs.MemFS)
		l = open(t, s, noon.Add(time.Minute))
	}
	on(0)
	crash()
	check("made again from the log")
	on(1)
	require.NoError(t, l.checkpoint(l.book))
	on(2)
	crash()
	check("in a row, and in the log")
	on(3)
	check("read before a checkpoint")
	crash()
	check("and after a crash")
	require.NoError(t, l.checkpoint(l.book))
	crash()
	check("all in rows")
	on(4)
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: minFree})
	require.ErrorIs(t, l.checkpoint(l.book), errNoSpace)
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30})
	require.NoError(t, l.checkpoint(l.book))
	crash()
	check("after a checkpoint that found no room")
	on(5)
	c, err := l.book.Checkpoint(l.book.ByID, false)
	require.NoError(t, err)
	o := l.book.Find("acme")
	l.save(l.book, c, o)
	f := l.file(l.book, o)
	select {
	case <-f.checkpoint:
		t.Error("they are not in rows yet")
	default:
	}
	require.NoError(t, l.durable(l.book))
	require.NoError(t, c.Write(nil, func(int64) error {
		<-f.checkpoint
		check("in a checkpoint that is under way")
		return nil
	}))
	require.NoError(t, c.Commit(nil))
	closeLedger(t, l)
}
