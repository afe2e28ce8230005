// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/admission/admissiontest"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore/query"
)

// targets of a route is a request that it answers.
func targetOfRoute(pattern string) (method, target string) {
	method, path, _ := strings.Cut(pattern, " ")
	values := url.Values{"query": {"usage_active_users"}, "match[]": {"usage_active_users"}, "start": {unix(noon)}, "end": {unix(noon)}, "step": {"60"}, "time": {unix(noon)}}
	if path == "/" || strings.HasPrefix(path, "/-/") || strings.HasPrefix(path, "/api/v1/status") {
		return method, path
	}
	return method, strings.Replace(path, "{name}", "organization", 1) + "?" + values.Encode()
}

func TestTheMatrixOfTheStore(t *testing.T) {
	store := inhabited(t, func(string) bool { return true })
	h := store.Handler()
	routes := []string{"GET /", "GET /-/healthy", "GET /-/ready"}
	for _, way := range apiRoutes {
		require.NotZero(t, way.needs, way.pattern)
		routes = append(routes, way.pattern)
	}
	clients, rows := admissiontest.Matrix(t, "The matrix of the store")
	require.Len(t, rows, len(routes), "docs/security.md has routes that are not there")
	known := map[string]string{"no credentials": "", "no principal": "stranger", "delegate": "plugin", "viewer of another": "portal", "viewer of it": "jane", "its csm": "jane", "delegate for its csm": "plugin", "viewer of all": "root"}
	for _, pattern := range routes {
		row, listed := rows[pattern]
		require.True(t, listed, "docs/security.md: the matrix of the store has no row for %s", pattern)
		require.Len(t, row, len(clients), pattern)
		method, target := targetOfRoute(pattern)
		for i, client := range clients {
			var header []string
			asked := h
			switch client {
			case "without `auth`":
				store.settings.Admit, header = nil, nil
				asked = store.Handler()
			case "delegate for its csm":
				header = []string{access.OnBehalfOf, "name=jane"}
			}
			w := answered(asked, known[client], method, target, "", header...)
			if client == "without `auth`" {
				store.settings.Admit = namedByHeader(t)
			}
			require.Equal(t, row[i], strconv.Itoa(w.Code), "%s of %s: %s", pattern, client, w.Body)
			require.Equal(t, w.Code == http.StatusUnauthorized, w.Header().Get("WWW-Authenticate") == "Bearer")
			if client != "viewer of all" && client != "without `auth`" && w.Code == http.StatusOK {
				require.NotContains(t, w.Body.String(), "birch", "%s of %s", pattern, client)
			}
		}
	}
}

// hostile are parameters that try to get at more, in each way in which a route is told
// of what it is asked.
func hostile() (all []string) {
	for i, selector := range []string{
		``, `{organization="birch"}`, `{"organization"="birch"}`, `{organization=~".*"}`, `{__name__=~".+"}`, `only_birch`, `{organization=""}`, `{organization!="acme"}`, `usage_active_users`, `{"na me/日本"}`, `ALERTS`,
		`{organization="acme"} or {organization="birch"}`, `usage_active_users{`, `{organization=~"acme|birch"}`, "{organization=\"birch\x00\"}", `{}`, `absent(only_birch)`, `count({__name__!=""})`,
	} {
		text := url.QueryEscape(selector)
		for _, times := range []string{"&time=" + unix(noon), "&start=" + unix(noon) + "&end=" + unix(noon.Add(inhabitedMinutes*60e9)) + "&step=60&time=" + unix(noon.Add(8*60e9)), "&start=0&end=99999999999&step=1e9&time=0", "&start=x&end=y&step=z&time=x"} {
			all = append(all, "match[]="+text+"&query="+text+times)
		}
		all = append(all, "match[]="+text+"&match[]=usage_active_users&query=usage_active_users&query="+text, []string{"limit=2", "limit=-1", "lookback_delta=1e9", "timeout=1ns", "stats=all"}[i%5]+"&query="+text+"&time="+unix(noon))
	}
	for _, extra := range []string{
		"", "organization=birch", "tenant=birch", "extra_label=organization%3Dbirch", "extra_filters[]=%7Borganization%3D%22birch%22%7D", "dedup=false", "type=alert", "type=record", "rule_name[]=Everybody", "rule_group[]=tenants",
		"exclude_alerts=true", "group_limit=1", "match_target=%7B%7D", "metric=only_birch", "metric=usage_active_users", "limit_per_metric=0", "state=any", "query=%zz", "match[]=%00", ";match[]=only_birch",
	} {
		all = append(all, extra, "match[]=usage_active_users&query=usage_active_users&time="+unix(noon)+"&"+extra)
	}
	return all
}

// TestEachEndpointIsThatOfAStoreWithoutTheOthers asks each route, in each way, with
// parameters that try to get at more, over a store of all and over one that has
// nothing but what the client may read: the answers have to be the same in each byte.
func TestEachEndpointIsThatOfAStoreWithoutTheOthers(t *testing.T) {
	all := inhabited(t, func(string) bool { return true }).Handler()
	for name, theirs := range readers {
		own := inhabited(t, func(id string) bool { return slices.Contains(theirs, id) }).Handler()
		found := 0
		same := func(by, method, target, form string, header ...string) {
			want := answered(own, by, method, target, form, header...)
			got := answered(all, name, method, target, form, header...)
			require.Equal(t, want.Code, got.Code, "%s %s %s", method, target, form)
			require.Equal(t, timings.ReplaceAllString(want.Body.String(), "0"), timings.ReplaceAllString(got.Body.String(), "0"), "%s %s %s", method, target, form)
			if strings.Contains(got.Body.String(), "acme") || strings.Contains(got.Body.String(), "x|y") {
				found++
			}
		}
		for _, way := range apiRoutes {
			method, pattern, _ := strings.Cut(way.pattern, " ")
			by := "root" // who sees all of a store without the others
			switch pattern {
			case "/api/v1/rules", "/api/v1/alerts":
				by = name // it is told less of rules, also of its own alerts
			}
			if way.needs != seeAny {
				by = name
			}
			for _, path := range named(pattern) {
				for _, parameters := range hostile() {
					if strings.HasSuffix(path, "/metadata") && strings.Contains(parameters, "limit=2") {
						continue // Prometheus takes any two
					}
					if method == http.MethodPost {
						same(by, method, path, parameters)
						same(by, method, path+"?match[]=only_birch&query=only_birch", parameters)
						continue
					}
					same(by, method, path+"?"+parameters, "")
				}
				same(by, method, path+"?match[]=usage_active_users&query=usage_active_users&time="+unix(noon), "", "X-Scope-OrgID", "birch", "X-Grafana-User", "root", "Cookie", "Authorization=root", "X-Original-URL", "/api/v1/query?query=only_birch")
			}
		}
		require.Equal(t, name != "none", found > 500, "%s: %d", name, found)
		for _, target := range closedTargets {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
				same(name, method, target, "")
				require.NotEqual(t, http.StatusOK, answered(all, name, method, target, "").Code, "%s %s", method, target)
			}
		}
	}
	require.Contains(t, answered(all, "jane", http.MethodGet, "/api/v1/alerts", "").Body.String(), `größe has 1`)
	require.Contains(t, answered(all, "jane", http.MethodGet, "/api/v1/rules", "").Body.String(), `"name":"Busy"`)
	require.NotContains(t, answered(all, "jane", http.MethodGet, "/api/v1/rules", "").Body.String(), `Everybody`)
	require.NotContains(t, answered(all, "jane", http.MethodGet, "/api/v1/rules", "").Body.String(), `sum(usage_active_users)`)
	require.Contains(t, answered(all, "root", http.MethodGet, "/api/v1/rules", "").Body.String(), `sum(usage_active_users)`)
	require.Contains(t, answered(all, "root", http.MethodGet, "/api/v1/rules", "").Body.String(), `Everybody`)
	require.Contains(t, answered(all, "jane", http.MethodGet, "/api/v1/metadata", "").Body.String(), `usage_active_users`)
}

// timings are in the statistics of a query.
var timings = regexp.MustCompile(`"\w+Time":[0-9.e-]+`)

// named returns the paths of a pattern, in several spellings where it has a name.
func named(pattern string) (paths []string) {
	if !strings.Contains(pattern, "{name}") {
		return []string{pattern, strings.Replace(pattern, "v1", "%761", 1)}
	}
	for _, name := range []string{"organization", "__name__", "only", "meter", "U__la_20_bel", "%6frganization", "x%2F..%2F", "organization%00", ""} {
		paths = append(paths, strings.Replace(pattern, "{name}", name, 1))
	}
	return paths
}

// closedTargets are what Prometheus would answer and this store does not, and other ways
// to spell what it does.
var closedTargets = []string{
	"/federate?match[]=only_birch", "/api/v1/federate?match[]=only_birch", "/api/v1/query_exemplars?query=only_birch&start=0&end=9e9", "/api/v1/targets", "/api/v1/targets/metadata", "/api/v1/scrape_pools", "/api/v1/read", "/api/v1/write", "/api/v1/otlp/v1/metrics",
	"/api/v1/admin/tsdb/delete_series?match[]=only_birch", "/api/v1/admin/tsdb/snapshot", "/api/v1/admin/tsdb/clean_tombstones", "/api/v1/status/walreplay", "/api/v1/status/tsdb/blocks", "/api/v1/status/self_metrics", "/api/v1/notifications", "/api/v1/notifications/live",
	"/api/v1/features", "/api/v1/search/metric_names", "/api/v1/search/label_values?label=organization", "/api/v1/openapi.yaml", "/metrics", "/debug/pprof/", "/-/reload", "/-/quit", "/config", "/graph",
	"/api/v1//query?query=only_birch", "/api/v1/./query?query=only_birch", "/api/v1/x/../query?query=only_birch", "//api/v1/query?query=only_birch", "/api/v1%2Fquery?query=only_birch", "/api%2Fv1/query?query=only_birch", "/api/v1/query/?query=only_birch", "/api/v1/query%3Fquery=only_birch",
	"/API/v1/query?query=only_birch", "/api/v1/query;x?query=only_birch", "/api/v1/query%00?query=only_birch", "/api/v1/label/organization%2Fvalues", "/api/v1/label/organization/../__name__/values", "/api/v1/label//values",
}

// Bad input gets a status, the remedy, and nothing of anybody else.
func TestBadInputIsToldTheRemedyAndNothingOfOthers(t *testing.T) {
	store := inhabited(t, func(string) bool { return true })
	h := store.Handler()
	const none = `{"status":"success","data":{"resultType":"vector","result":[]}}`
	at := "&time=" + unix(noon)
	for name, test := range map[string]struct {
		who, target, person string
		status              int
		says                string
	}{
		"no credentials":                      {"", "/api/v1/labels", "", 401, "not authenticated: send the credentials that auth asks for"},
		"no principal":                        {"stranger", "/api/v1/labels", "", 403, "ask for an entry there by one of your claims: name"},
		"a delegate that names nobody":        {"plugin", "/api/v1/labels", "", 403, "name the person that you ask for in the header Usage-On-Behalf-Of"},
		"a person without rights":             {"plugin", "/api/v1/labels", "name=stranger", 403, "none of the catalogue's principals gives the person a right"},
		"a person that nobody may name":       {"jane", "/api/v1/labels", "name=root", 403, "only a principal with role delegate may ask on behalf of somebody"},
		"the whole store":                     {"jane", "/api/v1/status/tsdb", "", 403, `it needs a principal of all organizations`},
		"no PromQL":                           {"jane", "/api/v1/query?query=only_birch%7B" + at, "", 400, "parse error: unexpected end of input inside braces"},
		"no selector":                         {"jane", "/api/v1/series?match[]=only_birch%7D", "", 400, "parse error"},
		"an experimental function":            {"jane", "/api/v1/query?query=info(only_birch)" + at, "", 400, "is not enabled"},
		"no query":                            {"jane", "/api/v1/query", "", 400, "no expression found in input"},
		"another's organization in a matcher": {"jane", "/api/v1/query?query=" + url.QueryEscape(`usage_active_users{organization="birch"}`) + at, "", 200, none},
		"another's organization in a path":    {"jane", "/api/v1/label/birch/values", "", 200, `"data":[]`},
		"encoded":                             {"jane", "/api/v1/label/%62irch%2Fvalues", "", 404, ""},
		"no such route":                       {"jane", "/api/v1/targets", "", 404, "404 page not found"},
	} {
		var header []string
		if test.person != "" {
			header = []string{access.OnBehalfOf, test.person}
		}
		w := answered(h, test.who, http.MethodGet, test.target, "", header...)
		require.Equal(t, test.status, w.Code, "%s: %s", name, w.Body)
		require.Contains(t, strings.ReplaceAll(w.Body.String(), `\"`, `"`), test.says, name)
		require.NotContains(t, w.Body.String(), "acme", name)
		require.NotContains(t, w.Body.String(), "größe", name)
	}
	require.NoError(t, store.Close())
	for _, target := range []string{"/api/v1/query?query=up", "/api/v1/labels", "/api/v1/rules", "/api/v1/alerts", "/api/v1/metadata"} {
		w := answered(h, "jane", http.MethodGet, target, "")
		require.Equal(t, http.StatusServiceUnavailable, w.Code, "%s: %s", target, w.Body)
		require.Contains(t, w.Body.String(), "the store is closed for now: try again", target)
	}
	require.Equal(t, http.StatusUnauthorized, answered(h, "", http.MethodGet, "/api/v1/rules", "").Code, "who asks is found out first")
}

func TestWhatIsReadWithoutAPrincipalIsNothing(t *testing.T) {
	store := inhabited(t, func(string) bool { return true })
	q, err := boundReader{reader{store}}.Querier(0, 1<<62)
	require.NoError(t, err)
	names, _, err := q.LabelNames(context.Background(), nil)
	require.NoError(t, err)
	require.Empty(t, names)
	require.NoError(t, q.Close())
	chunks, err := boundReader{reader{store}}.ChunkQuerier(0, 1<<62)
	require.NoError(t, err)
	found := chunks.Select(context.Background(), false, nil, labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".+")).Next()
	require.NoError(t, chunks.Close())
	require.False(t, found)
	require.NoError(t, store.Close())
	_, err = boundReader{reader{store}}.Querier(0, 1<<62)
	require.ErrorIs(t, err, tsdb.ErrNotReady)
	_, err = boundReader{reader{store}}.ChunkQuerier(0, 1<<62)
	require.ErrorIs(t, err, tsdb.ErrNotReady)
}

func TestWhoCannotBeFoundOutIsNotLetIn(t *testing.T) {
	store := openStore(t, Settings{Admit: func(*http.Request) (access.Principal, error) { return access.Unrestricted(), io.EOF }})
	w := answered(store.Handler(), "root", http.MethodGet, "/api/v1/labels", "")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "EOF")
}

// TestWhoHasAShareOfTheTime: every principal, and one that sees all as well.
func TestWhoHasAShareOfTheTime(t *testing.T) {
	store := openStore(t, Settings{Admit: namedByHeader(t)})
	of := func(who string, header ...string) (share string) {
		h := store.admit(seeAny, func(_ http.ResponseWriter, r *http.Request) { share = shareOf(r.Context()) })
		require.Equal(t, http.StatusOK, answered(h, who, http.MethodGet, "/", "", header...).Code)
		return share
	}
	require.Equal(t, "name=jane", of("jane"))
	require.Equal(t, "name=root", of("root"))
	require.Equal(t, "name=jane through name=plugin", of("plugin", access.OnBehalfOf, "name=jane"))
	require.Equal(t, "name=root through name=plugin", of("plugin", access.OnBehalfOf, "name=root"))
	store.settings.Admit = nil
	require.Empty(t, of(""), "where nobody authenticates nobody can be told from others")
}

func TestAPrincipalTakesTurnsWithOthers(t *testing.T) {
	limits := query.DefaultLimits()
	limits.Concurrency = 2
	working, goOn := make(chan string), make(chan struct{})
	h := query.NewGate(limits).Admit(shareOf, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		working <- shareOf(r.Context())
		<-goOn
	}))
	done := make(chan int)
	ask := func(who string) {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/query", http.NoBody)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), shareKey{}, who)))
		done <- w.Code
	}
	for range 33 {
		go ask("greedy")
	}
	require.Equal(t, "greedy", <-working)
	require.Equal(t, http.StatusTooManyRequests, <-done, "one more than may wait")
	go ask("modest")
	require.Equal(t, "modest", <-working, "the greedy one has one of two places, however much it asks for")
	close(goOn)
	for range 31 {
		require.Equal(t, "greedy", <-working)
	}
	for range 33 {
		require.Equal(t, http.StatusOK, <-done)
	}
}
