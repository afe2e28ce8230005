// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/admission/admissiontest"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
)

// rights are the principals that the matrix asks for, by their username.
const rights = `
organizations:
  - {id: birch}
  - {id: acme, name: Acme GmbH, reseller: north, csm: [jane]}
principals:
  - {claim: username, value: viewer of another, role: viewer, organizations: [birch], resellers: [south]}
  - {claim: username, value: viewer of it, role: viewer, organizations: [acme]}
  - {claim: username, value: jane, role: csm}
  - {claim: username, value: its reseller, role: viewer, resellers: [north]}
  - {claim: username, value: admin of it, role: admin, organizations: [acme]}
  - {claim: username, value: admin of all, role: admin, organizations: ["*"]}
  - {claim: username, value: plugin, role: delegate}
  - {claim: email, value: jane, role: csm}
`

// guarded returns an API that asks for a name, over acme and birch.
func guarded(t *testing.T) (*API, *fakeBook) {
	t.Helper()
	b := closed()
	b.statuses = append(b.statuses, inquiry.Status{ID: "birch"})
	a := over(t, b)
	a.lists(t, rights)
	a.Authenticate, a.Challenge = named, "Basic"
	return a, b
}

func TestTheMatrix(t *testing.T) {
	clients, rows := admissiontest.Matrix(t, "The matrix")
	usernames := map[string]string{"its csm": "jane", "no principal": "stranger", "delegate": "plugin"} // others are their own
	routes := (&API{}).routes()
	require.Len(t, rows, len(routes), "docs/security.md has routes that are not there")
	for _, way := range routes {
		name := way.method + " " + way.path()
		row, listed := rows[name]
		require.True(t, listed, "docs/security.md: the matrix has no row for %s", name)
		require.Len(t, row, len(clients), name)
		for i, client := range clients {
			t.Run(name+"/"+client, func(t *testing.T) {
				a, _ := guarded(t)
				var header []string
				switch client {
				case "without `api::auth`":
					a.Authenticate = nil
				case "no credentials":
				case "delegate for its csm":
					header = append(as("plugin"), access.OnBehalfOf, "email=jane")
				default:
					username, given := usernames[client]
					if !given {
						username = client
					}
					header = as(username)
				}
				w := send(t, a, way, way.target(t, "acme"), header...)
				status, without, _ := strings.Cut(row[i], " ")
				require.Equal(t, status, strconv.Itoa(w.code), w.body)
				if w.code == http.StatusUnauthorized {
					require.Equal(t, "Basic", w.header.Get("WWW-Authenticate"))
				}
				if slices.ContainsFunc(row, func(cell string) bool { return strings.HasSuffix(cell, "without it") }) && w.code == http.StatusOK {
					require.Equal(t, without == "", strings.Contains(strings.ToLower(w.body), "acme"), w.body)
				}
			})
		}
	}
}

func TestADelegateSeesNothingByItself(t *testing.T) {
	a, _ := guarded(t)
	for _, target := range []string{"/", "/api/v1/organizations", "/api/v1/organizations/acme/figures"} {
		w := get(t, a, target, as("plugin")...)
		require.Equal(t, http.StatusForbidden, w.Code)
		require.Contains(t, w.Body.String(), "name the person that you ask for in the header Usage-On-Behalf-Of")
	}
}

func TestWhoHasNoRightIsToldTheRemedyAndNothingElse(t *testing.T) {
	a, _ := guarded(t)
	w := get(t, a, "/api/v1/organizations/acme/figures", as("stranger")...)
	require.JSONEq(t, `{"status":"error","errorType":"forbidden","error":"you are authenticated, and none of the catalogue's principals gives you a right: ask for an entry there by one of your claims: username"}`, w.Body.String())
	w = request(t, a, http.MethodDelete, "/api/v1/organizations/acme", as("viewer of it")...)
	require.JSONEq(t, `{"status":"error","errorType":"forbidden","error":"organization \"acme\": you may read it and not change it: that needs a principal with role admin that has it"}`, w.Body.String())
}

// What there is not and what is not yours is answered alike, whatever else is
// asked for.
func TestWhatMayNotBeSeenIsNotThere(t *testing.T) {
	a, b := guarded(t)
	b.statuses = append(b.statuses, inquiry.Status{ID: "none"})
	for _, way := range a.routes() {
		if !strings.Contains(way.pattern, "{organization}") {
			continue
		}
		for _, query := range []string{"", "?at=noon", "?meter=none", "?nonsense=1"} {
			hidden := request(t, a, way.method, way.target(t, "acme")+query, as("viewer of another")...)
			absent := request(t, a, way.method, way.target(t, "zzzz")+query, as("viewer of another")...)
			require.Equal(t, absent.Code, hidden.Code, way.pattern)
			require.Equal(t, absent.Header(), hidden.Header())
			require.Equal(t, strings.ReplaceAll(absent.Body.String(), "zzzz", "acme"), hidden.Body.String())
		}
	}
	require.Empty(t, b.erased)
}

func TestNoOtherPathLeadsPastTheGate(t *testing.T) {
	a, b := guarded(t)
	for _, way := range a.routes() {
		if way.needs == public {
			continue
		}
		path := way.target(t, "acme")
		for _, mangled := range []string{
			"/" + path, strings.ReplaceAll(path, "/", "//"), "/." + path, "/x/.." + path, path + "/", path + "/.", path + "%2f", path + "//", path + ";a", path + "%00",
			strings.ToUpper(path), strings.Replace(path, "api", "%61pi", 1), strings.ReplaceAll(path, "acme", "%61cme"),
			strings.ReplaceAll(path, "acme", "../acme"), strings.ReplaceAll(path, "acme", "birch%2F..%2Facme"), "http://other.example" + path,
		} {
			for _, header := range [][]string{nil, as("stranger"), as("viewer of another")} {
				w := serve(t, a.Handler(), way.method, mangled, "", header...)
				require.True(t, w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "acme"), "%s %s: %s", way.method, mangled, w.Body)
				if header == nil {
					require.NotEqual(t, http.StatusOK, w.Code, "%s %s", way.method, mangled)
				}
			}
		}
	}
	require.Empty(t, b.erased)
}

func TestRightsEndWithTheCatalogueThatGaveThem(t *testing.T) {
	a, _ := guarded(t)
	require.Equal(t, http.StatusOK, get(t, a, "/api/v1/organizations/acme/figures", as("jane")...).Code)
	a.lists(t, strings.Replace(rights, "csm: [jane]", "csm: [ravi]", 1))
	require.Equal(t, http.StatusNotFound, get(t, a, "/api/v1/organizations/acme/figures", as("jane")...).Code)
	a.lists(t, strings.Replace(rights, "value: jane", "value: ravi", 1))
	require.Equal(t, http.StatusForbidden, get(t, a, "/api/v1/organizations/acme/figures", as("jane")...).Code)
	require.Equal(t, http.StatusOK, request(t, a, http.MethodDelete, "/api/v1/organizations/acme", as("admin of it")...).Code)
	a.lists(t, strings.Replace(rights, "value: admin of it, role: admin", "value: admin of it, role: viewer", 1))
	w := request(t, a, http.MethodDelete, "/api/v1/organizations/acme", as("admin of it")...)
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Contains(t, w.Body.String(), "you may read it and not change it")
	a.Catalogue = func() Catalogue { return Catalogue{} }
	require.Equal(t, http.StatusForbidden, get(t, a, "/", as("admin of all")...).Code, "without a catalogue there are no principals")
}

// S4 of the list of attacks: what a client says of itself is no claim.
func TestOnlyTheAuthenticatorSaysWhoAsks(t *testing.T) {
	a, _ := guarded(t)
	for _, claimed := range [][]string{
		{"username", "admin of all"}, {"X-Forwarded-User", "admin of all"}, {"X-Scope-OrgID", "acme"}, {"X-Grafana-User", "admin of all"},
		{"X-Grafana-Org-Id", "1"}, {"Cookie", "username=admin of all"}, {"Forwarded", "for=127.0.0.1"}, {"X-Original-URL", "/-/ready"}, {"X-HTTP-Method-Override", "GET"},
	} {
		require.Equal(t, http.StatusUnauthorized, get(t, a, "/api/v1/organizations/acme/figures", claimed...).Code, claimed)
		w := get(t, a, "/api/v1/organizations", append(as("viewer of another"), claimed...)...)
		require.Equal(t, get(t, a, "/api/v1/organizations", as("viewer of another")...).Body.String(), w.Body.String())
	}
	for _, query := range []string{"organization=acme", "tenant=acme", "extra_label=organization%3Dacme", "extra_filters[]=a", "username=admin+of+all"} {
		w := get(t, a, "/api/v1/organizations?"+query, as("viewer of another")...)
		require.Equal(t, http.StatusBadRequest, w.Code, query)
		require.Contains(t, w.Body.String(), "no such parameter: there are none here")
	}
}

func TestCredentialsInTheQueryAreNoParameters(t *testing.T) {
	a, _ := guarded(t)
	a.Credentials = []string{"token"}
	a.Authenticate = func(r *http.Request) (access.Claims, error) {
		return access.Claims{"username": {r.URL.Query().Get("token")}}, nil
	}
	require.Equal(t, http.StatusOK, get(t, a, "/api/v1/organizations?token=jane").Code)
	require.Equal(t, http.StatusForbidden, get(t, a, "/api/v1/organizations?token=joe").Code)
}

func TestARouteWithoutANeedIsNotServed(t *testing.T) {
	a, _ := guarded(t)
	for _, r := range []route{
		{"GET", "/open", 0, healthy, nil}, {"GET", "/open", writeAll + 1, healthy, nil}, {"GET", "/open", seeOne, healthy, nil},
		{"GET", "/open/{organization}", seeAny, healthy, nil}, {"GET", "/open/{organization}", public, healthy, nil},
		{"GET", "/open", public, healthy, []string{"organization"}},
	} {
		require.PanicsWithValue(t, "GET "+r.pattern+": say what it needs, of the organization that it names if it names one", func() { a.serve([]route{r}) })
	}
}

func TestNeeds(t *testing.T) {
	a, _ := guarded(t)
	for need, allowed := range map[need][]string{
		seeAny:   {"viewer of another", "viewer of it", "jane", "its reseller", "admin of it", "admin of all"},
		seeOne:   {"viewer of it", "jane", "its reseller", "admin of it", "admin of all"},
		writeOne: {"admin of it", "admin of all"},
		writeAll: {"admin of all"},
	} {
		pattern := "/of"
		if need == seeOne || need == writeOne {
			pattern = "/of/{organization}"
		}
		h, target := a.serve([]route{{"GET", pattern, need, healthy, nil}}), strings.Replace(pattern, "{organization}", "acme", 1)
		for _, client := range []string{"stranger", "plugin", "viewer of another", "viewer of it", "jane", "its reseller", "admin of it", "admin of all"} {
			w := serve(t, h, http.MethodGet, target, "", as(client)...)
			require.Equal(t, slices.Contains(allowed, client), w.Code == http.StatusOK, "%d %s: %s", need, client, w.Body)
		}
	}
}

func TestAnOrganizationInAParameterIsGuardedAsOneInThePath(t *testing.T) {
	a, _ := guarded(t)
	var asked string
	h := a.serve([]route{{"GET", "/report", seeAny, func(_ http.ResponseWriter, r *admitted) error {
		asked = r.Organization
		return nil
	}, []string{"organization"}}})
	require.Equal(t, http.StatusOK, serve(t, h, http.MethodGet, "/report?organization=acme%20", "", as("viewer of it")...).Code)
	require.Equal(t, "acme", asked)
	require.Equal(t, http.StatusNotFound, serve(t, h, http.MethodGet, "/report?organization=birch", "", as("viewer of it")...).Code)
	require.Equal(t, http.StatusOK, serve(t, h, http.MethodGet, "/report", "", as("viewer of it")...).Code)
	require.Empty(t, asked)
}

func TestWhyTheLedgerIsNotReadyIsToldToThoseWhoSeeAll(t *testing.T) {
	a, b := guarded(t)
	b.failure = os.ErrPermission
	require.Contains(t, get(t, a, "/-/ready").Body.String(), `"usage ledger unavailable: /api/v1/status says why"`)
	require.Contains(t, get(t, a, "/api/v1/status", as("admin of all")...).Body.String(), `"reason":"permission denied"`)
	for _, target := range []string{"/api/v1/status", "/"} {
		w := get(t, a, target, as("jane")...)
		require.Contains(t, w.Body.String(), "usage ledger unavailable")
		require.NotContains(t, w.Body.String(), "permission denied")
	}
}

func TestTheStateOfTheInstallationIsShownToThoseWhoSeeAll(t *testing.T) {
	a, _ := guarded(t)
	c := a.Catalogue()
	c.Err, c.Failed = os.ErrInvalid, at
	a.Catalogue = func() Catalogue { return c }
	a.Collector = func() Collector {
		return Collector{Warnings: []string{"a doubt"}, OTLP: "http://otlp.example", Store: "http://store.example"}
	}
	for _, target := range []string{"/", "/api/v1/status"} {
		all, part := get(t, a, target, as("admin of all")...).Body.String(), get(t, a, target, as("jane")...).Body.String()
		for _, text := range []string{"a doubt", "atalogue", os.ErrInvalid.Error()} {
			require.Contains(t, all, text, target)
			require.NotContains(t, part, text, target)
		}
		require.NotContains(t, part, ".example", target)
	}
	require.Contains(t, get(t, a, "/", as("admin of all")...).Body.String(), "http://store.example")
}

// A person that is named is a delegate's to name, and never left out silently.
func TestOnlyADelegateAsksForSomebodyElse(t *testing.T) {
	a, _ := guarded(t)
	const figures = "/api/v1/organizations/acme/figures"
	for _, test := range []struct {
		who, person string
		status      int
		says        string
	}{
		{"plugin", "email=jane", http.StatusOK, ""},
		{"plugin", "email=joe", http.StatusForbidden, "none of the catalogue's principals gives the person a right: ask for an entry there by one of these claims: email"},
		{"plugin", "username=admin of all", http.StatusForbidden, `claim \"username\": the delegate may name people by email, team`},
		{"plugin", "", http.StatusBadRequest, "names nobody"},
		{"plugin", "jane", http.StatusBadRequest, "names nobody"},
		{"plugin", "email=%zz", http.StatusBadRequest, "escape the value"},
		{"admin of all", "email=jane", http.StatusForbidden, "only a principal with role delegate"},
		{"viewer of it", "", http.StatusBadRequest, "names nobody"},
		{"viewer of it", "email=jane", http.StatusForbidden, "only a principal with role delegate"},
		{"stranger", "email=jane", http.StatusForbidden, "only a principal with role delegate"},
	} {
		w := get(t, a, figures, append(as(test.who), access.OnBehalfOf, test.person)...)
		require.Equal(t, test.status, w.Code, "%s for %q: %s", test.who, test.person, w.Body)
		require.Contains(t, w.Body.String(), test.says)
	}
	require.Equal(t, http.StatusUnauthorized, get(t, a, figures, access.OnBehalfOf, "email=jane").Code)
	a.Authenticate = nil
	require.Equal(t, http.StatusOK, get(t, a, figures, access.OnBehalfOf, "email=jane").Code)
	require.Equal(t, http.StatusNotFound, get(t, a, "/api/v1/organizations/birch/figures", access.OnBehalfOf, "email=jane").Code, "where nobody authenticates a person narrows")
	require.Equal(t, http.StatusForbidden, get(t, a, figures, access.OnBehalfOf, "email=joe").Code)
}

func TestRightsAreTold(t *testing.T) {
	a, _ := guarded(t)
	for who, want := range map[string]string{
		"jane":         `{"name":"username=jane","sees_all":false,"organizations":["acme"],"writes_all":false,"writes":[]}`,
		"admin of it":  `{"name":"username=admin of it","sees_all":false,"organizations":["acme"],"writes_all":false,"writes":["acme"]}`,
		"admin of all": `{"name":"username=admin of all","sees_all":true,"organizations":["acme","birch","north/sea"],"writes_all":true,"writes":["acme","birch","north/sea"]}`,
	} {
		w := get(t, a, "/api/v1/access", as(who)...)
		require.JSONEq(t, `{"status":"success","data":`+want+`}`, w.Body.String())
		require.Equal(t, "private, max-age=30", w.Header().Get("Cache-Control"))
		require.Equal(t, "Authorization, Usage-On-Behalf-Of", w.Header().Get("Vary"))
	}
	w := get(t, a, "/api/v1/access", append(as("plugin"), access.OnBehalfOf, "email=jane, team=a")...)
	require.JSONEq(t, `{"status":"success","data":{"name":"email=jane through username=plugin","person":{"email":["jane"],"team":["a"]},"sees_all":false,"organizations":["acme"],"writes_all":false,"writes":[]}}`, w.Body.String())
}
