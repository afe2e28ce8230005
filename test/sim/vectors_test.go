// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

// vector is a worked example with true figures.
type vector struct {
	model.Config
	At       time.Time     `json:"at"`
	Events   []model.Event `json:"events"`
	Outcomes map[string]map[string]float64
	Expect   []struct {
		Series string
		Labels map[string]string
		Value  model.Number
	}
	Samples []struct {
		At                      time.Time
		Connected, Active, Idle int
		Handover                *int
	}
	Hours []struct {
		Hour  time.Time
		Users int
	}
	NetPeak struct {
		Window string
		Value  int
		Until  time.Time `json:"of_samples_up_to"`
	} `json:"net_peak"`
}

func readVector(t testing.TB, name string) vector {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "vectors", name+".json"))
	require.NoError(t, err)
	var v vector
	require.NoError(t, json.Unmarshal(raw, &v))
	return v
}

// expected checks the figures that a vector lists; series may carry unit and
// billable besides.
func (v *vector) expected(t testing.TB, figures map[string]float64) {
	t.Helper()
	for _, e := range v.Expect {
		want, err := strconv.ParseFloat(string(e.Value), 64)
		require.NoError(t, err)
		got, found := lookUp(figures, e.Series, e.Labels)
		require.True(t, found, "%s %v", e.Series, e.Labels)
		require.Equal(t, want, got, "%s %v", e.Series, e.Labels)
	}
	for organization, outcomes := range v.Outcomes {
		for outcome, want := range outcomes {
			got := figures[model.Key("usage_items_total", map[string]string{"organization": organization, "outcome": outcome, "signal": "logs"})]
			require.Equal(t, want, got, "%s %s", organization, outcome)
		}
	}
}

func lookUp(figures map[string]float64, name string, labels map[string]string) (float64, bool) {
	for _, more := range []map[string]string{nil, {"unit": "min"}, {"billable": "true"}, {"billable": "false"}} {
		all := map[string]string{}
		for _, set := range []map[string]string{labels, more} {
			maps.Copy(all, set)
		}
		if got, found := figures[model.Key(name, all)]; found {
			return got, true
		}
	}
	return 0, false
}

// The figures of a vector do not depend on the order in which its events
// arrive, how they are batched, and how often they are repeated.
func TestVectorsInAnyOrder(t *testing.T) {
	for _, name := range []string{"stream-1", "stream-2", "stream-3", "edges-acceptance", "edges-fall-back", "edges-windows"} {
		t.Run(name, func(t *testing.T) {
			v := readVector(t, name)
			for seed := range uint64(8) {
				random := rand.New(rand.NewPCG(seed, 1))
				events := slices.Clone(v.Events)
				if seed > 0 {
					random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
				}
				e := newEngine(t, v.Config, v.At)
				for len(events) > 0 {
					n := min(len(events), 1+random.IntN(600))
					e.record(v.At, events[:n]...)
					if seed%4 == 3 && name != "edges-acceptance" { // its outcomes count repetitions
						e.record(v.At, events[:n]...)
					}
					events = events[n:]
				}
				if seed%2 == 1 {
					e.restart(v.At)
				}
				v.expected(t, e.collect(v.At))
				e.close()
			}
		})
	}
}

// A ledger that lived through the events has the same figures.
func TestVectorOnItsOwnClock(t *testing.T) {
	v := readVector(t, "edges-workspace")
	slices.SortFunc(v.Events, func(a, b model.Event) int { return a.Time.Compare(b.Time) })
	e := newEngine(t, v.Config, v.Events[0].Time)
	for _, event := range v.Events {
		e.record(event.Time, event)
	}
	v.expected(t, e.collect(v.At))
}

// Each figure is right when it is final: a sample a minute after its instant, its
// hand-over an idle timeout later, users in the hour when that has ended.
func TestVectorsOfTheYard(t *testing.T) {
	for _, name := range []string{"s2-logoff", "s2-shift-change", "s2-handover"} {
		t.Run(name, func(t *testing.T) {
			v := readVector(t, name)
			slices.SortFunc(v.Events, func(a, b model.Event) int { return a.Time.Compare(b.Time) })
			e := newEngine(t, v.Config, v.Events[0].Time)
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
					e.record(v.Events[0].Time, v.Events[0])
					v.Events = v.Events[1:]
				}
				labels := map[string]string{"organization": "yard", "meter": "operators"}
				for i := 0; i < len(c.labels); i += 2 {
					labels[c.labels[i]] = c.labels[i+1]
				}
				require.EqualValues(t, c.want, e.collect(c.at)[model.Key(c.series, labels)], "%s at %s", c.series, c.at)
			}
		})
	}
}
