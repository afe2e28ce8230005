// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

var noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

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
	var packed, format2, format3, format6 wire.Encoder
	metered := slices.Clone(all)
	metered[0].Meter, metered[2].Meter = 3, 300
	EncodeFirsts(&packed, metered)
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
	format6.Uint(signalledFirsts)
	for i, f := range old {
		for of, e := range map[int]*wire.Encoder{3: &format3, 6: &format6} {
			e.Uint(uint64(f.Kind))
			e.Uint(uint64(f.Class))
			if f.Kind != Ever {
				e.Int(int64(period.Floor(f.Time) - f.Period))
			}
			if i%2 == 1 { // b and d are of a's item
				e.Uint(1)
				continue
			}
			e.Uint(0)
			e.Int(f.Time)
			e.Uint(uint64(f.Version))
			if of == 6 {
				e.Uint(uint64(all[i].Signal))
			}
			e.String(f.Action)
			e.String(f.UID)
		}
	}
	for _, of := range []struct {
		bytes []byte
		want  []First
	}{{packed.Bytes, metered}, {format6.Bytes, all}, {format2.Bytes, old}, {format3.Bytes, old}} {
		got, err := DecodeFirsts(of.bytes, []First{c})
		require.NoError(t, err)
		require.Equal(t, append([]First{c}, of.want...), got)
		for n := range of.bytes {
			_, err := DecodeFirsts(of.bytes[:n], nil)
			_ = err // cut short: an error or fewer items, never a panic
		}
	}
	_, err := DecodeFirsts([]byte{packedFirsts, Ever & 0x7f, 0, 0, 9}, nil)
	require.Error(t, err, "it names an item that is not there")
	require.Equal(t, all[:1], MergeFirsts([]First{old[0], all[0]}), "of the same item the one whose signal is known")
}

func TestFirstItemsOfOneValueStayAsTheyAre(t *testing.T) {
	item := First{Kind: Ever, Time: noon.UnixNano(), Action: "course.accessed"}
	later := item
	later.Time++
	var e, two wire.Encoder
	EncodeFirsts(&e, []First{item})
	EncodeFirsts(&two, []First{later})
	m := NewMerge(e.Bytes)
	got, _, err := m.Finish(true)
	require.NoError(t, err)
	require.Equal(t, e.Bytes, got)

	m = NewMerge(two.Bytes)
	require.NoError(t, m.MergeOlder(e.Bytes))
	require.NoError(t, m.MergeNewer(two.Bytes))
	got, _, err = m.Finish(true)
	require.NoError(t, err)
	require.Equal(t, e.Bytes, got, "the earliest")

	m = NewMerge(e.Bytes[:2])
	require.Error(t, m.MergeOlder(two.Bytes), "it is cut short")
}
