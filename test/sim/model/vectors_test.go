// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
)

func readVector(t *testing.T, name string) Vector {
	t.Helper()
	v, err := ReadVector(filepath.Join("..", "testdata"), name)
	require.NoError(t, err)
	return v
}

func newModel(t *testing.T, c Config) *Model {
	t.Helper()
	m, err := New(c)
	require.NoError(t, err)
	return m
}

func record(t *testing.T, m *Model, now time.Time, events ...Event) {
	t.Helper()
	_, err := m.Record(now, events)
	require.NoError(t, err)
}

func TestStreams(t *testing.T) {
	for _, name := range []string{"stream-1", "stream-2", "stream-3", "edges-acceptance", "edges-fall-back", "edges-windows"} {
		t.Run(name, func(t *testing.T) {
			v := readVector(t, name)
			m := newModel(t, v.Config)
			record(t, m, v.At, v.Events...)
			requireExpected(t, v, m.Samples(v.At))
		})
	}
}

func TestWorkspace(t *testing.T) {
	v := readVector(t, "edges-workspace")
	slices.SortFunc(v.Events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	m := newModel(t, v.Config)
	for _, e := range v.Events {
		record(t, m, e.Time, e)
	}
	requireExpected(t, v, m.Samples(v.At))
}

// requireExpected looks for every expected figure. Figures may carry unit and
// billable beyond the labels listed. Of a breakdown that is listed, all values
// are.
func requireExpected(t *testing.T, v Vector, samples []Sample) {
	t.Helper()
	require.NotEmpty(t, v.Expect)
	plain := func(name string, labels map[string]string, without ...string) string {
		labels = maps.Clone(labels)
		for _, label := range append(without, "unit", "billable") {
			delete(labels, label)
		}
		return Key(name, labels)
	}
	figures, values, listed := map[string]float64{}, map[string]int{}, map[string]int{}
	for _, s := range samples {
		key := plain(s.Name, s.Labels)
		_, twice := figures[key]
		require.False(t, twice, key)
		figures[key] = s.Value
		values[plain(s.Name, s.Labels, "dimension_value")]++
	}
	for _, e := range v.Expect {
		want, err := strconv.ParseFloat(string(e.Value), 64)
		require.NoError(t, err)
		key := plain(e.Series, e.Labels)
		_, found := figures[key]
		require.True(t, found, key)
		require.Equal(t, want, figures[key], key)
		listed[plain(e.Series, e.Labels, "dimension_value")]++
	}
	for key, n := range listed {
		require.Equal(t, n, values[key], key)
	}
	for organization, outcomes := range v.Outcomes {
		for outcome, n := range outcomes {
			key := Key("usage_items_total", map[string]string{"organization": organization, "outcome": outcome, "signal": "logs"})
			require.Equal(t, n, figures[key], key)
		}
	}
}

func TestYard(t *testing.T) {
	for _, name := range []string{"s2-logoff", "s2-shift-change", "s2-handover"} {
		t.Run(name, func(t *testing.T) {
			v := readVector(t, name)
			slices.SortFunc(v.Events, func(a, b Event) int { return a.Time.Compare(b.Time) })
			for _, s := range v.Samples {
				require.Equal(t, s.Connected, s.Active+s.Idle)
			}
			m := newModel(t, v.Config)
			for _, c := range v.Yard() {
				for _, e := range v.Before(c.At) {
					record(t, m, e.Time, e)
				}
				require.EqualValues(t, c.Want, m.Collect(c.At)[Key(c.Series, c.Labels)], "%s at %s", c.Series, c.At)
			}
		})
	}
}
