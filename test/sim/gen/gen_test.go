// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package gen

import (
	"math"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

func TestTheSameSeedGivesTheSameHistory(t *testing.T) {
	config, steps := History(3, Options{Days: 5, Moves: 1})
	config2, steps2 := History(3, Options{Days: 5, Moves: 1})
	_, other := History(4, Options{Days: 5, Moves: 1})
	require.Equal(t, config, config2)
	require.Equal(t, steps, steps2)
	require.NotEqual(t, steps, other)
}

// TestHistoriesHaveEverything runs a history through the model: it checks that
// every kind of thing happens in it, and of the figures what must hold of any.
func TestHistoriesHaveEverything(t *testing.T) {
	config, steps := History(1, Options{Days: 45, Moves: 2})
	m, err := model.New(config)
	require.NoError(t, err)

	var last time.Time
	sent := map[string]float64{}
	odd := map[string]int{}
	outcomes := map[usage.Outcome]int{}
	seen := map[string]float64{} // the largest value of each series name
	for _, step := range steps {
		require.False(t, step.Now.Before(last))
		last = step.Now
		switch {
		case step.Move != nil:
			require.NoError(t, m.SetCalendar(step.Now, step.Move.Organization, step.Move.To))
		case step.Collect:
			require.Zero(t, step.Now.UnixNano()%int64(time.Minute))
			samples := m.Samples(step.Now)
			for _, s := range samples {
				seen[s.Name] = max(seen[s.Name], s.Value)
			}
			requireAddsUp(t, samples, sent)
		default:
			require.NotEmpty(t, step.Events)
			for _, e := range step.Events {
				sent[e.CountedUnder()]++
				tally(odd, e)
			}
			results, err := m.Record(step.Now, step.Events)
			require.NoError(t, err)
			for _, o := range results {
				outcomes[o]++
			}
		}
	}
	for _, o := range []usage.Outcome{usage.Unmatched, usage.Invalid, usage.Future, usage.Late, usage.Duplicate, usage.Counted} {
		require.Greater(t, outcomes[o], 10, o.String())
	}
	for _, name := range []string{
		"usage_active_users", "usage_active_users_breakdown", "usage_registered_users", "usage_concurrent_users", "usage_concurrent_users_handover",
		"usage_concurrent_users_peak", "usage_concurrent_users_peak_hits", "usage_hour_users", "usage_hour_users_peak", "usage_hour_users_peak_hits",
		"usage_consumption", "usage_consumption_breakdown", "usage_consumption_events", "usage_consumption_total", "usage_average_sum", "usage_average_count",
		"usage_items_total", "usage_meter_rejected_total", "usage_last_event_timestamp_seconds",
	} {
		require.Positive(t, seen[name], name)
	}
	for _, kind := range []string{"int", "double", "array", "blank", "decomposed", "placeholder", "another unit", "cumulative", "twin"} {
		require.Greater(t, odd[kind], 5, kind)
	}
}

// tally counts the kinds of odd telemetry that an event is of.
func tally(odd map[string]int, e model.Event) {
	for _, otlpType := range e.Types {
		odd[otlpType]++
	}
	for kind, is := range map[string]bool{
		"blank":        e.User != "" && strings.TrimSpace(e.User) != e.User,
		"decomposed":   norm.NFD.String(e.User) == e.User && strings.Contains(e.User, "\u0308"),
		"placeholder":  e.User == "undefined" || e.Organization == "null",
		"another unit": e.Time.Year() < 2000,
		"cumulative":   e.Cumulative,
		"twin":         e.Body != "" || e.Span != "" || e.Resource != nil || e.Scope != nil,
	} {
		if is {
			odd[kind]++
		}
	}
}

// requireAddsUp checks that no item is lost and that a breakdown of a sum adds
// up to it.
func requireAddsUp(t *testing.T, samples []model.Sample, sent map[string]float64) {
	t.Helper()
	items, sums, parts := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, s := range samples {
		l := s.Labels
		key := l["organization"] + " " + l["meter"] + " " + l["window"] + " " + l["period"]
		switch s.Name {
		case "usage_items_total":
			items[l["organization"]] += s.Value
		case "usage_consumption":
			sums[key] = s.Value
		case "usage_consumption_breakdown":
			parts[key+" "+l["dimension"]] += s.Value
		}
	}
	for organization, n := range sent {
		require.InDelta(t, n, items[organization], 0, organization)
	}
	for key, sum := range sums {
		for _, dimension := range []string{" language", " model"} {
			if part, found := parts[key+dimension]; found {
				require.InDelta(t, math.Round(sum*usage.Micro), math.Round(part*usage.Micro), 0, key)
			}
		}
	}
}

func BenchmarkModel(b *testing.B) {
	for b.Loop() {
		config, steps := History(1, Options{Days: 60})
		m, err := model.New(config)
		require.NoError(b, err)
		for _, step := range steps {
			if step.Collect {
				m.Collect(step.Now)
			} else {
				_, err = m.Record(step.Now, step.Events)
				require.NoError(b, err)
			}
		}
	}
}
