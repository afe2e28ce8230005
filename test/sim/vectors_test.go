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
		At                                time.Time
		Connected, Active, Idle, Handover float64
	}
	Hours []struct {
		Hour  time.Time
		Users float64
	}
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

func TestVectorsOfTheYard(t *testing.T) {
	for _, name := range []string{"s2-logoff", "s2-shift-change"} {
		t.Run(name, func(t *testing.T) {
			v := readVector(t, name)
			slices.SortFunc(v.Events, func(a, b model.Event) int { return a.Time.Compare(b.Time) })
			e := newEngine(t, v.Config, v.Events[0].Time)
			labels := func(extra ...string) map[string]string {
				m := map[string]string{"organization": "yard", "meter": "operators"}
				for i := 0; i < len(extra); i += 2 {
					m[extra[i]] = extra[i+1]
				}
				return m
			}
			for _, sample := range v.Samples {
				for len(v.Events) > 0 && !v.Events[0].Time.After(sample.At) {
					e.record(v.Events[0].Time, v.Events[0])
					v.Events = v.Events[1:]
				}
				figures := e.collect(sample.At.Add(time.Minute))
				active, _ := lookUp(figures, "usage_concurrent_users", labels("state", "active"))
				idle, _ := lookUp(figures, "usage_concurrent_users", labels("state", "idle"))
				handover, _ := lookUp(figures, "usage_concurrent_users_handover", labels())
				require.Equal(t, []float64{sample.Connected, sample.Active, sample.Idle, sample.Handover}, []float64{active + idle, active, idle, handover}, sample.At)
				for _, hour := range v.Hours {
					if hour.Hour.Equal(sample.At.Truncate(time.Hour)) && sample.At.Minute() >= 30 {
						users, _ := lookUp(figures, "usage_hour_users", labels("period", "current"))
						require.Equal(t, hour.Users, users, hour.Hour)
					}
				}
			}
		})
	}
}
