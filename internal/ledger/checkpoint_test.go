// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

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
	c, err := l.book.Checkpoint(l.book.ByID) // one that is late
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
