// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/sim/gen"
	"github.com/otelcol-usage/otelcol-usage/test/sim/model"
)

// The engine has the same figures as the naive model, which keeps every event
// and counts anew each time, over histories with everything that SEMANTICS
// speaks of: crashes and restarts at random points, late, resent and future
// events, changes of zones and definitions. USAGE_CAMPAIGN=long runs more and
// longer ones. A failure names its seed.
func TestTheEngineCountsAsTheModelDoes(t *testing.T) {
	seeds, days := uint64(6), 45
	if os.Getenv("USAGE_CAMPAIGN") == "long" {
		seeds, days = 60, 210
	}
	late := []time.Duration{0, 7 * time.Hour, 29*time.Hour + 11*time.Minute, 9 * 24 * time.Hour}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			simulate(t, seed, gen.Options{Days: days, Organizations: 3 + int(seed%4), Moves: int(seed % 3), Late: late[seed%4]})
		})
	}
}

func simulate(t *testing.T, seed uint64, o gen.Options) {
	t.Helper()
	config, steps := gen.History(seed, o)
	config.Grace = model.Duration([]time.Duration{72 * time.Hour, 24 * time.Hour, 3 * time.Hour}[seed%3])
	oracle, err := model.New(config)
	require.NoError(t, err)
	e := newEngine(t, config, steps[0].Now)
	random := rand.New(rand.NewPCG(seed, 2))
	compared, listed := 0, 0
	last := steps[0].Now
	var shown time.Time           // minute of the last collection
	var showed map[string]float64 // by it
	var ahead []time.Time         // of events that came before their time
	for _, step := range steps {
		if random.IntN(60) == 0 {
			up := last.Add(time.Duration(random.Int64N(int64(step.Now.Sub(last)) + 1)))
			oracle.Restart(last, up)
			if random.IntN(2) == 0 {
				e.crash(up)
			} else {
				e.restart(up)
			}
			if step.Collect && step.Now.Equal(shown) {
				// A minute that was passed before a start is not shown again, but by whom
				// nothing came to be written since the checkpoint before it: as it was.
				for key, v := range e.collect(step.Now) {
					require.Contains(t, showed, key)
					require.Equal(t, showed[key], v, "seed %d at %s: %s", seed, step.Now, key)
				}
				continue
			}
		}
		last = step.Now
		switch {
		case step.Move != nil && step.Move.Admit:
			require.NoError(t, oracle.Admit(step.Now, step.Move.Organization, step.Move.To))
			e.catalogue(step.Now, step.Move.Organization, step.Move.To)
		case step.Move != nil:
			require.NoError(t, oracle.SetCalendar(step.Now, step.Move.Organization, step.Move.To))
			to := e.organizations[step.Move.Organization]
			to.Timezone, to.AnchorDay = step.Move.To.Timezone, step.Move.To.AnchorDay
			e.catalogue(step.Now, step.Move.Organization, to)
		case step.Collect:
			where, figures := fmt.Sprint("seed ", seed, " at ", step.Now), e.collect(step.Now)
			compared += compare(t, where, oracle.Collect(step.Now), figures)
			// What lies in the running minute already counts for whoever asks, and is in the
			// figures of the next one.
			ahead = slices.DeleteFunc(ahead, func(at time.Time) bool { return !at.After(step.Now) })
			running := slices.ContainsFunc(ahead, func(at time.Time) bool { return !at.After(step.Now.Add(time.Minute)) })
			if random.IntN(100) == 0 && !running {
				listed += e.compareUsers(t, where, figures)
			}
			shown, showed = step.Now, figures
		default:
			for i := range step.Events {
				if at := step.Events[i].Time; at.After(step.Now) {
					ahead = append(ahead, at)
				}
			}
			_, err := oracle.Record(step.Now, step.Events)
			require.NoError(t, err)
			e.record(step.Now, step.Events...)
		}
	}
	end := last.Truncate(time.Minute).Add(2 * time.Hour) // all changes are in a version by then
	where, figures := fmt.Sprint("seed ", seed, " at the end"), e.collect(end)
	compared += compare(t, where, oracle.Collect(end), figures)
	listed += e.compareUsers(t, where, figures)
	statements, revisions := e.compareStatements(t, fmt.Sprint("seed ", seed), oracle)
	t.Logf("seed %d: %d figures, %d statements and %d later versions compared over %d days", seed, compared, statements, revisions, o.Days)
	require.Positive(t, statements)
	require.Positive(t, revisions)
	require.Positive(t, compared)
	require.Positive(t, listed)
}

// notModelled are series that the model leaves to story tests.
var notModelled = []string{"usage_projected", "usage_quota_exhaustion", "usage_at_same_share", "usage_stream_silent", "usage_incomplete", "usage_sampled", "usage_organization_info", "usage_organization_notify_channels", "usage_meter_info", "usage_window_info", "usage_consumption_peak_day", "usage_consumption_by_day", "usage_user_last_activity_timestamp_seconds", "usage_past_period_used"}

func compare(t *testing.T, where string, want, got map[string]float64) int {
	t.Helper()
	var diffs []string
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if slices.ContainsFunc(notModelled, func(name string) bool { return strings.HasPrefix(key, name) }) {
			continue
		}
		if w, found := want[key]; !found || w != got[key] {
			diffs = append(diffs, fmt.Sprintf("%s: model %v (there: %t), engine %v", key, w, found, got[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if _, found := got[key]; !found {
			diffs = append(diffs, fmt.Sprintf("%s: model %v, engine has none", key, want[key]))
		}
	}
	require.Empty(t, diffs, where)
	return len(want)
}

// catalogue changes or adds an organization, as a changed catalogue does.
func (e *engine) catalogue(now time.Time, id string, to model.Organization) {
	e.organizations[id] = to
	changed := catalogueOf(e.t, e.organizations)
	require.NoError(e.t, e.ledger.SetCatalogue(e.t.Context(), changed, now))
	e.settings.Catalogue, e.now = changed, now
}
