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

// Organizations that the catalogue has some days after their first item have
// the figures that they had if it had been there all the time: the model's. The
// grace is as long as the acceptance span, so that nothing is closed before; and
// no definition changes before, since what was judged by one stays so. Only which
// thresholds were reached before there were quotas is not known.
func TestACatalogueThatComesLateCountsAsIfItHadBeenThere(t *testing.T) {
	seeds := uint64(3)
	if os.Getenv("USAGE_CAMPAIGN") == "long" {
		seeds = 40
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			simulateLate(t, seed)
		})
	}
}

func simulateLate(t *testing.T, seed uint64) {
	t.Helper()
	config, steps := gen.History(seed, gen.Options{Days: 30, Organizations: 3 + int(seed%2)*3})
	config.Grace = model.Duration(35 * 24 * time.Hour)
	oracle, err := model.New(config)
	require.NoError(t, err)
	none := config
	none.Organizations = nil
	e := newEngine(t, none, steps[0].Now)
	random := rand.New(rand.NewPCG(seed, 3))
	began, last := steps[0].Now, steps[0].Now
	late := began.Add(time.Duration(random.Int64N(int64(9 * 24 * time.Hour))))
	all, compared := catalogueOf(t, config.Organizations), 0
	for _, step := range steps {
		if random.IntN(60) == 0 {
			up := last.Add(time.Duration(random.Int64N(int64(step.Now.Sub(last)) + 1)))
			oracle.Restart(last, up)
			if last.After(late) && random.IntN(2) == 0 && e.settings.Catalogue != all {
				e.settings.Catalogue = all // it came while the ledger was down
				oracle.BeginQuotas()
			}
			if random.IntN(2) == 0 {
				e.crash(up)
			} else {
				e.restart(up)
			}
		}
		if last = step.Now; last.After(late) && e.settings.Catalogue != all {
			require.NoError(t, e.ledger.SetCatalogue(t.Context(), all, last))
			e.settings.Catalogue, e.now = all, last
			oracle.BeginQuotas()
		}
		if e.settings.Catalogue != all { // else a period that ended before the ledger began is closed, with figures
			step.Events = slices.DeleteFunc(step.Events, func(e model.Event) bool { return e.Time.Before(began.Add(-20 * 24 * time.Hour)) })
		}
		if !step.Collect {
			_, err := oracle.Record(step.Now, step.Events)
			require.NoError(t, err)
			e.record(step.Now, step.Events...)
			continue
		}
		want, got := oracle.Collect(step.Now), e.collect(step.Now)
		for _, figures := range []map[string]float64{want, got} {
			maps.DeleteFunc(figures, func(key string, _ float64) bool { return strings.Contains(key, `organization="stray"`) })
		}
		if e.settings.Catalogue == all {
			compared += compare(t, fmt.Sprint("seed ", seed, ", late at ", late, ", at ", step.Now), want, got)
		}
	}
	require.Positive(t, compared)
}
