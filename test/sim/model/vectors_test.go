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
	NetPeak struct {
		Window string
		Value  int
		Until  time.Time `json:"of_samples_up_to"`
	} `json:"net_peak"`
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

// Each figure is right when it is final: a sample a minute after its instant, its
// hand-over an idle timeout later, users in the hour when that has ended.
func TestYard(t *testing.T) {
	for _, name := range []string{"s2-logoff", "s2-shift-change", "s2-handover"} {
		t.Run(name, func(t *testing.T) {
			v := readVector(t, name)
			slices.SortFunc(v.Events, func(a, b Event) int { return a.Time.Compare(b.Time) })
			m := newModel(t, v.Config)
			type check struct {
				at     time.Time
				series string
				labels []string
				want   int
			}
			var checks []check
			for _, s := range v.Samples {
				at := s.At.Add(time.Minute)
				checks = append(checks, check{at, "usage_concurrent_users", []string{"state", "active"}, s.Active},
					check{at, "usage_concurrent_users", []string{"state", "idle"}, s.Idle})
				require.Equal(t, s.Connected, s.Active+s.Idle)
				if s.Handover != nil {
					known := at.Add(30 * time.Minute)
					checks = append(checks, check{known, "usage_concurrent_users_handover", nil, *s.Handover},
						check{known, "usage_concurrent_users_net", nil, s.Connected - *s.Handover})
				}
			}
			for _, hour := range v.Hours {
				checks = append(checks, check{hour.Hour.Add(time.Hour + time.Minute), "usage_hour_users", []string{"period", "previous"}, hour.Users})
			}
			if v.NetPeak.Window != "" {
				checks = append(checks, check{v.NetPeak.Until.Add(31 * time.Minute), "usage_concurrent_users_net_peak", []string{"window", v.NetPeak.Window, "period", "current"}, v.NetPeak.Value})
			}
			slices.SortStableFunc(checks, func(a, b check) int { return a.at.Compare(b.at) })
			for _, c := range checks {
				for len(v.Events) > 0 && v.Events[0].Time.Before(c.at) {
					record(t, m, v.Events[0].Time, v.Events[0])
					v.Events = v.Events[1:]
				}
				labels := map[string]string{"organization": "yard", "meter": "operators"}
				for i := 0; i < len(c.labels); i += 2 {
					labels[c.labels[i]] = c.labels[i+1]
				}
				require.EqualValues(t, c.want, m.Collect(c.at)[Key(c.series, labels)], "%s at %s", c.series, c.at)
			}
		})
	}
}
