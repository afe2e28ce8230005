// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const listed = `
organizations: [{id: acme, csm: [jane]}, {id: birch}]
principals:
  - {claim: email, value: jane, role: csm}
  - {claim: email, value: root, role: viewer, organizations: ["*"]}
  - {claim: sub, value: plugin, role: delegate}
`

func gate() Gate {
	return Gate{Key: "api::auth", Challenge: "Bearer", Authenticate: func(r *http.Request) (access.Claims, error) {
		if name := r.Header.Get("Authorization"); name != "" {
			return access.Claims{"email": {name}, "sub": {name}}, nil
		}
		return nil, errors.New("no name")
	}}
}

func TestWhoAsksIsFoundOut(t *testing.T) {
	c, err := catalogue.Parse([]byte(listed))
	require.NoError(t, err)
	for name, test := range map[string]struct {
		who    string
		person []string
		status int // 0: let in
		says   string
		seen   []string
	}{
		"nobody":                          {status: http.StatusUnauthorized, says: "not authenticated: send the credentials that api::auth asks for"},
		"a stranger":                      {who: "joe", status: http.StatusForbidden, says: "ask for an entry there by one of your claims: email, sub"},
		"a csm":                           {who: "jane", seen: []string{"acme"}},
		"a viewer of all":                 {who: "root", seen: []string{"acme", "birch"}},
		"a delegate for itself":           {who: "plugin", status: http.StatusForbidden, says: "you are a delegate"},
		"a delegate for a csm":            {who: "plugin", person: []string{"email=jane"}, seen: []string{"acme"}},
		"a delegate for a stranger":       {who: "plugin", person: []string{"email=joe"}, status: http.StatusForbidden, says: "gives the person a right"},
		"a delegate by another claim":     {who: "plugin", person: []string{"sub=root"}, status: http.StatusForbidden, says: "the delegate may name people by"},
		"a delegate for nobody":           {who: "plugin", person: []string{""}, status: http.StatusBadRequest, says: "names nobody"},
		"a viewer for somebody":           {who: "root", person: []string{"email=jane"}, status: http.StatusForbidden, says: "only a principal with role delegate"},
		"nobody for somebody":             {person: []string{"email=jane"}, status: http.StatusUnauthorized, says: "not authenticated"},
		"a viewer with an empty header":   {who: "root", person: []string{""}, status: http.StatusBadRequest, says: "names nobody"},
		"a stranger for a viewer of all":  {who: "joe", person: []string{"email=root"}, status: http.StatusForbidden, says: "only a principal"},
		"a delegate for a viewer and csm": {who: "plugin", person: []string{"email=jane, email=root"}, seen: []string{"acme", "birch"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			if test.who != "" {
				r.Header.Set("Authorization", test.who)
			}
			if test.person != nil {
				r.Header[access.OnBehalfOf] = test.person
			}
			g := gate()
			p, err := g.Principal(r, c)
			if test.status == 0 {
				require.NoError(t, err)
				for _, id := range []string{"acme", "birch"} {
					require.Equal(t, len(test.seen) == 2 || id == "acme", p.Sees(id), id)
				}
				return
			}
			require.True(t, p.Nobody())
			refused, is := errors.AsType[*Refusal](err)
			require.True(t, is)
			require.Equal(t, test.status, refused.Status)
			require.Contains(t, err.Error(), test.says)
			h := http.Header{}
			refused.Head(h)
			require.Equal(t, test.status == http.StatusUnauthorized, h.Get("WWW-Authenticate") == "Bearer")
			_, challenged := h["Www-Authenticate"]
			require.Equal(t, test.status == http.StatusUnauthorized, challenged)
		})
	}
}

func TestWithoutAnAuthenticatorWhoeverComesMayDoAll(t *testing.T) {
	g, err := Of(context.Background(), confighttp.NewDefaultServerConfig(), "auth", map[component.ID]component.Component{})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	p, err := g.Principal(r, nil)
	require.NoError(t, err)
	require.True(t, p.SeesAll() && p.WritesAll())
	r.Header.Set(access.OnBehalfOf, "email=jane")
	_, err = g.Principal(r, nil)
	require.ErrorContains(t, err, "gives the person a right")
}
