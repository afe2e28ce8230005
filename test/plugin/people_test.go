// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/admission/admissiontest"
)

// named are the demo's organizations with their names, and janes those of which
// she is csm.
var (
	named = map[string]string{"acme": "Acme GmbH", "brightpost": "Brightpost", "nordhafen": "Nordhafen", "kaveri": "Kaveri", "learnwell": "Learnwell", "tasman": "Tasman"}
	janes = []string{"acme", "brightpost", "nordhafen"}
)

// client is who asks over HTTP, with the columns of docs/security.md that say
// what they get of an organization that they see and of one that they do not.
type client struct {
	token           string
	sees            []string
	itsOwn, another string
	ofStore         string
}

var clients = map[string]client{
	"operator": {operatorToken, slices.Sorted(maps.Keys(named)), "admin of all", "admin of all", "viewer of all"},
	"jane":     {janesToken, janes, "its csm", "viewer of another", "its csm"},
}

func (s *server) get(t *testing.T, token, address string) (status int, body string) {
	t.Helper()
	return s.send(t, token, http.MethodGet, address, "")
}

func (s *server) send(t *testing.T, token, method, address, text string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(text))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	if text != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	require.NoError(t, err)
	read, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode, string(read)
}

// shows holds that a text has the organizations that are seen, where it lists
// them, and nothing of others.
func shows(t *testing.T, who client, body string, lists bool, what string) {
	t.Helper()
	for id, name := range named {
		there := strings.Contains(body, id) || strings.Contains(body, name)
		if !slices.Contains(who.sees, id) {
			require.False(t, there, "%s has something of %s", what, id)
		} else if lists {
			require.True(t, there, "%s has nothing of %s", what, id)
		}
	}
}

// store asks every route of the store.
func (s *server) store(t *testing.T) {
	columns, rows := admissiontest.Matrix(t, "The matrix of the store")
	now := s.now()
	within := fmt.Sprintf("start=%d&end=%d", now.From.Unix(), now.To.Unix())
	everything := url.QueryEscape(`group by (organization, name) ({organization!~"|__none__"}) or usage_organization_info or label_replace(usage_organization_info, "copy", "$1", "organization", "(.*)")`)
	queries := map[string]string{
		"/":                           "",
		"/api/v1/query":               "query=" + everything + fmt.Sprintf("&time=%d", now.To.Unix()),
		"/api/v1/query_range":         "query=" + everything + "&step=600&" + within,
		"/api/v1/format_query":        "query=up",
		"/api/v1/parse_query":         "query=up",
		"/api/v1/series":              "match[]=usage_organization_info&" + within,
		"/api/v1/labels":              within,
		"/api/v1/label/{name}/values": within,
	}
	lists := []string{"/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/label/{name}/values"}
	for name, who := range clients {
		column := slices.Index(columns, who.ofStore)
		require.GreaterOrEqual(t, column, 0)
		for route, row := range rows {
			method, path, _ := strings.Cut(route, " ")
			address := "http://" + s.Store + strings.Replace(path, "{name}", "organization", 1) + "?" + queries[path]
			status, body := s.send(t, who.token, method, address, "")
			require.Equal(t, row[column], fmt.Sprint(status), "%s as %s: %s", route, name, body)
			shows(t, who, body, slices.Contains(lists, path), route+" as "+name)
		}
	}
	for _, expr := range []string{
		`usage_organization_info{organization="learnwell"}`, `{organization=~"learnwell|kaveri"}`, `usage_organization_info{name=~"Learn.*"}`, `last_over_time(usage_organization_info{organization="learnwell"}[1h:1m] @ end())`,
	} {
		_, body := s.get(t, janesToken, "http://"+s.Store+"/api/v1/query?query="+url.QueryEscape(expr))
		require.JSONEq(t, `{"status":"success","data":{"resultType":"vector","result":[]}}`, body, expr)
		_, body = s.get(t, operatorToken, "http://"+s.Store+"/api/v1/query?query="+url.QueryEscape(expr))
		require.Contains(t, body, "learnwell", expr)
	}
}

// usageAPI asks every route of API and pages that changes nothing, of an
// organization of jane's and of one that is not.
func (s *server) usageAPI(t *testing.T) {
	columns, rows := admissiontest.Matrix(t, "The matrix")
	ids := map[string]string{} // of schedules, by organization
	for _, organization := range []string{"acme", "learnwell"} {
		body := fmt.Sprintf(`{"name":"Bill of %s","report":"billing","organization":%q,"formats":["csv"],"recipients":["directory"],"cadence":"monthly"}`, named[organization], organization)
		status, made := s.send(t, operatorToken, http.MethodPost, "http://"+s.API+"/api/v1/schedules", body)
		require.Equal(t, http.StatusCreated, status, made)
		var schedule struct{ Data struct{ ID string } }
		require.NoError(t, json.Unmarshal([]byte(made), &schedule))
		ids[organization] = schedule.Data.ID
	}
	defer func() {
		for _, id := range ids {
			status, body := s.send(t, operatorToken, http.MethodDelete, "http://"+s.API+"/api/v1/schedules/"+id, "")
			require.Equal(t, http.StatusOK, status, body)
		}
	}()
	queries := map[string]string{
		"/reports/{kind}":                                 "period=current",
		"/api/v1/reports/{kind}":                          "period=current",
		"/api/v1/organizations/{organization}/users":      "window=month&limit=5",
		"/api/v1/organizations/{organization}/explain":    "meter=active_learners&window=month",
		"/api/v1/organizations/{organization}/statements": "window=month",
	}
	lists := []string{"/", "/api/v1/organizations", "/api/v1/reports/{kind}", "/reports/{kind}"}
	asked := 0
	for name, who := range clients {
		for _, organization := range []string{"acme", "learnwell"} {
			column := slices.Index(columns, who.another)
			if slices.Contains(who.sees, organization) {
				column = slices.Index(columns, who.itsOwn)
			}
			require.GreaterOrEqual(t, column, 0)
			for route, row := range rows {
				method, path, _ := strings.Cut(route, " ")
				if method != http.MethodGet {
					continue
				}
				want, _, _ := strings.Cut(row[column], " ")
				if want == "200" && strings.Contains(path, "{transfer}") {
					want = "409" // who is let in is told that this ledger is no shard
				}
				for _, kind := range []string{"usage-summary", "billing", "activity"} {
					target := strings.NewReplacer("{organization}", organization, "{transfer}", organization, "{schedule}", ids[organization], "{kind}", kind).Replace(path)
					status, body := s.get(t, who.token, "http://"+s.API+target+"?"+queries[path])
					require.Equal(t, want, fmt.Sprint(status), "%s as %s: %s", target, name, body)
					if status != http.StatusOK { // it says again what was asked for
						body = strings.NewReplacer(ids[organization], "", organization, "").Replace(body)
					}
					shows(t, who, body, slices.Contains(lists, path), target+" as "+name)
					asked++
					if !strings.Contains(path, "{kind}") {
						break
					}
				}
			}
		}
	}
	require.Greater(t, asked, 60)
	absent, _ := s.get(t, janesToken, "http://"+s.API+"/api/v1/organizations/nobody/figures")
	hidden, _ := s.get(t, janesToken, "http://"+s.API+"/api/v1/organizations/learnwell/figures")
	require.Equal(t, absent, hidden)
}
