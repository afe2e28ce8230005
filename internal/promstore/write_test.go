// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

func collection(minute int, organizations ...usage.OrganizationFigures) usage.Collection {
	return usage.Collection{At: noon.Add(time.Duration(minute) * time.Minute), Organizations: organizations}
}

func organization(id string, figures ...usage.Figure) usage.OrganizationFigures {
	return usage.OrganizationFigures{Organization: id, Figures: figures}
}

func TestWriteKeepsOrganizationsApart(t *testing.T) {
	store := openStore(t, Settings{})
	// One Series for both: the organization is not part of it.
	require.NoError(t, store.Write(collection(0,
		organization("acme", usage.Figure{Series: activeUsers, Value: 3}),
		organization("north", usage.Figure{Series: activeUsers, Value: 5}, usage.Figure{Series: itemsTotal, Value: 9}))))
	require.Equal(t, []string{
		`{__name__="usage_active_users", meter="operators", organization="acme", period="current", window="month"} 3@0m`,
		`{__name__="usage_active_users", meter="operators", organization="north", period="current", window="month"} 5@0m`,
		`{__name__="usage_items_total", organization="north", outcome="counted", signal="logs"} 9@0m`,
	}, dump(t, store))
}

func TestASeriesThatIsMissingEndsOnce(t *testing.T) {
	store := openStore(t, Settings{})
	both := organization("acme", usage.Figure{Series: activeUsers, Value: 3}, usage.Figure{Series: itemsTotal, Value: 9})
	one := organization("acme", usage.Figure{Series: activeUsers, Value: 4})
	other := organization("north", usage.Figure{Series: activeUsers, Value: 1})
	require.NoError(t, store.Write(collection(0, both, other)))
	require.NoError(t, store.Write(collection(1, one)))
	require.NoError(t, store.Write(collection(2, one)))
	require.NoError(t, store.Write(collection(3, both)))
	require.Equal(t, []string{
		`{__name__="usage_active_users", meter="operators", organization="acme", period="current", window="month"} 3@0m 4@1m 4@2m 3@3m`,
		`{__name__="usage_active_users", meter="operators", organization="north", period="current", window="month"} 1@0m stale@1m`,
		`{__name__="usage_items_total", organization="acme", outcome="counted", signal="logs"} 9@0m stale@1m 9@3m`,
	}, dump(t, store))
}

func TestANewCounterBeginsWithAZero(t *testing.T) {
	counter := func(name string, start time.Time) *usage.Series {
		return &usage.Series{Name: name, Counter: true, Start: start}
	}
	young, old := counter("young_total", noon.Add(-30*time.Second)), counter("old_total", noon.Add(-48*time.Hour))
	later, rests := counter("later_total", old.Start), usage.Figure{Series: young, Value: 7}
	store := openStore(t, Settings{})
	require.NoError(t, store.Write(collection(0, organization("acme", rests, usage.Figure{Series: old, Value: 5}))))
	require.NoError(t, store.Write(collection(2, organization("acme", usage.Figure{Series: old, Value: 6}, usage.Figure{Series: later, Value: 3}))))
	require.NoError(t, store.Write(collection(4, organization("acme", rests, usage.Figure{Series: old, Value: 6}, usage.Figure{Series: later, Value: 4}))))
	require.Equal(t, []string{
		`{__name__="later_total", organization="acme"} 0@1m 3@2m 4@4m`,
		`{__name__="old_total", organization="acme"} 5@0m 6@2m 6@4m`,
		`{__name__="young_total", organization="acme"} 0@-1m 7@0m stale@2m 7@4m`,
	}, dump(t, store))
}

func TestARepeatedReplayChangesNothing(t *testing.T) {
	store := openStore(t, Settings{})
	replay := func() {
		for minute := range 5 {
			require.NoError(t, store.Write(collection(minute, organization("acme", usage.Figure{Series: activeUsers, Value: float64(minute)}))))
		}
	}
	replay()
	before := dump(t, store)
	replay()
	require.Equal(t, before, dump(t, store))
}

func TestWhatIsBehindTheWindowIsCountedAndTheRestGoesOn(t *testing.T) {
	store := openStore(t, Settings{})
	require.NoError(t, store.Write(figures(noon, 1)))
	require.NoError(t, store.Write(figures(noon.Add(-35*24*time.Hour), 2)), "late, within the acceptance span")
	require.NoError(t, store.Write(figures(noon.Add(-37*24*time.Hour), 3)))
	require.NoError(t, store.Write(figures(noon, 4)), "another value for noon")
	require.Equal(t, []string{`{__name__="usage_active_users", meter="operators", organization="acme", period="current", window="month"} 2@-50400m 1@0m`}, dump(t, store))
	want := Result{Stored: 2}
	want.Refused[TooOld] = 1
	want.Refused[Conflict] = 1
	require.Equal(t, want, store.Totals())
}

// TestBulkBlocksAreReadByAnOrdinaryStore replays two weeks and goes on live.
func TestBulkBlocksAreReadByAnOrdinaryStore(t *testing.T) {
	dir := t.TempDir()
	bulk := openStore(t, Settings{Directory: dir, Bulk: true})
	const minutes = 14 * 24 * 60
	for minute := 0; minute < minutes; minute += 5 {
		require.NoError(t, bulk.Write(collection(minute, organization("acme", usage.Figure{Series: activeUsers, Value: float64(minute)}))))
	}
	require.NoError(t, bulk.session.db.Compact(t.Context()))
	require.NotEmpty(t, bulk.session.db.Blocks())
	require.NoError(t, bulk.Close())

	live := openStore(t, Settings{Directory: dir})
	require.NoError(t, live.Write(collection(minutes, organization("acme", usage.Figure{Series: activeUsers, Value: minutes}))))
	require.NoError(t, live.session.db.Compact(t.Context()))
	all := dump(t, live)
	require.Len(t, all, 1)
	samples := strings.Fields(all[0])[5:]
	require.Len(t, samples, minutes/5+1)
	for i, sample := range samples {
		require.Equal(t, fmt.Sprintf("%g@%gm", float64(5*i), float64(5*i)), sample)
	}
}

func BenchmarkWrite(b *testing.B) {
	const organizations, series = 10, 150
	store, err := Open(Settings{Directory: b.TempDir(), Retention: DefaultRetention, Bulk: true})
	require.NoError(b, err)
	defer func() { require.NoError(b, store.Close()) }()
	c := usage.Collection{At: noon}
	for o := range organizations {
		figures := make([]usage.Figure, series)
		for i := range figures {
			figures[i].Series = &usage.Series{Name: "usage_active_users", Labels: []usage.Label{{Name: "meter", Value: string(rune('a'+i%26)) + string(rune('a'+i/26))}}}
		}
		c.Organizations = append(c.Organizations, organization(string(rune('a'+o)), figures...))
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		c.At = c.At.Add(time.Minute)
		for o := range c.Organizations {
			for i := range c.Organizations[o].Figures {
				c.Organizations[o].Figures[i].Value = float64(n / (i + 1))
			}
		}
		require.NoError(b, store.Write(c))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*organizations*series), "ns/sample")
}
