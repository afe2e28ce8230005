// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"
)

func TestATextIsRefusedByItsShape(t *testing.T) {
	limits := DefaultLimits()
	limits.Length, limits.Depth, limits.Selectors = 20_000, 20, 10
	p := newParser(limits)
	for name, c := range map[string]struct{ query, refusal string }{
		"long":               {"a" + strings.Repeat(" ", 20_000), "query::max_length"},
		"deep":               {strings.Repeat("abs(", 30) + "a" + strings.Repeat(")", 30), "query::max_depth"},
		"many selectors":     {"a" + strings.Repeat(" or a", 10), "query::max_selectors"},
		"many operators":     {"1" + strings.Repeat("+1", maxJoints+1), "operators and brackets"},
		"large repetition":   {`a{b=~"` + strings.Repeat("a.{999}", 10) + `"}`, "regular expressions"},
		"an error of PromQL": {"a{", "unexpected end of input"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.ParseExpr(c.query)
			require.ErrorContains(t, err, c.refusal)
		})
	}
	for _, query := range []string{"a", `sum by (b) (rate(a{b=~"x|y.*"}[5m]))`, "a" + strings.Repeat(" or a", 9)} {
		_, err := p.ParseExpr(query)
		require.NoError(t, err, query)
	}
	_, err := p.ParseMetricSelectors(make([]string, 11))
	require.ErrorContains(t, err, "query::max_selectors")
}

func TestARegularExpressionCostsItsSteps(t *testing.T) {
	for pattern, want := range map[string]int{"abc": 3, "a{1000}": 2000, "(ab){10}": 30, "(": 1} {
		require.InDelta(t, want, regexSteps(pattern), 20, pattern)
	}
	require.Greater(t, regexSteps(strings.Repeat("a.{999}", 10)), regexSize)
}

// engine returns one, with a store of a series of two points for each of 300
// organizations.
func engine(t *testing.T, limits Limits) (run func(ctx context.Context, query string, span, step time.Duration) error) {
	t.Helper()
	store := promqltest.LoadedStorage(t, "load 1m\n"+series(300))
	e := NewEngine(limits, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	at := time.Unix(60, 0)
	return func(ctx context.Context, query string, span, step time.Duration) error {
		var q promql.Query
		var err error
		if span == 0 {
			q, err = e.NewInstantQuery(ctx, store, nil, query, at)
		} else {
			q, err = e.NewRangeQuery(ctx, store, nil, query, at.Add(-span), at, step)
		}
		if err != nil {
			return err
		}
		defer q.Close()
		return q.Exec(ctx).Err
	}
}

func series(n int) string {
	var text strings.Builder
	for i := range n {
		text.WriteString("  usage_figure{organization=\"organization-" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + "\"} 1 2\n")
	}
	return text.String()
}

func TestAQueryIsHeldAgainstWhatItReads(t *testing.T) {
	limits := DefaultLimits()
	limits.Memory, limits.Steps = 16, 1000
	run := engine(t, limits)
	join := `usage_figure`
	for range 7 {
		join = `label_join(` + join + `, "x", ",", "organization"` + strings.Repeat(`,"x"`, 9) + `)`
	}
	for name, c := range map[string]struct {
		query      string
		span, step time.Duration
		refusal    string // none: it is answered
	}{
		"labels that grow":         {join, 0, 0, "query::max_memory_mib"},
		"labels of nothing":        {strings.ReplaceAll(join, "usage_figure", "absent_figure"), 0, 0, ""},
		"steps":                    {"usage_figure", 24 * time.Hour, time.Second, "query::max_steps"},
		"steps of a subquery":      {"max_over_time(usage_figure[7d:1s])", 0, 0, "query::max_steps"},
		"work between two looks":   {"quantile_over_time(scalar(sum(usage_figure)), usage_figure[4d] @ 60)", 900 * time.Minute, time.Minute, "more than 200000000"},
		"a sum of all":             {"sum(usage_figure)", 0, 0, ""},
		"the rate of all, a chart": {"rate(usage_figure[5m])", time.Hour, time.Minute, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), c.query, c.span, c.step)
			if c.refusal == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.refusal)
		})
	}
}

func TestAQueryEndsWithWhoeverAsked(t *testing.T) {
	run := engine(t, DefaultLimits())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var canceled promql.ErrQueryCanceled
	require.ErrorAs(t, run(ctx, "usage_figure", 0, 0), &canceled)
}

// TestTheGateLetsAsManyIn has a place for one request: the second waits for it, and
// is sent away when its time is up.
func TestTheGateLetsAsManyIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := DefaultLimits()
		limits.Concurrency, limits.Timeout = 1, 10*time.Second
		leave := make(chan struct{})
		handler := NewGate(limits).Admit(func(context.Context) string { return "" }, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-leave }))
		ask := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			go handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
			synctest.Wait()
			return w
		}
		first, second := ask(), ask()
		leave <- struct{}{}
		leave <- struct{}{} // the second has its turn
		synctest.Wait()
		require.Equal(t, []int{http.StatusOK, http.StatusOK}, []int{first.Code, second.Code})

		ask()
		late := ask()
		time.Sleep(limits.Timeout)
		synctest.Wait()
		require.Equal(t, http.StatusServiceUnavailable, late.Code)
		require.Equal(t, "5", late.Header().Get("Retry-After"))
		require.Contains(t, late.Body.String(), "query::concurrency = 1")
		leave <- struct{}{}
	})
}

// asks returns how somebody asks a gate whose requests run as long as running says.
func asks(t *testing.T, running func(*http.Request), change ...func(*Limits)) (ask func(who string) *httptest.ResponseRecorder) {
	t.Helper()
	type key struct{}
	limits := DefaultLimits()
	limits.Concurrency = 1
	for _, c := range change {
		c(&limits)
	}
	name := func(ctx context.Context) string { return ctx.Value(key{}).(string) }
	handler := NewGate(limits).Admit(name, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { running(r) }))
	return func(who string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(context.WithValue(t.Context(), key{}, who), http.MethodGet, "/", http.NoBody))
		return w
	}
}

func TestAPrincipalHasAPartOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const runs = 100 * time.Millisecond
		ask := asks(t, func(*http.Request) { time.Sleep(runs) })
		took := func(who string) time.Duration {
			began := time.Now()
			require.Equal(t, http.StatusOK, ask(who).Code)
			return time.Since(began)
		}
		began := time.Now()
		require.Equal(t, runs, took("greedy"), "the first waits for nothing")
		for range 9 {
			require.Equal(t, runs*5/2, took("greedy"), "within the burst a place rests for one and a half times as long as it was used")
		}
		for range 990 {
			took("greedy")
		}
		require.InDelta(t, 400, time.Since(began).Seconds(), 10, "what follows the burst takes four times as long")
		require.Equal(t, runs, took("modest"), "of others nothing waits")
		time.Sleep(10 * time.Second)
		require.Equal(t, runs, took("greedy"), "and of it nothing, once it has been quiet")
		require.Equal(t, runs*5/2, took("greedy"), "when it has its burst again")
	})
}

// With more places for a principal its share grows: each is used for a part of the time.
func TestAPrincipalHasAPartOfTheTimeOfEachPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := asks(t, func(*http.Request) { time.Sleep(100 * time.Millisecond) }, func(l *Limits) { l.Concurrency = 8 })
		var asking sync.WaitGroup
		began := time.Now()
		for range 8 { // more than it has places
			asking.Go(func() {
				for range 50 {
					require.Equal(t, http.StatusOK, ask("greedy").Code)
				}
			})
		}
		asking.Wait()
		require.InDelta(t, 40, time.Since(began).Seconds(), 3, "40 s of queries on four places, a quarter of the time each")
	})
}

// Who writes a share of 1 has queries that follow each other at once.
func TestAPrincipalMayHaveAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := asks(t, func(*http.Request) { time.Sleep(time.Second) }, func(l *Limits) { l.PrincipalShare = 1 })
		began := time.Now()
		for range 100 {
			ask("greedy")
		}
		require.Equal(t, 100*time.Second, time.Since(began))
	})
}

func TestAPrincipalWaitsForItsPartWithinItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := asks(t, func(*http.Request) { time.Sleep(30 * time.Second) }) // of one that looks at no time
		require.Equal(t, http.StatusOK, ask("greedy").Code)
		w := ask("greedy")
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Contains(t, w.Body.String(), "query::principal_burst = 2s")
		require.Contains(t, w.Body.String(), "query::principal_share = 0.25")
		require.Equal(t, http.StatusOK, ask("modest").Code)
	})
}

// Of two who wait for one place, the second still has time to run.
func TestAPrincipalsQueryEndsBeforeOthersDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ran := map[string]time.Duration{}
		run := engine(t, DefaultLimits())
		var said error
		ask := asks(t, func(r *http.Request) {
			began := time.Now()
			<-r.Context().Done()
			ran[r.URL.Path] = time.Since(began)
			said = run(r.Context(), "usage_figure", 0, 0)
		})
		require.Equal(t, http.StatusOK, ask("greedy").Code)
		require.Equal(t, 5*time.Second, ran["/"])
		require.ErrorContains(t, said, "longer than the 5s that query::principal_timeout allows")
		ask("")
		require.Equal(t, 10*time.Second, ran["/"])
		require.ErrorContains(t, said, "longer than the 10s that query::timeout allows")
	})
}
