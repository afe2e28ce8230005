// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package backtest

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// seeds are none that the method was chosen by: that was done on 101 to 105.
var seeds = []uint64{2026, 2027, 2028, 2029, 2030}

var shares = []float64{0.25, 0.50, 0.75}

// Kinds of figures, and ways to project them.
var (
	kinds = []string{"sums", "distinct users"}
	ways  = []string{"straight line", "same as last period", "usage_projected"}
)

// errors are the relative errors by kind, share and way.
type errors map[string]map[float64]map[string][]float64

func (e errors) add(kind string, share float64, way string, projected, actual float64) float64 {
	if e[kind] == nil {
		e[kind] = map[float64]map[string][]float64{}
	}
	if e[kind][share] == nil {
		e[kind][share] = map[string][]float64{}
	}
	off := projected/actual - 1
	e[kind][share][way] = append(e[kind][share][way], off)
	return off
}

// mean is the mean of the absolute errors, in percent.
func mean(all []float64) float64 {
	sum := 0.0
	for _, off := range all {
		sum += math.Abs(off)
	}
	return 100 * sum / float64(len(all))
}

func kindOf(meter string) string {
	if meter == "minutes" {
		return kinds[0]
	}
	return kinds[1]
}

// The projection is nearer to what came than the straight line and than the
// last period, on average, for sums and for distinct users.
func TestTheProjectionBeatsBothBaselines(t *testing.T) {
	all, organizations := errors{}, map[string]int{}
	for _, seed := range seeds {
		for _, s := range live(t, seed) {
			had := map[string]bool{}
			for _, r := range s.found {
				actual, before := s.final[r.meter][r.month], s.final[r.meter][s.monthBefore(r.month)]
				if actual == 0 || before == 0 {
					continue // the organization does not use it, or its first month is assessed
				}
				had[kindOf(r.meter)] = true
				line := fmt.Sprintf("seed %d %-10s %-8s %s at %2.0f %%: %8.0f used, %8.0f came;", seed, s.id, r.meter, r.month.In(s.zone).Format("2006-01"), 100*r.share, r.used, actual)
				var rest strings.Builder
				for i, projected := range []float64{r.used / r.share, before, r.projected} {
					off := all.add(kindOf(r.meter), r.share, ways[i], projected, actual)
					fmt.Fprintf(&rest, " %s %+.1f %%,", ways[i], 100*off)
				}
				line += rest.String()
				t.Log(strings.TrimSuffix(line, ","))
			}
			for kind := range had {
				organizations[kind]++
			}
		}
	}
	table := all.table()
	t.Logf("organizations: %v\n%s", organizations, table)
	for _, kind := range kinds {
		require.GreaterOrEqual(t, organizations[kind], 20, kind)
		ours := all.overall(kind, ways[2])
		require.Less(t, ours, all.overall(kind, ways[0]), "%s: the straight line is better", kind)
		require.Less(t, ours, all.overall(kind, ways[1]), "%s: the last period is better", kind)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "projection.md"))
	require.NoError(t, err)
	require.Contains(t, string(page), table, "put this table into docs/projection.md")
}

func (s *subject) monthBefore(month time.Time) time.Time {
	y, m, _ := month.In(s.zone).Date()
	return time.Date(y, m-1, 1, 0, 0, 0, 0, s.zone).UTC()
}

// overall is the mean over the shares.
func (e errors) overall(kind, way string) (sum float64) {
	for _, share := range shares {
		sum += mean(e[kind][share][way]) / float64(len(shares))
	}
	return sum
}

// table is that of the page.
func (e errors) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| | at | projections | %s |\n|---|---|---|---|---|---|\n", strings.Join(ways, " | "))
	for _, kind := range kinds {
		for _, share := range shares {
			fmt.Fprintf(&b, "| %s | %.0f %% | %d |", kind, 100*share, len(e[kind][share][ways[0]]))
			for _, way := range ways {
				fmt.Fprintf(&b, " %.1f %% |", mean(e[kind][share][way]))
			}
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "| **%s** | **mean** | |", kind)
		for _, way := range ways {
			fmt.Fprintf(&b, " **%.1f %%** |", e.overall(kind, way))
		}
		b.WriteString("\n")
	}
	return b.String()
}
