// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package consumption

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Other users are the busiest each day. A process of months would have the series of all
// of them, a thousand a day of each hundred organizations. Who reads figures from minute
// to minute tells by the series what has ended: while they have one, it is the only one.
func TestTheSeriesOfUsersWhoAreListedNoMoreAreForgotten(t *testing.T) {
	const days, top = 20, 4
	b := newConsumptionBench(t, topMeter(t, "day", top), "UTC", "2026-03-05 12:00")
	shown := map[string]weak.Pointer[usage.Series]{} // of users
	var read map[string]*usage.Series                // of the first user, of the figures before
	for day := range uint32(days) {
		b.consume(b.c.AsOf.Ns(), 0, 2)
		for n := range uint32(top) {
			b.consume(b.c.AsOf.Ns(), 10+top*day+n, 1)
		}
		b.figures()
		now := map[string]*usage.Series{}
		for _, f := range b.sheet.Figures {
			key := fmt.Sprint(f.Series.Name, f.Series.Labels)
			switch {
			case strings.Contains(key, "u0/"):
				now[key] = f.Series
				if before := read[key]; before != nil {
					require.Same(t, before, f.Series, key)
				}
			case strings.Contains(key, "/true"):
				shown[key] = weak.Make(f.Series)
			}
		}
		read = now
		runtime.GC()
		b.turn(b.c.AsOf + period.MinutesPerDay)
	}
	b.figures() // what the last ones showed is kept until the next ones
	b.figures()
	runtime.GC()
	kept := 0
	for _, s := range shown {
		if s.Value() != nil {
			kept++
		}
	}
	require.Len(t, read, period.Published+1, "a listed user has a series for each period, and one for the latest event")
	require.Greater(t, len(shown), days*(top-1)*period.Published, "and so have those who are listed for a day")
	require.LessOrEqual(t, kept, top*(period.Published+1))
}
