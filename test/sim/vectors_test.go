// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

// vector is a worked example with true figures.
type vector struct{ model.Vector }

func readVector(t testing.TB, name string) vector {
	t.Helper()
	v, err := model.ReadVector("testdata", name)
	require.NoError(t, err)
	return vector{v}
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
	for _, name := range []string{"s2-logoff", "s2-shift-change", "s2-handover"} {
		t.Run(name, func(t *testing.T) {
			v := readVector(t, name)
			slices.SortFunc(v.Events, func(a, b model.Event) int { return a.Time.Compare(b.Time) })
			e := newEngine(t, v.Config, v.Events[0].Time)
			for _, c := range v.Yard() {
				for _, event := range v.Before(c.At) {
					e.record(event.Time, event)
				}
				require.EqualValues(t, c.Want, e.collect(c.At)[model.Key(c.Series, c.Labels)], "%s at %s", c.Series, c.At)
			}
		})
	}
}
