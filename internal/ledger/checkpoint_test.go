// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/book"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// What one organization has been saved with says nothing of when the entries of
// the others arrived.
func TestACrashBetweenTheCheckpointsOfTwoOrganizationsChangesNothing(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	s.Extraction.Meters = append(s.Extraction.Meters, usage.Meter{
		Name: "operators", Type: usage.ConcurrentUsers, Windows: windows(t, "month"), Versions: []usage.Version{{Logon: []string{"user.logon"}}},
		SampleInterval: 15 * time.Minute, IdleTimeout: 30 * time.Minute, Settle: time.Minute,
	})
	l := open(t, s, noon)
	logon := func(organization string, at time.Time) {
		var b usage.Batch
		add(&b, usage.Item{Organization: organization, User: "ann", Action: "user.logon", Time: at.UnixNano()},
			usage.Effect{Kind: usage.Concurrent, Meter: 2, Roles: usage.RoleLogon})
		require.NoError(t, l.Record(context.Background(), at, &b))
	}
	logon("acme", noon)
	logon("birch", noon)
	later := noon.Add(2 * time.Hour)
	peak := figure(collect(t, l, later), "birch", "usage_concurrent_users_peak", "period=current", "window=month")
	require.Equal(t, 1.0, peak)
	c, err := l.book.Checkpoint(l.book.ByID, false) // one that is late
	require.NoError(t, err)
	require.NoError(t, l.checkpointOrg(l.book, c, l.book.Find("acme")))
	require.NoError(t, c.Commit(nil))
	logon("acme", later) // whose commit syncs the checkpoint, too

	l, _ = cut(t, l, s, fs, later)
	defer closeLedger(t, l)
	after := later.Add(2 * time.Minute)
	require.Equal(t, peak, figure(collect(t, l, after), "birch", "usage_concurrent_users_peak", "period=current", "window=month"))
}

// TestACloseDoesNotWaitForALongCheckpoint ends a ledger whose time to close is over
// before its first organization is on disk: the log has everything.
func TestACloseDoesNotWaitForALongCheckpoint(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	l := open(t, s, noon)
	send(t, l, noon, func(b *usage.Batch) { minutes(b, "acme", "1", 1, noon) })
	l.late.Store(true)
	require.ErrorIs(t, l.checkpoint(l.book), errLate)
	closeLedger(t, l)
	s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	l = open(t, s, noon.Add(time.Minute))
	send(t, l, noon.Add(time.Minute), func(b *usage.Batch) { minutes(b, "acme", "1", 1, noon) })
	require.Equal(t, 1.0, figure(collect(t, l, noon.Add(2*time.Minute)), "acme", "usage_consumption", "window=day", "period=current"))
	closeLedger(t, l)
}

// An organization with many users is saved by slices. What comes between two of them is
// not in that checkpoint, and is read from the log: whenever the power is cut, every
// figure is that of a ledger that went on.
func TestAnOrganizationThatIsSavedBySlicesIsOfOneMoment(t *testing.T) {
	const users = 40_000
	r := rand.New(rand.NewPCG(1, 1))
	traffic := func(n int) *usage.Batch {
		var b usage.Batch
		for range n {
			user := fmt.Sprint("user-", r.IntN(users))
			at := noon.Add(-time.Duration(r.IntN(40*60)) * time.Minute).UnixNano()
			b.Values = append(b.Values, fmt.Sprint("value-", r.IntN(3)))
			add(&b, usage.Item{Organization: "acme", User: user, Action: "course.accessed", Time: at},
				usage.Effect{Kind: usage.Active, Meter: 0, FirstValue: int32(len(b.Values) - 1), NumValues: 1})
			add(&b, usage.Item{Organization: "acme", User: user, Action: "transcription.finished", Time: at},
				usage.Effect{Kind: usage.Consume, Meter: 1, Value: int64(r.IntN(1_000_000))})
		}
		return &b
	}
	all := &usage.Batch{}
	for user := range users {
		visitFeature(all, user, noon.Add(-time.Duration(user)*time.Second))
	}
	for _, crashed := range []bool{false, true} {
		alone := open(t, sliced(t, vfs.NewCrashableMem()), noon)
		require.NoError(t, alone.Record(t.Context(), noon, all))
		fs := vfs.NewCrashableMem()
		s := sliced(t, fs)
		l := open(t, s, noon)
		require.NoError(t, l.Record(t.Context(), noon, all))
		both := func(b *usage.Batch) {
			require.NoError(t, alone.Record(t.Context(), noon, b))
			require.NoError(t, l.Record(t.Context(), noon, b))
		}
		both(traffic(4000))
		o := l.book.Find("acme")
		c, err := l.book.Checkpoint(l.book.ByID, false)
		require.NoError(t, err)
		slices := 1
		require.True(t, l.save(l.book, c, o))
		require.NoError(t, l.durable(l.book))
		require.NoError(t, c.Write(func(o *book.Org, save func()) {
			both(traffic(300))
			l.holding(o, save)
			slices++
		}, l.roomFor))
		require.Greater(t, slices, 3)
		require.NoError(t, c.Commit(nil))
		if both(traffic(500)); crashed {
			l, _ = cut(t, l, s, fs, noon)
		}
		want := collect(t, alone, noon.Add(time.Minute))
		requireSameFigures(t, want, collect(t, l, noon.Add(time.Minute)))
		closeLedger(t, l) // which saves what came between the slices
		s.FS = fs
		if crashed {
			s.FS = l.settings.FS
		}
		l = open(t, s, noon.Add(2*time.Minute))
		requireSameFigures(t, collect(t, alone, noon.Add(3*time.Minute)), collect(t, l, noon.Add(3*time.Minute)))
		closeLedger(t, l)
		closeLedger(t, alone)
	}
}

func sliced(t *testing.T, fs vfs.FS) book.Settings {
	t.Helper()
	s := settings(t, fs)
	s.Extraction.Meters = byFeature(t)
	return s
}
