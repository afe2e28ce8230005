// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// A ratio can fall below a threshold's dead band while nothing arrives. That is
// in the next checkpoint: the collections before it are not read again.
func TestWhatIsReachedIsInTheCheckpointOfAQuietOrganization(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := settings(t, fs)
	var err error
	s.Catalogue, err = catalogue.Parse([]byte("organizations: [{id: acme, quotas: {learners: {limit: 100, window: 30d}}}]"))
	require.NoError(t, err)
	l := open(t, s, noon)
	visits := func(now time.Time, first, last int, at time.Time) {
		var b usage.Batch
		for i := first; i < last; i++ {
			visit(&b, "acme", fmt.Sprint("u", i), at)
		}
		require.NoError(t, l.Record(context.Background(), now, &b))
	}
	reached := func(l *Ledger, at time.Time) float64 {
		return figure(collect(t, l, at), "acme", "usage_quota_threshold_reached", "threshold=0.9")
	}
	visits(noon, 0, 3, noon.Add(time.Hour-30*24*time.Hour))
	visits(noon, 3, 90, noon)
	require.Equal(t, 1.0, reached(l, noon.Add(time.Minute)))
	require.NoError(t, l.checkpoint(l.book))
	require.Equal(t, 0.0, reached(l, noon.Add(2*time.Hour)), "three have left the window")
	require.NoError(t, l.checkpoint(l.book))
	visits(noon.Add(3*time.Hour), 90, 92, noon.Add(3*time.Hour))
	s.FS = fs.CrashClone(vfs.CrashCloneCfg{})
	require.Equal(t, 0.0, reached(l, noon.Add(3*time.Hour+time.Minute)), "89 do not reach it anew")
	closeLedger(t, l)
	l = open(t, s, noon.Add(3*time.Hour))
	require.Equal(t, 0.0, reached(l, noon.Add(3*time.Hour+time.Minute)), "and do not after a crash")
	closeLedger(t, l)
}
