// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/closing"
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// shelf is a store in memory.
type shelf map[string][]byte

func (s shelf) Get(key []byte) ([]byte, error) { return s[string(key)], nil }

func (s shelf) Range(from, to []byte) (Cursor, error) {
	c := &cursor{shelf: s, at: -1}
	for key := range s {
		if string(from) <= key && key < string(to) {
			c.keys = append(c.keys, key)
		}
	}
	slices.Sort(c.keys)
	return c, nil
}

type cursor struct {
	shelf shelf
	keys  []string
	at    int
}

func (c *cursor) First() bool                  { c.at = 0; return len(c.keys) > 0 }
func (c *cursor) Next() bool                   { c.at++; return c.at < len(c.keys) }
func (c *cursor) Last() bool                   { c.at = len(c.keys) - 1; return c.at >= 0 }
func (c *cursor) Key() []byte                  { return []byte(c.keys[c.at]) }
func (c *cursor) ValueAndErr() ([]byte, error) { return c.shelf[c.keys[c.at]], nil }
func (c *cursor) Error() error                 { return nil }
func (c *cursor) Close() error                 { return nil }

type names struct{}

func (names) ValueName(m uint16, breakdown int, n uint32) string {
	return fmt.Sprintf("value %d.%d.%d", m, breakdown, n)
}

// The meters: learners in two classes by country, minutes with an average.
func meters() []usage.Meter {
	class := func(i uint8, billable bool) usage.Class { return usage.Class{Index: i, Billable: billable} }
	return []usage.Meter{
		{
			Name: "learners", Type: usage.ActiveUsers, Classes: []string{"active", "passive"}, Breakdowns: []usage.Breakdown{{Dimension: "country"}},
			Versions: []usage.Version{{Classes: []usage.Class{class(0, true), class(1, false)}}, {EffectiveFrom: usage.Date{Year: 2026, Month: 5, Day: 1}, Classes: []usage.Class{class(1, true)}}},
		},
		{Name: "minutes", Type: usage.Consumption, Unit: "min", Classes: []string{""}, Versions: make([]usage.Version, 1)},
	}
}

func put(s shelf, v *closing.Statement) { s[string(StatementKey(7, v))] = StatementRow(v) }

// newReader has, of organization 7, days of learners with one version each, the
// day at noon with three, and a month of minutes with a price.
func newReader() (*Reader, shelf) {
	s := shelf{}
	at := period.MinuteOf(noon.Truncate(24 * time.Hour))
	for i := range period.Minute(5) {
		put(s, &closing.Statement{
			Kind: usage.Day, Start: at + (i-4)*1440, End: at + (i-3)*1440, Version: 1, Made: at + i*1440, Zone: "UTC", Anchor: 1,
			Cells: []meter.Cell{{N: wide.Of(int64(i))}},
		})
	}
	day := closing.Statement{Kind: usage.Day, Start: at, End: at + 1440, Version: 2, Made: at + 5*1440, Zone: "UTC", Anchor: 1, Definition: 0}
	day.Reason[meter.LateEvents] = 2
	day.Cells = []meter.Cell{{N: wide.Of(3)}, {Column: 1, N: wide.Of(1)}, {Breakdown: 1, Value: 2, N: wide.Of(2)}}
	put(s, &day)
	day.Version, day.Cells = 3, []meter.Cell{{N: wide.Of(3)}, {Breakdown: 1, Value: 3, N: wide.Of(1)}}
	put(s, &day)
	put(s, &closing.Statement{
		Meter: 1, Kind: usage.Month, Start: at - 19*1440, End: at, Version: 1, Made: at + 60, Zone: "Asia/Tokyo", Anchor: 5,
		Terms: &closing.Terms{Limit: wide.Of(5e6), Price: "0.25", Currency: "EUR"}, Averages: []string{"length"},
		Cells: []meter.Cell{{N: wide.Of(8e6)}, {Column: 1, N: wide.Of(2)}, {Column: 2, N: wide.Of(1e6)}, {Column: 3, N: wide.Of(4)}},
	})
	put(s, &closing.Statement{Kind: usage.Week, Start: at, End: at + 1440, Version: 1, Zone: "UTC", Anchor: 1}) // of another window
	return &Reader{Rows: s, ID: "acme", Number: 7, Names: names{}, Meters: meters()}, s
}

var days = Range{Kind: usage.Day, From: Beginning, To: End}

// amounts writes figures as "active_users{class=active,billable=true} 3".
func amounts(figures []Figure) (lines []string) {
	for _, f := range figures {
		var labels []string
		for _, l := range f.Labels {
			labels = append(labels, l.Name+"="+l.Value)
		}
		lines = append(lines, fmt.Sprintf("%s{%s} %s", strings.TrimPrefix(f.Name, "usage_"), strings.Join(labels, ","), f.Value.Decimal(6)))
	}
	return lines
}

func TestAStatementHasAllItsVersions(t *testing.T) {
	r, _ := newReader()
	all, _, more, err := r.Read(nil, days, 100, 0)
	require.NoError(t, err)
	require.False(t, more)
	require.Len(t, all, 5)
	s := all[4]
	require.Equal(t, Statement{
		Organization: "acme", Meter: "learners", Window: "day", Zone: "UTC", Anchor: 1,
		Start: noon.Truncate(24 * time.Hour), End: noon.Truncate(24*time.Hour).AddDate(0, 0, 1), Versions: s.Versions,
	}, s)
	require.Equal(t, []Revised{{"late_event", 2}}, s.Versions[1].Reason)
	require.Equal(t, []string{
		"active_users{class=active,billable=true} 3", "active_users{class=passive,billable=false} 1",
		"active_users_breakdown{dimension=country,dimension_value=value 0.0.2} 2",
	}, amounts(s.Versions[1].Figures))
	require.Equal(t, wide.Of(3e6), s.Versions[1].Used, "what is billable")
	require.Same(t, &s.Versions[2], s.Current())
	require.Empty(t, s.Delta(0))
	require.Equal(t, []string{
		"active_users{class=active,billable=true} -1", "active_users{class=passive,billable=false} 1",
		"active_users_breakdown{dimension=country,dimension_value=value 0.0.2} 2",
	}, amounts(s.Delta(1)))
	require.Equal(t, []string{
		"active_users{class=passive,billable=false} -1", "active_users_breakdown{dimension=country,dimension_value=value 0.0.3} 1",
		"active_users_breakdown{dimension=country,dimension_value=value 0.0.2} -2",
	}, amounts(s.Delta(2)))
}

func TestReadingGoesOnWhereItStopped(t *testing.T) {
	r, _ := newReader()
	whole, _, _, err := r.Read(nil, days, 100, 0)
	require.NoError(t, err)
	for atOnce := 1; atOnce <= 5; atOnce++ {
		var all []Statement
		for of, more := days, true; more; {
			all, of.From, more, err = r.Read(all, of, atOnce, 5)
			require.NoError(t, err)
		}
		require.Equal(t, whole, all, "%d at once", atOnce)
	}
	_, _, _, err = r.Read(nil, days, 100, 4)
	require.ErrorIs(t, err, ErrTooMany)
	some := days
	some.From, some.To = period.MinuteOf(whole[1].Start), period.MinuteOf(whole[3].Start)
	part, _, _, err := r.Read(nil, some, 100, 0)
	require.NoError(t, err)
	require.Equal(t, whole[1:3], part)
	start, found, err := r.Last(some)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, period.MinuteOf(whole[2].Start), start)
	_, found, err = r.Last(Range{Meter: 1, Kind: usage.Year, To: End})
	require.NoError(t, err)
	require.False(t, found)
}

func TestTheFirstBillMarksTheVersion(t *testing.T) {
	r, s := newReader()
	at := period.MinuteOf(noon.Truncate(24 * time.Hour))
	_, _, err := r.Bill(0, usage.Day, at, 4)
	require.ErrorContains(t, err, "there is no version 4")
	version, mark, err := r.Bill(0, usage.Day, at, 2)
	require.NoError(t, err)
	require.Equal(t, uint32(2), version)
	s[string(mark.Key)] = mark.Value
	version, mark, err = r.Bill(0, usage.Day, at, 3)
	require.NoError(t, err)
	require.Equal(t, uint32(2), version, "of what was billed the bill does not change")
	require.Nil(t, mark)
	all, _, _, err := r.Read(nil, days, 100, 0)
	require.NoError(t, err)
	require.Equal(t, []uint32{0, 0, 0, 0, 2}, []uint32{all[0].Billed, all[1].Billed, all[2].Billed, all[3].Billed, all[4].Billed})
}

func TestStatementsWithAPriceAreBilled(t *testing.T) {
	r, _ := newReader()
	all, _, _, err := r.Read(nil, days, 100, 0)
	require.NoError(t, err)
	months, _, _, err := r.Read(nil, Range{Meter: 1, Kind: usage.Month, To: End}, 100, 0)
	require.NoError(t, err)
	require.Equal(t, []string{
		"consumption{unit=min} 8", "consumption_events{} 2", "average_sum{average=length} 1", "average_count{average=length} 4",
	}, amounts(months[0].Versions[0].Figures))
	quotas, err := Quotas(append(all, months...))
	require.NoError(t, err)
	require.Len(t, quotas, 1, "days have no price")
	require.Equal(t, "minutes month 2026-05-01T00:00:00Z 5 0.25 8", fmt.Sprintf("%s %s %s %s %s %s", quotas[0].Meter, quotas[0].Window,
		quotas[0].Windows[0].Start.Format(time.RFC3339), quotas[0].Windows[0].Limit.Decimal(6), quotas[0].Windows[0].Price, quotas[0].Windows[0].Versions[0].Used.Decimal(6)))
	months[0].Quota.FlexPrice = "a lot"
	_, err = Quotas(months)
	require.ErrorContains(t, err, `statement of minutes from 2026-05-01 00:00:00 +0000 UTC on: price "a lot"`)
}

// A statement of before there were net peaks stays without.
func TestAStatementOfBeforeNetPeaksHasNone(t *testing.T) {
	for _, tc := range []struct {
		cells []meter.Cell
		net   int
	}{
		{[]meter.Cell{{Column: meter.SamplePeak, N: wide.Of(3)}, {Column: meter.SampleHits, N: wide.Of(1)}}, 0},
		{[]meter.Cell{{Column: meter.SamplePeak, N: wide.Of(3)}, {Column: meter.SampleHits, N: wide.Of(1)}, {Column: meter.NetPeak, N: wide.Of(2)}}, 2},
		{nil, 2},
	} {
		f := figures{version: &Version{}}
		f.concurrent(&closing.Statement{Cells: tc.cells})
		nets := 0
		for _, figure := range f.version.Figures {
			if strings.HasPrefix(figure.Name, "usage_concurrent_users_net_peak") {
				nets++
			}
		}
		require.Equal(t, tc.net, nets)
	}
}

// Rows come from a disk: whatever they hold, reading them ends with statements or
// an error.
func FuzzReadStatement(f *testing.F) {
	_, s := newReader()
	for key, row := range s {
		f.Add([]byte(key), row)
	}
	all := meters()
	f.Fuzz(func(_ *testing.T, key, row []byte) {
		for i := range all {
			v, err := decode(key, row, &all[i])
			if err != nil || v.Kind >= usage.Rolling { // no range has such a key
				continue
			}
			var st Statement
			st.add(&all[i], &Reader{Names: names{}}, &v)
		}
	})
}

func FuzzDecodeFirsts(f *testing.F) {
	f.Add([]byte{signalledFirsts, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{packedFirsts, 1, 0, 0, 1})
	f.Fuzz(func(t *testing.T, row []byte) {
		if all, err := DecodeFirsts(row, nil); err == nil {
			require.LessOrEqual(t, len(MergeFirsts(all)), len(all))
		}
	})
}
