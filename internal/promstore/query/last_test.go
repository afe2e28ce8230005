// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"
)

// lived are series of three days by what they have at a minute: those that begin late, end,
// pause, are seldom, and have stale markers, as alerts do.
var lived = map[string]func(minute int) (v float64, is bool){
	"whole":     func(m int) (float64, bool) { return float64(m), true },
	"late":      func(m int) (float64, bool) { return float64(m), m > 1000 },
	"ended":     func(m int) (float64, bool) { return float64(m), m < 700 },
	"paused":    func(m int) (float64, bool) { return float64(m), m < 400 || m > 1300 && m < 2800 || m > 2830 },
	"seldom":    func(m int) (float64, bool) { return float64(m), m%37 == 0 && m%5 != 0 },
	"onlyStale": func(m int) (float64, bool) { return stale, m < 3 },
	"stale": func(m int) (float64, bool) {
		if m%700 > 650 || m > 2000 && m < 2400 || m%130 == 129 {
			return stale, true
		}
		return float64(m), m%700 < 600
	},
}

var stale = math.Float64frombits(value.StaleNaN)

const minutes = 3*24*60 + 1

// livedStore has them.
func livedStore(t *testing.T) storage.Storage {
	t.Helper()
	store := teststorage.New(t)
	for minute := range minutes {
		app := store.Appender(t.Context())
		for organization, at := range lived {
			if v, is := at(minute); is {
				_, err := app.Append(0, labels.FromStrings("__name__", "figure", "organization", organization), int64(minute)*60_000, v)
				require.NoError(t, err)
			}
		}
		require.NoError(t, app.Commit())
	}
	return store
}

// TestLastOverTimeIsThatOfAllSamples holds what is answered where only some samples are read
// against Prometheus' engine over all of them.
func TestLastOverTimeIsThatOfAllSamples(t *testing.T) {
	store := livedStore(t)
	e := NewEngine(DefaultLimits(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	random := rand.New(rand.NewPCG(1, 2))
	of := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	span := func() string { return of("1ms", "59s", "1m", "90s", "5m", "37m", "2h", "6h", "1d", "2d") }
	inner := func() string {
		offset := of("", "", " offset "+span(), " offset -"+span(), " @ end()", " @ 100000")
		return fmt.Sprintf(`last_over_time(figure%s[%s]%s)`, of("", `{organization=~".*t.*"}`), span(), offset)
	}
	const asked = 1500
	answered := 0
	for range asked {
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
		start := time.UnixMilli(60_000*random.Int64N(4500) + random.Int64N(5) - 2) // about when samples are
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
		if want != "" {
			answered++
		}
	}
	require.Greater(t, answered, asked/2, "most have an answer")
}

// TestOfLastOverTimeLittleIsRead counts what the engine is given.
func TestOfLastOverTimeLittleIsRead(t *testing.T) {
	store := livedStore(t)
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

func matcher(t *testing.T, name, text string) *labels.Matcher {
	t.Helper()
	m, err := labels.NewMatcher(labels.MatchEqual, name, text)
	require.NoError(t, err)
	return m
}
