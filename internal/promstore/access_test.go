// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

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

// TestOtherEndpointsAreThoseOfAStoreWithoutTheOthers asks what is no query, with
// parameters that try to get at more.
func TestOtherEndpointsAreThoseOfAStoreWithoutTheOthers(t *testing.T) {
	all := inhabited(t, func(string) bool { return true }).Handler()
	var selectors []string
	for _, s := range []string{
		``, `{organization="birch"}`, `{"organization"="birch"}`, `{organization=~".*"}`, `{__name__=~".+"}`, `only_birch`, `{organization=""}`, `{organization!="acme"}`, `usage_active_users`, `{"na me/日本"}`, `ALERTS`,
		`{organization="acme"} or {organization="birch"}`, `usage_active_users{`, `{organization=~"acme|birch"}`, "{organization=\"birch\x00\"}", `{}`,
	} {
		selectors = append(selectors, "match[]="+url.QueryEscape(s))
	}
	selectors = append(selectors, "", selectors[3]+"&"+selectors[8], selectors[1]+"&match[]="+url.QueryEscape(`{organization="acme"}`))
	times := []string{"", "&start=" + unix(noon) + "&end=" + unix(noon.Add(inhabitedMinutes*60e9)), "&start=0&end=99999999999", "&limit=2", "&start=x"}
	extras := []string{"", "&organization=birch", "&tenant=birch", "&extra_label=organization%3Dbirch", "&extra_filters[]=%7Borganization%3D%22birch%22%7D", "&dedup=false"}
	for name, theirs := range readers {
		own := inhabited(t, func(id string) bool { return slices.Contains(theirs, id) }).Handler()
		found := 0
		same := func(by, method, target, form string, header ...string) {
			want := answered(own, by, method, target, form, header...)
			got := answered(all, name, method, target, form, header...)
			require.Equal(t, want.Code, got.Code, "%s %s %s", method, target, form)
			requireSameAnswer(t, want.Body.String(), got.Body.String(), theirs, method+" "+target+" "+form)
			if strings.Contains(got.Body.String(), "acme") || strings.Contains(got.Body.String(), "x|y") {
				found++
			}
		}
		for _, path := range []string{"series", "labels", "label/organization/values", "label/__name__/values", "label/only/values", "label/meter/values", "label/U__la_20_bel/values", "label/%6frganization/values", "label/x%2F..%2F/values"} {
			for _, match := range selectors {
				for _, at := range times {
					same("root", http.MethodGet, "/api/v1/"+path+"?"+match+at, "")
				}
			}
			for _, extra := range extras {
				same("root", http.MethodGet, "/api/v1/"+path+"?match[]=usage_active_users"+extra, "")
				same("root", http.MethodGet, "/api/v1/"+path+"?match[]=usage_active_users", "", "X-Scope-OrgID", "birch", "X-Grafana-User", "root", "Cookie", "Authorization=root")
			}
		}
		for _, path := range []string{"series", "labels"} {
			for _, match := range selectors {
				same("root", http.MethodPost, "/api/v1/"+path, match+times[1])
				same("root", http.MethodPost, "/api/v1/"+path+"?match[]=only_birch", match)
			}
		}
		for _, target := range []string{
			"/api/v1/metadata", "/api/v1/metadata?metric=only_birch", "/api/v1/metadata?metric=usage_active_users", "/api/v1/metadata?limit_per_metric=0", "/api/v1/alerts", "/api/v1/alerts?match[]=x",
			"/api/v1/rules", "/api/v1/rules?type=alert", "/api/v1/rules?type=record", "/api/v1/rules?rule_name[]=Everybody", "/api/v1/status/buildinfo", "/api/v1/status/tsdb", "/api/v1/alertmanagers", "/",
			"/federate?match[]=only_birch", "/api/v1/query_exemplars?query=only_birch", "/api/v1/targets", "/api/v1/read", "/api/v1//rules", "/api/v1/./query", "/api/v1/%71uery?query=only_birch",
			"/api/v1/parse_query?query=only_birch", "/api/v1/format_query?query=only_birch",
		} {
			same(name, http.MethodGet, target, "")
		}
		require.Equal(t, name != "none", found > 100, "%s: %d", name, found)
	}
	require.Contains(t, answered(all, "jane", http.MethodGet, "/api/v1/alerts", "").Body.String(), `größe has 1`)
	require.Contains(t, answered(all, "jane", http.MethodGet, "/api/v1/rules", "").Body.String(), `"name":"Busy"`)
	require.NotContains(t, answered(all, "jane", http.MethodGet, "/api/v1/rules", "").Body.String(), `Everybody`)
	require.Contains(t, answered(all, "root", http.MethodGet, "/api/v1/rules", "").Body.String(), `Everybody`)
	require.Contains(t, answered(all, "jane", http.MethodGet, "/api/v1/metadata", "").Body.String(), `usage_active_users`)
}

// requireSameAnswer compares byte for byte, but for lists of series: Prometheus makes
// those of alerts in no order, and lists series in the order in which they were made. Of
// a list that is cut short it is compared how long it is, and whose.
func requireSameAnswer(t *testing.T, want, got string, theirs []string, asked string) {
	t.Helper()
	listed := func(body string) (series []string) {
		var answer struct {
			Data []struct {
				Organization string `json:"organization"`
			}
		}
		var raw struct{ Data []json.RawMessage }
		if json.Unmarshal([]byte(body), &answer) != nil || json.Unmarshal([]byte(body), &raw) != nil || !strings.Contains(body, `"__name__":"ALERTS`) {
			return nil
		}
		for i, s := range answer.Data {
			require.Contains(t, theirs, s.Organization, asked)
			series = append(series, string(raw.Data[i]))
		}
		slices.Sort(series)
		return series
	}
	switch series := listed(want); {
	case series == nil:
		require.Equal(t, want, got, asked)
	case strings.Contains(asked, "limit="):
		require.Len(t, listed(got), len(series), asked)
	default:
		require.Equal(t, series, listed(got), asked)
	}
}

func TestWhatIsReadWithoutAPrincipalIsNothing(t *testing.T) {
	q, err := boundReader{reader{inhabited(t, func(string) bool { return true })}}.Querier(0, 1<<62)
	require.NoError(t, err)
	defer func() { require.NoError(t, q.Close()) }()
	names, _, err := q.LabelNames(context.Background(), nil)
	require.NoError(t, err)
	require.Empty(t, names)
	_, err = boundReader{}.ChunkQuerier(0, 1)
	require.ErrorIs(t, err, errNoChunks)
}

func TestWhoCannotBeFoundOutIsNotLetIn(t *testing.T) {
	store := openStore(t, Settings{Admit: func(*http.Request) (access.Principal, error) { return access.Unrestricted(), io.EOF }})
	w := answered(store.Handler(), "root", http.MethodGet, "/api/v1/labels", "")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "EOF")
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
