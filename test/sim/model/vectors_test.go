// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
)

// vector is a worked example.
type vector struct {
	Config
	About    string                    `json:"about"`
	At       time.Time                 `json:"at"`
	Events   []Event                   `json:"events"`
	Expect   []expectation             `json:"expect"`
	Outcomes map[string]map[string]int `json:"outcomes"`
	Samples  []struct {
		At        time.Time
		Connected int
		Active    int
		Idle      int
		Handover  *int
	} `json:"samples"`
	Hours []struct {
		Hour  time.Time
		Users int
	} `json:"hours"`
}

type expectation struct {
	Series string            `json:"series"`
	Labels map[string]string `json:"labels"`
	Value  Number            `json:"value"`
}

func readVector(t *testing.T, name string) vector {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "vectors", name+".json"))
	require.NoError(t, err)
	var v vector
	require.NoError(t, json.Unmarshal(data, &v))
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
func requireExpected(t *testing.T, v vector, samples []Sample) {
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
			require.Equal(t, float64(n), figures[key], key)
		}
	}
}

func TestYard(t *testing.T) {
	for _, name := range []string{"s2-logoff", "s2-shift-change"} {
		t.Run(name, func(t *testing.T) {
			v := readVector(t, name)
			events := v.Events
			slices.SortFunc(events, func(a, b Event) int { return a.Time.Compare(b.Time) })
			m := newModel(t, v.Config)
			var figures map[string]float64
			labels := func(more ...string) map[string]string {
				l := map[string]string{"organization": "yard", "meter": "operators"}
				for i := 0; i < len(more); i += 2 {
					l[more[i]] = more[i+1]
				}
				return l
			}
			for _, s := range v.Samples {
				for len(events) > 0 && !events[0].Time.After(s.At) {
					record(t, m, events[0].Time, events[0])
					events = events[1:]
				}
				figures = m.Collect(s.At.Add(time.Minute))
				active := figures[Key("usage_concurrent_users", labels("state", "active"))]
				idle := figures[Key("usage_concurrent_users", labels("state", "idle"))]
				require.Equal(t, []int{s.Connected, s.Active, s.Idle}, []int{int(active + idle), int(active), int(idle)}, s.At)
				if s.Handover != nil {
					require.Equal(t, *s.Handover, int(figures[Key("usage_concurrent_users_handover", labels())]), s.At)
				}
			}
			require.NotEmpty(t, v.Hours)
			for i := range v.Hours {
				hour := v.Hours[len(v.Hours)-1-i]
				period := []string{"current", "previous"}[i]
				if len(v.Hours) == 1 {
					period = "previous" // the last sample is at 07:15
				}
				require.Equal(t, hour.Users, int(figures[Key("usage_hour_users", labels("period", period))]), hour.Hour)
			}
		})
	}
}
