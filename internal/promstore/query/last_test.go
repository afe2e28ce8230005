// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
	"github.com/stretchr/testify/require"
)

// lived are three days of series that begin late, end, pause, change their step and have
// stale markers, as alerts do.
var lived = `
load 1m
  figure{organization="whole"} 0+1x4320
  figure{organization="late"} _x1000 0+1x3320
  figure{organization="ended"} 5+1x700
  figure{organization="paused"} 0+1x400 _x900 7+2x1500 _x30 1+1x1400
  figure{organization="stale"} 0+1x130 stale _x5 stale 3+1x50 stale _x400 1x300 ` + strings.Repeat("stale ", 300) + `5x300
  figure{organization="onlyStale"} stale stale stale
  figure{organization="seldom"} ` + strings.Repeat("1 _x36 2 _x200 ", 17)

// TestLastOverTimeIsThatOfAllSamples holds what is answered where only some samples are read
// against Prometheus' engine over all of them.
func TestLastOverTimeIsThatOfAllSamples(t *testing.T) {
	store := promqltest.LoadedStorage(t, lived)
	e := NewEngine(DefaultLimits(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	random := rand.New(rand.NewPCG(1, 2))
	of := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	span := func() string { return of("1ms", "59s", "1m", "90s", "5m", "37m", "2h", "6h", "1d", "2d") }
	inner := func() string {
		offset := of("", "", " offset "+span(), " offset -"+span(), " @ end()", " @ 100000")
		return fmt.Sprintf(`last_over_time(figure%s[%s]%s)`, of("", `{organization=~".*t.*"}`), span(), offset)
	}
	seen, answered := 0, 0
	for range 1500 {
		query := inner()
		switch random.IntN(6) {
		case 0:
			query = "timestamp(" + query + ")"
		case 1:
			query = "sum(" + query + ") - sum(" + inner() + ")"
		case 2:
			query = "max_over_time(" + query + "[" + of("3h", "1d") + ":" + of("7m", "1h") + "])"
		case 3:
			query += " and on (organization) figure"
		case 4:
			query = "last_over_time(" + query + "[" + of("3h", "1d") + ":" + of("7m", "1h") + "])"
		}
		start := time.UnixMilli(random.Int64N(4500 * 60_000))
		step := time.Duration(1+random.IntN(500)) * time.Minute
		if random.IntN(3) == 0 {
			step = time.Duration(1+random.Int64N(int64(8*time.Hour))).Truncate(time.Millisecond) + time.Second
		}
		end := start.Add(step * time.Duration(random.IntN(60)))
		if random.IntN(3) == 0 {
			end = start // an instant
		}
		ask := func(engine promql.QueryEngine) string {
			var q promql.Query
			var err error
			if end.After(start) {
				q, err = engine.NewRangeQuery(t.Context(), store, nil, query, start, end, step)
			} else {
				q, err = engine.NewInstantQuery(t.Context(), store, nil, query, start)
			}
			require.NoError(t, err)
			defer q.Close()
			result := q.Exec(t.Context())
			require.NoError(t, result.Err, query)
			return result.String()
		}
		want := ask(e.Engine)
		require.Equal(t, want, ask(e), "%s from %d to %d each %s", query, start.UnixMilli(), end.UnixMilli(), step)
		seen++
		if want != "" {
			answered++
		}
	}
	require.Greater(t, answered, seen/2, "most have an answer")
}

// TestOfLastOverTimeLittleIsRead counts what the engine is given.
func TestOfLastOverTimeLittleIsRead(t *testing.T) {
	store := promqltest.LoadedStorage(t, lived)
	querier, err := metered{store, shapeFor(t, `last_over_time(figure{organization="whole"}[6h])`)}.Querier(0, 4320*60_000)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, querier.Close()) })
	hints := &storage.SelectHints{Start: 1, End: 72 * 3600_000, Step: 6 * 3600_000, Range: 6 * 3600_000, Func: "last_over_time"}
	set := querier.Select(t.Context(), false, hints, matcher(t, "organization", "whole"))
	require.True(t, set.Next())
	n := 0
	for it := set.At().Iterator(nil); it.Next() != 0; n++ {
		at, _ := it.At()
		require.Zero(t, at%(6*3600_000))
	}
	require.Equal(t, 12, n, "one each six hours of three days")
}

func shapeFor(t *testing.T, query string) *shape {
	t.Helper()
	limits := DefaultLimits()
	s, err := shapeOf(newParser(limits), limits, query, time.UnixMilli(0), time.UnixMilli(72*3600_000), 6*time.Hour)
	require.NoError(t, err)
	return s
}

func matcher(t *testing.T, name, value string) *labels.Matcher {
	t.Helper()
	m, err := labels.NewMatcher(labels.MatchEqual, name, value)
	require.NoError(t, err)
	return m
}
