// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// firstsOf reads the first items of a user of the first organization.
func firstsOf(t *testing.T, l *Ledger, slot uint32) []First {
	t.Helper()
	row, err := l.book.meta(firstKey(0, slot, 0))
	require.NoError(t, err)
	all, err := decodeFirsts(row, nil)
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
		item := First{Signal: 1, Action: "course.accessed", UID: "uid"}
		expected := []First{}
		for _, f := range []First{
			{Kind: uint8(usage.Day), Period: start(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC)), Time: at(0)},
			{Kind: uint8(usage.Day), Period: start(time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC)), Time: at(1)},
			{Kind: uint8(usage.Day), Period: start(time.Date(2026, 5, 18, 0, 0, 0, 0, time.UTC)), Time: at(2)},
			{Kind: uint8(usage.Month), Period: start(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)), Time: at(15)},
			{Kind: uint8(usage.Month), Period: start(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)), Time: at(30)},
			{Kind: Ever, Time: at(30)},
		} {
			f.Signal, f.Action, f.UID = item.Signal, item.Action, item.UID
			expected = append(expected, f)
		}
		require.Equal(t, expected, firstsOf(t, l, 0), "seed %d", seed)
		closeLedger(t, l)
	}
}

func TestFirstItemsAreReadBackAlsoThoseOfOlderFormats(t *testing.T) {
	a := First{Kind: uint8(usage.Day), Class: 2, Period: period.MinuteOf(noon.Truncate(24 * time.Hour)), Time: noon.UnixNano() + 7, Version: 1, Action: "course.accessed", UID: "one"}
	b, c, d := a, a, a
	b.Kind, b.Period = uint8(usage.Month), a.Period-19*24*60
	c.UID = "two"
	d.Kind, d.Period = Ever, 0
	old := []First{a, b, c, d}
	all := slices.Clone(old)
	for i := range all {
		all[i].Signal = 1 + uint8(usage.Metrics)
	}
	var packed, format2, format3 wire.Encoder
	encodeFirsts(&packed, all)
	for _, f := range old {
		format2.Uint(uint64(f.Kind))
		format2.Uint(uint64(f.Class))
		format2.Int(int64(f.Period))
		format2.Int(f.Time)
		format2.Uint(uint64(f.Version))
		format2.String(f.Action)
		format2.String(f.UID)
	}
	format3.Uint(packedFirsts)
	for i, f := range old {
		format3.Uint(uint64(f.Kind))
		format3.Uint(uint64(f.Class))
		if f.Kind != Ever {
			format3.Int(int64(period.Floor(f.Time) - f.Period))
		}
		if i%2 == 1 { // b and d are of a's item
			format3.Uint(1)
			continue
		}
		format3.Uint(0)
		format3.Int(f.Time)
		format3.Uint(uint64(f.Version))
		format3.String(f.Action)
		format3.String(f.UID)
	}
	for _, of := range []struct {
		bytes []byte
		want  []First
	}{{packed.Bytes, all}, {format2.Bytes, old}, {format3.Bytes, old}} {
		got, err := decodeFirsts(of.bytes, []First{c})
		require.NoError(t, err)
		require.Equal(t, append([]First{c}, of.want...), got)
		for n := range of.bytes {
			_, err := decodeFirsts(of.bytes[:n], nil)
			_ = err // cut short: an error or fewer items, never a panic
		}
	}
	_, err := decodeFirsts([]byte{packedFirsts, Ever & 0x7f, 0, 0, 9}, nil)
	require.Error(t, err, "it names an item that is not there")
	require.Equal(t, all[:1], mergeFirsts([]First{old[0], all[0]}), "of the same item the one whose signal is known")
}

func TestFirstItemsOfOneValueStayAsTheyAre(t *testing.T) {
	item := First{Kind: Ever, Time: noon.UnixNano(), Action: "course.accessed"}
	later := item
	later.Time++
	var e, two wire.Encoder
	encodeFirsts(&e, []First{item})
	encodeFirsts(&two, []First{later})
	m, err := firstsMerger.Merge(nil, e.Bytes)
	require.NoError(t, err)
	got, _, err := m.Finish(true)
	require.NoError(t, err)
	require.Equal(t, e.Bytes, got)

	m, err = firstsMerger.Merge(nil, two.Bytes)
	require.NoError(t, err)
	require.NoError(t, m.MergeOlder(e.Bytes))
	require.NoError(t, m.MergeNewer(two.Bytes))
	got, _, err = m.Finish(true)
	require.NoError(t, err)
	require.Equal(t, e.Bytes, got, "the earliest")

	m, err = firstsMerger.Merge(nil, e.Bytes[:2])
	require.NoError(t, err)
	require.Error(t, m.MergeOlder(two.Bytes), "it is cut short")
}
