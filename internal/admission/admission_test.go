// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension/extensionauth"
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

// authenticator is an extension that authenticates.
type authenticator struct {
	component.StartFunc
	component.ShutdownFunc
	extensionauth.ServerAuthenticateFunc
}

// said is what an authenticator says of a client.
type said map[string]any

func (s said) GetAttribute(name string) any { return s[name] }

func (s said) GetAttributeNames() []string { return slices.Sorted(maps.Keys(s)) }

// behind is the gate of a server whose authenticator has a name, and lets in whose
// credentials these are.
func behind(t *testing.T, kind string, credentials []string, admits func(sources map[string][]string) (client.AuthData, error)) (Gate, error) {
	t.Helper()
	id := component.MustNewID(kind)
	config := confighttp.NewDefaultServerConfig()
	config.Auth = configoptional.Some(confighttp.AuthConfig{Config: configauth.Config{AuthenticatorID: id}, RequestParameters: credentials})
	return Of(t.Context(), config, "auth", map[component.ID]component.Component{id: authenticator{ServerAuthenticateFunc: func(ctx context.Context, sources map[string][]string) (context.Context, error) {
		data, err := admits(sources)
		if err != nil {
			return ctx, err
		}
		return client.NewContext(ctx, client.Info{Auth: data}), nil
	}}})
}

// TestTheAuthenticatorSaysWhoAsks: by what it says of a client, or by the token that it
// lets in. A client whom it refuses is nobody, also where no principal is looked for.
func TestTheAuthenticatorSaysWhoAsks(t *testing.T) {
	of := func(g Gate, target string, header ...string) (access.Claims, error) {
		r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return g.Authenticate(r)
	}
	g, err := behind(t, "oidc", nil, func(sources map[string][]string) (client.AuthData, error) {
		if len(sources["Authorization"]) == 0 {
			return nil, errors.New("no token")
		}
		return said{"claims.email": "jane", "raw": sources["Authorization"][0]}, nil
	})
	require.NoError(t, err)
	require.Equal(t, "Bearer", g.Challenge)
	claims, err := of(g, "/?Authorization=Bearer+a", "Authorization", "Bearer a")
	require.NoError(t, err)
	require.Equal(t, access.Claims{"claims.email": {"jane"}}, claims)
	_, err = of(g, "/?Authorization=Bearer+a", "Cookie", "Authorization=Bearer a")
	require.Error(t, err, "a parameter is no credential but where the configuration says so")

	g, err = behind(t, "bearertokenauth", nil, func(map[string][]string) (client.AuthData, error) { return nil, nil })
	require.NoError(t, err)
	for header, token := range map[string]string{"Bearer secret": "secret", "bearer secret": "secret", "Basic secret": "", "secret": "", "": ""} {
		claims, err = of(g, "/", "Authorization", header)
		require.NoError(t, err)
		require.Equal(t, access.ClaimsOfToken(token), claims, header)
	}

	g, err = behind(t, "basicauth", []string{"token"}, func(sources map[string][]string) (client.AuthData, error) {
		require.NotContains(t, sources, "other")
		return said{"username": strings.Join(sources["token"], "")}, nil
	})
	require.NoError(t, err)
	require.Equal(t, `Basic realm="usage", charset="UTF-8"`, g.Challenge)
	claims, err = of(g, "/?token=jane&other=root", "Accept", "text/html")
	require.NoError(t, err)
	require.Equal(t, access.Claims{"username": {"jane"}}, claims)

	_, err = Of(t.Context(), confighttp.ServerConfig{Auth: configoptional.Some(confighttp.AuthConfig{Config: configauth.Config{AuthenticatorID: component.MustNewID("oidc")}})}, "auth", nil)
	require.ErrorContains(t, err, `"oidc"`, "an authenticator that there is not lets nobody in")
}
