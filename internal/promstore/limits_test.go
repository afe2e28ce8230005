// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore/query"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// crowd is a store with as many organizations, of two series and three minutes.
func crowd(t *testing.T, organizations int, limits query.Limits) *Store {
	t.Helper()
	store := openStore(t, Settings{Queries: limits})
	for minute := range 3 {
		var all []usage.OrganizationFigures
		for i := range organizations {
			all = append(all, organization(fmt.Sprint("organization-", i), usage.Figure{Series: activeUsers, Value: float64(i)}, usage.Figure{Series: itemsTotal, Value: float64(i * minute)}))
		}
		require.NoError(t, store.Write(collection(minute, all...)))
	}
	return store
}

// ask posts a form to the API of a store.
func ask(t *testing.T, store *Store, path string, form url.Values) (status int, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	store.Handler().ServeHTTP(w, r)
	data, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	return w.Code, string(data)
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func nested(function, inner, arguments string, times int) string {
	return strings.Repeat(function+"(", times) + inner + strings.Repeat(arguments+")", times)
}

func TestQueriesAreRefusedByTheirShape(t *testing.T) {
	store := crowd(t, 500, query.Limits{})
	at := unix(noon.Add(2 * time.Minute))
	ten := strings.Repeat(`,"organization"`, 10)
	for name, c := range map[string]struct {
		query  string
		hours  int // of a range query by 10 s; 0: instant
		status int
		says   string
	}{
		"seven label_joins":              {query: nested("label_join", "usage_active_users", `,"organization",""`+ten, 7), status: 422, says: "max_memory_mib"},
		"label_replace by repetition":    {query: nested("label_replace", "usage_active_users", `,"organization","$1$1$1$1$1$1$1$1$1$1","organization",".*(.).*"`, 6), status: 422, says: "label_replace"},
		"a separator many times":         {query: `label_join(usage_active_users,"a","` + strings.Repeat("-", 40_000) + `"` + strings.Repeat(`,"b"`, 1000) + `)`, status: 422, says: "max_memory_mib"},
		"series that only counting made": {query: `label_join(count_values("v", vector(time())),"a","` + strings.Repeat("-", 20_000) + `"` + strings.Repeat(`,"b"`, 100) + `)`, hours: 24, status: 400, says: "max_memory_mib"},
		"many values at many steps":      {query: `count_values("v", usage_active_users * time())`, hours: 24, status: 422, says: "max_memory_mib"},
		"too long":                       {query: "1" + strings.Repeat("+1", 40_000), status: 400, says: "max_length"},
		"nested parentheses":             {query: nested("", "1", "", 300), status: 400, says: "max_depth"},
		"a chain":                        {query: "1" + strings.Repeat("+1", 300), status: 400, says: "max_depth"},
		"signs":                          {query: strings.Repeat("-", 300) + "usage_active_users", status: 400, says: "max_depth"},
		"many signs":                     {query: strings.Repeat("-", 20_000) + "usage_active_users", status: 400, says: "more than 5000 operators"},
		"many selectors":                 {query: `sum by (` + strings.Repeat("a,", 3) + `a) (topk(1,a)` + strings.Repeat(` or (a or a)`, 240) + `)`, status: 400, says: "max_selectors"},
		"a fine subquery":                {query: "max_over_time(vector(1)[100y:1ms])", status: 400, says: "max_steps"},
		"a subquery of subqueries":       {query: "max_over_time(max_over_time(max_over_time(vector(1)[1d:1m])[30d:1m])[30d:1m])", status: 400, says: "max_steps"},
		"long windows at many steps":     {query: "quantile_over_time(0.5, usage_active_users[30d:1m])", hours: 20, status: 400, says: "longer step"},
		"one window at many steps":       {query: "quantile_over_time(scalar(usage_active_users), usage_active_users[1y] @ 0)", hours: 24, status: 400, says: "longer step"},
		"a regex of repetitions":         {query: `usage_active_users{a=~"` + strings.Repeat("[^a]{1000}", 30) + `"}`, status: 400, says: "repeat less"},
		"a regex for long labels":        {query: `label_replace(label_join(usage_active_users,"a",""` + strings.Repeat(`,"organization"`, 40) + `),"a","$1","a","(` + strings.Repeat("(a|b?)*", 300) + `)")`, status: 422, says: "label_replace"},
	} {
		t.Run(name, func(t *testing.T) {
			path, form := "query", url.Values{"query": {c.query}, "time": {at}}
			if c.hours > 0 {
				path, form = "query_range", url.Values{"query": {c.query}, "start": {unix(noon.Add(time.Duration(-c.hours) * time.Hour))}, "end": {at}, "step": {"10"}}
			}
			status, body := ask(t, store, path, form)
			require.Equal(t, c.status, status, body)
			require.Contains(t, body, "query refused", body)
			require.Contains(t, body, c.says, body)
			require.Less(t, len(body), 1000, "an error is not as long as the query")
		})
	}
}

func TestParsingIsBoundedAsEvaluatingIs(t *testing.T) {
	store := crowd(t, 1, query.Limits{})
	for _, path := range []string{"parse_query", "format_query"} {
		status, body := ask(t, store, path, url.Values{"query": {strings.Repeat("(", 4000) + "1" + strings.Repeat(")", 4000)}})
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, body, "max_depth")
	}
	status, body := ask(t, store, "series", url.Values{"match[]": {`{a=~"` + strings.Repeat("[^a]{1000}", 30) + `"}`}})
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, body, "repeat less")
	status, body = ask(t, store, "query", url.Values{"query": {"1"}, "pad": {strings.Repeat("x", 1<<20)}})
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, body, "1048576 bytes")
}

func TestASubqueryWithoutStepTakesAMinute(t *testing.T) {
	status, body := ask(t, filled(t), "query", url.Values{"query": {`count_over_time(usage_active_users{organization="acme"}[3m:])`}, "time": {unix(noon.Add(2 * time.Minute))}})
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, `"3"]`)
}

func TestSeriesAreBoundedByMemory(t *testing.T) {
	limits := query.DefaultLimits()
	limits.Memory = 1
	store := crowd(t, 2000, limits)
	for path, form := range map[string]url.Values{
		"query":  {"query": {`{organization!=""}`}, "time": {unix(noon)}},
		"series": {"match[]": {`{organization!=""}`}},
	} {
		status, body := ask(t, store, path, form)
		require.Equal(t, http.StatusUnprocessableEntity, status, body)
		require.Contains(t, body, "more than the 1 that query::max_memory_mib allows", path)
	}
	status, body := ask(t, store, "query", url.Values{"query": {`{organization=~"organization-1."}`}, "time": {unix(noon)}})
	require.Equal(t, http.StatusOK, status, body)
}

func TestSamplesAreBounded(t *testing.T) {
	limits := query.DefaultLimits()
	limits.Samples = 100
	status, body := ask(t, crowd(t, 200, limits), "query", url.Values{"query": {"usage_active_users"}, "time": {unix(noon)}})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, body, "more than the 100 at once that query::max_samples allows")
}

func TestTheTimeIsUpWithinOneSeries(t *testing.T) {
	store := openStore(t, Settings{Bulk: true})
	const looks = 256 // samples between two looks at the time
	const samples = 20 * looks
	for minute := range samples {
		require.NoError(t, store.Write(collection(minute, organization("acme", usage.Figure{Series: activeUsers, Value: 1}))))
	}
	q, err := query.Reader{SampleAndChunkQueryable: reader{store}, Limits: query.DefaultLimits()}.Querier(0, 1<<62)
	require.NoError(t, err)
	defer func() { require.NoError(t, q.Close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	set := q.Select(ctx, true, nil, labels.MustNewMatcher(labels.MatchEqual, "organization", "acme"))
	require.True(t, set.Next())
	it := set.At().Iterator(nil)
	cancel()
	read := 0
	for it.Next() != 0 {
		read++
	}
	require.ErrorContains(t, it.Err(), "query was canceled in reading")
	require.Less(t, read, looks)
	require.NoError(t, set.Err())
}

func TestRequestsWaitForAPlaceWithinTheirTime(t *testing.T) {
	limits := query.DefaultLimits()
	limits.Concurrency, limits.Timeout = 1, 50*time.Millisecond
	working, goOn := make(chan struct{}), make(chan struct{})
	handler := query.NewGate(limits).Admit(shareOf, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(working)
		<-goOn
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/v1/query", http.NoBody))
	}()
	<-working
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/query", http.NoBody))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "5", w.Header().Get("Retry-After"))
	require.Contains(t, w.Body.String(), "query::concurrency = 1")
	close(goOn)
	<-done
}

func TestLimitsThatAllowNothing(t *testing.T) {
	require.NoError(t, query.DefaultLimits().Validate())
	err := query.Limits{Depth: -1}.Validate()
	for _, says := range []string{"timeout: 0s", "principal_timeout: 0s", "principal_share: 0", "concurrency: 0", "max_length: 0", "max_depth: -1", "max_selectors: 0", "max_steps: 0", "max_samples: 0", "max_memory_mib: 0"} {
		require.ErrorContains(t, err, says)
	}
}
