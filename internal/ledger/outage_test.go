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

// A checkpoint drops the redo entry that tells of an outage: it has to write the
// outage down, also of an organization of which nothing has come since.
func TestACheckpointKeepsAnOutageOfAQuietOrganization(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	s.Extraction.Meters = []usage.Meter{{
		Name: "live", Type: usage.ConcurrentUsers, Windows: windows(t, "day"), Classes: []string{""},
		SampleInterval: 5 * time.Minute, IdleTimeout: 2 * time.Minute, Settle: 10 * time.Minute,
		Versions: []usage.Version{{Activity: []string{"call.joined"}}},
	}}
	join := func(l *Ledger, organization string, now, at time.Time) {
		var b usage.Batch
		add(&b, usage.Item{Organization: organization, User: "ann", Action: "call.joined", Time: at.UnixNano()},
			usage.Effect{Kind: usage.Concurrent, Meter: 0, Roles: usage.RoleActivity})
		require.NoError(t, l.Record(context.Background(), now, &b))
	}
	l := open(t, s, noon)
	join(l, "acme", noon.Add(time.Second), noon.Add(-4*time.Minute))
	collect(t, l, noon.Add(time.Minute))
	closeLedger(t, l)

	l = open(t, s, noon.Add(30*time.Minute))
	join(l, "birch", noon.Add(30*time.Minute), noon.Add(30*time.Minute)) // the entry of the outage is committed with it
	require.NoError(t, l.checkpoint(l.book))
	s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	closeLedger(t, l)

	l = open(t, s, noon.Add(32*time.Minute))
	join(l, "acme", noon.Add(33*time.Minute), noon.Add(15*time.Minute)) // resent
	c := collect(t, l, noon.Add(50*time.Minute))
	require.Equal(t, 1.0, figure(c, "acme", "usage_concurrent_users_peak", "window=day", "period=current"))
	closeLedger(t, l)
}
