// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
)

func TestWhoAsksIsWhomGrafanaNames(t *testing.T) {
	asJane := settings{Alerting: "jane@example.com"}
	for name, test := range map[string]struct {
		user     *backend.User
		settings settings
		want     string
		err      error
	}{
		"a person":                              {&backend.User{Email: "ravi@example.com"}, asJane, "ravi@example.com", nil},
		"nobody":                                {nil, asJane, "", errNobody},
		"an anonymous visitor":                  {&backend.User{}, asJane, "", errNobody},
		"a person without an address":           {&backend.User{Login: "ravi", Name: "ravi@example.com"}, asJane, "", errNobody},
		"an alert rule for jane":                {&backend.User{Login: scheduler}, asJane, "jane@example.com", nil},
		"an alert rule for nobody":              {&backend.User{Login: scheduler}, settings{}, "", errNoAlerting},
		"a person who calls itself as alerting": {&backend.User{Login: scheduler, Email: "ravi@example.com"}, asJane, "ravi@example.com", nil},
	} {
		who, err := personOf(backend.PluginContext{User: test.user}, test.settings)
		require.ErrorIs(t, err, test.err, name)
		require.Equal(t, test.want, who.email, name)
	}
}

// asked is a server that notes what it is asked, and for whom.
func asked(t *testing.T) (address string, requests *[]string) {
	t.Helper()
	requests = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests = append(*requests, r.Method+" "+r.RequestURI+" "+r.Header.Get("Usage-On-Behalf-Of"))
		fmt.Fprint(w, `{"data":{"resultType":"vector","result":[]}}`)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

// call calls a resource as a user.
func (d *Datasource) call(t *testing.T, user *backend.User, method, path string) (status int, body string) {
	t.Helper()
	headers := map[string][]string{}
	for name, value := range forged {
		headers[name] = []string{value}
	}
	route, _, _ := strings.Cut(path, "?")
	require.NoError(t, d.CallResource(t.Context(), &backend.CallResourceRequest{PluginContext: backend.PluginContext{User: user, PluginID: ID}, Method: method, Path: route, URL: path, Headers: headers},
		backend.CallResourceResponseSenderFunc(func(part *backend.CallResourceResponse) error {
			status, body = max(status, part.Status), body+string(part.Body)
			return nil
		})))
	return status, body
}

func TestPathsOfTheUsageAPIAreMadeOfOneIDEach(t *testing.T) {
	api, requests := asked(t)
	d := open(t, settingsOf(api, api, embedded, token))
	const path, suffix = "/api/v1/organizations/", " email=jane%40example.com"
	for id, segment := range map[string]string{"acme": "acme", ".": "=.", "..": "=..", "=x": "==x", "a/../b": "a%2F..%2Fb", "a?b#c": "a%3Fb%23c", "%2e%2e": "%252e%252e"} {
		status, body := d.call(t, jane, http.MethodGet, "users?limit=5&organization="+url.QueryEscape(id))
		require.Equal(t, http.StatusOK, status, body)
		require.Equal(t, []string{"GET " + path + segment + "/users?limit=5" + suffix}, *requests)
		*requests = nil
	}
	for _, query := range []string{"", "?organization=", "?organization=acme&organization=birch", "?organisation=acme"} {
		status, body := d.call(t, jane, http.MethodGet, "users"+query)
		require.Equal(t, http.StatusBadRequest, status, query)
		require.JSONEq(t, `{"message":"organization: name one"}`, body)
	}
	for _, route := range []string{"DELETE users", "GET backup", "POST catalogue/accept", "DELETE organizations", "GET api/v1/access", "POST choices"} {
		method, path, _ := strings.Cut(route, " ")
		status, _ := d.call(t, jane, method, path+"?organization=acme")
		require.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, status, route)
	}
	require.Empty(t, *requests)
}

func TestNobodyIsAnsweredForNobody(t *testing.T) {
	api, requests := asked(t)
	d := open(t, settingsOf(api, api, embedded, token))
	for _, path := range []string{"access", "organizations", "users?organization=acme", "choices", "schedules"} {
		status, body := d.call(t, &backend.User{Login: "operator", Role: "Admin"}, http.MethodGet, path)
		require.Equal(t, http.StatusForbidden, status, path)
		require.Contains(t, body, "sign in with a user that has an e-mail address", path)
	}
	require.Empty(t, *requests)
}

// A store is asked for whom, and about what, the usage API has said; else not at all.
func TestAStoreIsAskedWithRightsOnly(t *testing.T) {
	address, requests := asked(t)
	base, err := url.Parse(address)
	require.NoError(t, err)
	var may rights
	var denied error
	s := &store{base: base, kind: embedded, client: http.DefaultClient, rights: func(_ context.Context, who person) (rights, error) { return may, denied }}
	ask := func(expression string) error {
		_, err := s.instant(t.Context(), person{"jane@example.com"}, expression, time.Unix(0, 0))
		return err
	}
	denied = errors.New("none of the catalogue's principals gives the person a right")
	require.ErrorIs(t, ask("up"), denied)
	denied = nil
	var refused *refusal
	require.ErrorAs(t, ask(`up{organization="birch"}}`), &refused)
	require.Equal(t, http.StatusBadRequest, refused.status)
	require.ErrorContains(t, refused, "no PromQL that can be bound to organizations")
	may.SeesAll = true
	require.ErrorContains(t, s.ask(t.Context(), person{}, "rules", "", nil, &answer{}), "asks no such endpoint")
	require.Empty(t, *requests)

	require.NoError(t, ask("up"))
	require.Equal(t, []string{"POST /api/v1/query email=jane%40example.com"}, *requests)
	s.base = &url.URL{Scheme: "http", Host: "no host"}
	require.ErrorContains(t, ask("up"), "invalid URL escape")
	s.base = nil
	require.ErrorIs(t, ask("up"), errNoStore)
}

// What is down is named, by its address in the settings, and nothing else is.
func TestWhatIsDownIsNamed(t *testing.T) {
	api, _ := asked(t)
	down := closed(t)
	within := backend.TimeRange{From: time.Unix(0, 0), To: time.Unix(60, 0)}
	query := map[string]any{"expr": `up{organization="acme"}`, "instant": true}
	for what, d := range map[string]*Datasource{"usage API": open(t, settingsOf(api, down, embedded, token)), "store": open(t, settingsOf(down, api, embedded, token))} {
		r := d.askOne(t, jane, forged, within, query)
		require.Equal(t, backend.StatusBadGateway, r.Status, what)
		require.ErrorContains(t, r.Error, "the "+what+" at "+strings.TrimPrefix(down, "http://")+" does not answer")
		require.NotContains(t, r.Error.Error(), "acme")
		require.Empty(t, r.Frames)
	}
	status, body := open(t, settingsOf(api, down, embedded, token)).call(t, jane, http.MethodGet, "users?organization=acme")
	require.Equal(t, http.StatusBadGateway, status)
	require.Contains(t, body, "the usage API at ")
	require.NotContains(t, body, "acme")
}
