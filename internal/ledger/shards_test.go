// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// batches are what some senders send: items of many organizations in each, times out
// of order, uids that others send too, and arrivals that are not in order either.
func batches(senders int) (all [][]usage.Batch, arrivals [][]time.Time) {
	for s := range senders {
		r := rand.New(rand.NewPCG(1, uint64(s)))
		var mine []usage.Batch
		var at []time.Time
		for range 10 {
			var b usage.Batch
			for range 1 + r.IntN(400) {
				visits(&b, r.IntN(330), noon)
			}
			for i := range b.Items {
				b.Items[i].Organization = fmt.Sprint("org-", r.IntN(60))
			}
			mine, at = append(mine, b), append(at, noon.Add(time.Duration(r.IntN(50_000))*time.Millisecond))
		}
		all, arrivals = append(all, mine), append(arrivals, at)
	}
	return all, arrivals
}

// Requests that are taken in side by side, while figures are collected, the log is
// folded and a crash is read from, count as the same requests do one after another.
func TestSendersSideBySideCountAsOneAfterAnother(t *testing.T) {
	const senders = 4
	all, arrivals := batches(senders)
	alone := open(t, formatSettings(t, t.TempDir()), noon)
	for s := range senders {
		for i := range all[s] {
			require.NoError(t, alone.Record(t.Context(), noon, &all[s][i]))
		}
	}
	end := noon.Add(10 * time.Minute)
	want := collect(t, alone, end)
	closeLedger(t, alone)

	disk := vfs.NewCrashableMem()
	together := formatSettings(t, "ledger")
	together.FS = disk
	l := open(t, together, noon)
	all, arrivals = batches(senders)
	var sending, others sync.WaitGroup
	stop := make(chan struct{})
	other := func(do func() error) {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if err := do(); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for s := range senders {
		sending.Go(func() {
			for i := range all[s] {
				if err := l.Record(context.Background(), arrivals[s][i], &all[s][i]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	other(func() error { _, err := l.Collect(context.Background(), noon); return err })
	other(func() error { return l.checkpoint(l.book) })
	sending.Wait()
	close(stop)
	others.Wait()
	crashed := disk.CrashClone(vfs.CrashCloneCfg{})
	requireSameFigures(t, want, collect(t, l, end))
	closeLedger(t, l)

	together.FS = crashed
	l = open(t, together, noon.Add(time.Minute))
	requireSameFigures(t, want, collect(t, l, end))
	closeLedger(t, l)
}

func requireSameFigures(t *testing.T, want, got usage.Collection) {
	t.Helper()
	require.Len(t, got.Organizations, len(want.Organizations))
	for i, o := range want.Organizations {
		require.Equal(t, o.Organization, got.Organizations[i].Organization)
		found := values(got.Organizations[i])
		for series, value := range values(o) {
			require.Equal(t, value, found[series], "%s of %s", series, o.Organization)
		}
	}
}
