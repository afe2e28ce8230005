// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/archive"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// firstsOf reads the first items of a user of the first organization.
func firstsOf(t *testing.T, l *Ledger, slot uint32) []archive.First {
	t.Helper()
	row, err := l.book.meta(archive.FirstKey(0, slot, 0))
	require.NoError(t, err)
	all, err := archive.DecodeFirsts(row, nil)
	require.NoError(t, err)
	return all
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
		require.Equal(t, expected, firstsOf(t, l, 0), "seed %d", seed)
		closeLedger(t, l)
	}
}
