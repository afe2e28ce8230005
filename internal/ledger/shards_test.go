// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// begin is when senders begin. The five minutes until they end have no sample: what a
// sample has depends on what had come when it was taken.
var begin = noon.Add(2 * time.Minute)

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
			mine, at = append(mine, b), append(at, begin.Add(time.Duration(r.IntN(300_000))*time.Millisecond))
		}
		all, arrivals = append(all, mine), append(arrivals, at)
	}
	return all, arrivals
}

// everybody is an item of each organization, which then is there from noon on.
func everybody() *usage.Batch {
	var b usage.Batch
	for n := range 60 {
		visitFeature(&b, n, noon)
		b.Items[n].Organization = fmt.Sprint("org-", n)
	}
	return &b
}

// Requests that are taken in side by side, while figures are collected, the log is
// folded and crashes are read from, count as the same requests do one after another.
func TestSendersSideBySideCountAsOneAfterAnother(t *testing.T) {
	const senders = 4
	all, arrivals := batches(senders)
	alone := open(t, formatSettings(t, t.TempDir()), noon)
	require.NoError(t, alone.Record(t.Context(), noon, everybody()))
	for s := range senders {
		for i := range all[s] {
			require.NoError(t, alone.Record(t.Context(), begin, &all[s][i]))
		}
	}
	end := noon.Add(10 * time.Minute)
	want := collect(t, alone, end)
	closeLedger(t, alone)

	disk := vfs.NewCrashableMem()
	together := formatSettings(t, "ledger")
	together.FS = disk
	l := open(t, together, noon)
	require.NoError(t, l.Record(t.Context(), noon, everybody()))
	all, arrivals = batches(senders)
	var sending, others sync.WaitGroup
	var taken atomic.Int32
	var halfway vfs.FS
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
				if taken.Add(1) == int32(senders*len(all[s])/2) {
					halfway = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(2, 2))})
				}
			}
		})
	}
	other(func() error { _, err := l.Collect(context.Background(), begin); return err })
	other(func() error { return l.checkpoint(l.book) })
	sending.Wait()
	close(stop)
	others.Wait()
	crashed := disk.CrashClone(vfs.CrashCloneCfg{})
	requireSameFigures(t, want, collect(t, l, end))
	closeLedger(t, l)

	together.FS = crashed
	l = open(t, together, begin.Add(time.Minute))
	requireSameFigures(t, want, collect(t, l, end))
	closeLedger(t, l)

	together.FS = halfway
	l = open(t, together, begin.Add(time.Minute))
	all, _ = batches(senders)
	for s := range senders { // of half of it nobody knows whether it was counted
		for i := range all[s] {
			require.NoError(t, l.Record(t.Context(), begin.Add(time.Minute), &all[s][i]))
		}
	}
	requireSameFigures(t, want, collect(t, l, end), "usage_items_total") // which has duplicates
	closeLedger(t, l)
}

func requireSameFigures(t *testing.T, want, got usage.Collection, but ...string) {
	t.Helper()
	require.Len(t, got.Organizations, len(want.Organizations))
	for i, o := range want.Organizations {
		require.Equal(t, o.Organization, got.Organizations[i].Organization)
		found := values(got.Organizations[i])
		for series, value := range values(o) {
			if slices.ContainsFunc(but, func(name string) bool { return strings.HasPrefix(series, name) }) {
				continue
			}
			require.Equal(t, value, found[series], "%s of %s", series, o.Organization)
		}
	}
}

// A batch of which a few items are taken in at a time, since each is dear, counts as one
// that is taken in at once.
func TestStretchesThatAreCutShortCountTheSame(t *testing.T) {
	made, _ := batches(1)
	var figures [2]usage.Collection
	for i, short := range []bool{false, true} {
		l := open(t, formatSettings(t, t.TempDir()), noon)
		stretches := 0
		for _, b := range made[0] {
			b.Items = slices.Clone(b.Items)
			for i := range b.Items {
				b.Items[i].Organization = fmt.Sprint("org-", i%2)
			}
			r, err := l.reception(begin, &b)
			require.NoError(t, err)
			for r.clerk.Missing() {
				require.NoError(t, r.open())
			}
			for ; r.clerk.Next(); stretches++ {
				require.NoError(t, r.clerk.Take(r.tick(), func() bool { return short }))
				l.book.Gather(r.clerk)
			}
			g, err := r.end()
			require.NoError(t, err)
			require.NoError(t, l.await(t.Context(), g))
		}
		require.Equal(t, short, stretches > 100, stretches)
		figures[i] = collect(t, l, noon.Add(10*time.Minute))
		closeLedger(t, l)
	}
	requireSameFigures(t, figures[0], figures[1])
}

// Of two stretches that are taken in side by side, the one that arrived earlier may be
// written later. A start takes each for what it arrived at: a sample that was final in
// between has what came before it.
func TestStretchesWrittenOutOfOrderArriveWhenTheyDid(t *testing.T) {
	disk := vfs.NewCrashableMem()
	s := formatSettings(t, "ledger")
	s.FS = disk
	l := open(t, s, noon.Add(-time.Hour))
	logons := func(organization string, at time.Time) *usage.Batch {
		var b usage.Batch
		add(&b, usage.Item{Organization: organization, User: "ann", UID: organization, Action: "logon", Time: at.UnixNano()},
			usage.Effect{Kind: usage.Concurrent, Meter: 3, Roles: usage.RoleLogon})
		return &b
	}
	for _, organization := range []string{"early", "late"} {
		require.NoError(t, l.Record(t.Context(), noon.Add(-time.Hour), logons(organization, noon.Add(-time.Hour))))
	}
	stretch := func(arrival time.Time, organization string) *reception {
		r, err := l.reception(arrival, logons(organization, noon.Add(-time.Minute)))
		require.NoError(t, err)
		require.True(t, r.clerk.Next())
		require.NoError(t, r.clerk.Take(r.tick(), func() bool { return false }))
		return r
	}
	early, late := stretch(noon.Add(30*time.Second), "early"), stretch(noon.Add(90*time.Second), "late") // a sample is final after a minute
	for _, r := range []*reception{late, early} {
		l.book.Gather(r.clerk)
	}
	g, err := early.end()
	require.NoError(t, err)
	require.NoError(t, l.await(t.Context(), g))
	requireSamples := func() {
		c := collect(t, l, noon.Add(2*time.Minute))
		for organization, want := range map[string]float64{"early": 1, "late": 0} {
			require.Equal(t, want, figure(c, organization, "usage_concurrent_users", "state=active"), organization)
		}
	}
	crashed := disk.CrashClone(vfs.CrashCloneCfg{})
	requireSamples()
	closeLedger(t, l)
	s.FS = crashed
	l = open(t, s, noon.Add(100*time.Second))
	requireSamples()
	closeLedger(t, l)
}

// An item that is not counted where it says is counted under no organization, which has
// no meters, whatever the item has of them.
func TestAnItemThatIsNotPlacedHasNoMeters(t *testing.T) {
	s := formatSettings(t, t.TempDir())
	s.Limits.UnknownOrganizations = 1
	l := open(t, s, noon)
	for n := range 3 {
		send(t, l, noon, func(b *usage.Batch) {
			visits(b, 17, noon)
			for i := range b.Items {
				b.Items[i].Organization = fmt.Sprint("unknown-", n)
			}
		})
	}
	c := collect(t, l, noon.Add(time.Minute))
	require.Equal(t, 10.0, figure(c, usage.NoOrganization, "usage_items_total", "outcome=over_limit"))
	closeLedger(t, l)
}

// Whatever a batch brings the ledger to panic with, it has its locks back, and reads
// anew what is on disk.
func TestAPanicLeavesNoLock(t *testing.T) {
	l := open(t, formatSettings(t, t.TempDir()), noon)
	send(t, l, noon, func(b *usage.Batch) { visits(b, 17, noon) })
	var bad usage.Batch
	visits(&bad, 18, noon)
	bad.Effects[0].Meter = 1000
	require.Panics(t, func() { _ = l.Record(t.Context(), noon, &bad) })
	require.Eventually(t, func() bool { return l.Ready() == nil }, time.Minute, 10*time.Millisecond)
	send(t, l, noon, func(b *usage.Batch) { visits(b, 19, noon) })
	closeLedger(t, l)
}
