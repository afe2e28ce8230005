// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
)

// authenticator lets those in who send a word of its, and says of them what it
// is told to say, or nothing.
type authenticator struct {
	component.StartFunc
	component.ShutdownFunc
	header, word string
	says         client.AuthData
}

func (a *authenticator) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	if given := sources[a.header]; len(given) == 0 || given[0] != a.word {
		return ctx, errors.New("no")
	}
	info := client.FromContext(ctx)
	info.Auth = a.says
	return client.NewContext(ctx, info), nil
}

var _ extensionauth.Server = (*authenticator)(nil)

type attributes map[string]any

func (a attributes) GetAttribute(name string) any { return a[name] }

func (a attributes) GetAttributeNames() (names []string) {
	for name := range a {
		names = append(names, name)
	}
	return names
}

type hostWith map[component.ID]component.Component

func (h hostWith) GetExtensions() map[component.ID]component.Component { return h }

// asked starts an extension with an authenticator and asks it.
func asked(t *testing.T, auth string, by *authenticator, principals string, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	file := filepath.Join(t.TempDir(), "organizations.yaml")
	writeFile(t, file, "principals:\n"+principals)
	cfg := configure(t, oneMeter+"\ncatalogue: "+file+"\napi: {endpoint: 'localhost:0', auth: "+auth+"}")
	set, _ := logged(t)
	e := newExtension(set, cfg, func(*Config, *catalogue.Catalogue, *zap.Logger, time.Time) (book, error) { return kept(), nil })
	require.NoError(t, e.Start(t.Context(), hostWith{cfg.API.Auth.Get().Config.AuthenticatorID: by}))
	defer func() { require.NoError(t, e.Shutdown(t.Context())) }()
	w := httptest.NewRecorder()
	e.server.Handler.ServeHTTP(w, r)
	return w
}

func ask(t *testing.T, target string, header ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+target, http.NoBody)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// by makes the request one by another name of the server.
func by(r *http.Request, host string) *http.Request {
	r.Host = host
	return r
}

const (
	byUsername = `  - {claim: username, value: jane, role: viewer, organizations: [acme]}`
	byToken    = `  - {claim: token_sha256, value: 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b, role: viewer, organizations: [acme]}` // of secret
)

func TestTheAuthenticatorTellsWhoAsks(t *testing.T) {
	jane := attributes{"username": "jane", "raw": "amFuZTpzZWNyZXQ="}
	const path = "/api/v1/organizations"
	for name, test := range map[string]struct {
		auth       string
		by         authenticator
		principals string
		request    *http.Request
		status     int
		challenge  string
	}{
		"by name":            {"{authenticator: basicauth}", authenticator{header: "Authorization", word: "Basic x", says: jane}, byUsername, ask(t, path, "Authorization", "Basic x"), http.StatusOK, ""},
		"by another name":    {"{authenticator: basicauth}", authenticator{header: "Authorization", word: "Basic x", says: attributes{"username": "joe"}}, byUsername, ask(t, path, "Authorization", "Basic x"), http.StatusForbidden, ""},
		"wrong":              {"{authenticator: basicauth/api}", authenticator{header: "Authorization", word: "Basic x", says: jane}, byUsername, ask(t, path, "Authorization", "Basic y"), http.StatusUnauthorized, `Basic realm="usage", charset="UTF-8"`},
		"none":               {"{authenticator: oidc}", authenticator{header: "Authorization", word: "Bearer x", says: jane}, byUsername, ask(t, path), http.StatusUnauthorized, "Bearer"},
		"by token":           {"{authenticator: bearertokenauth}", authenticator{header: "Authorization", word: "Bearer secret"}, byToken, ask(t, path, "Authorization", "Bearer secret"), http.StatusOK, ""},
		"by another token":   {"{authenticator: bearertokenauth}", authenticator{header: "Authorization", word: "Bearer other"}, byToken, ask(t, path, "Authorization", "Bearer other"), http.StatusForbidden, ""},
		"by a password":      {"{authenticator: keys}", authenticator{header: "X-Key", word: "k"}, byToken, ask(t, path, "X-Key", "k", "Authorization", "Basic secret"), http.StatusForbidden, ""},
		"a name and a token": {"{authenticator: oidc}", authenticator{header: "Authorization", word: "Bearer secret", says: attributes{"subject": "joe"}}, byToken, ask(t, path, "Authorization", "Bearer secret"), http.StatusForbidden, ""},
		"in the query":       {"{authenticator: oidc, request_params: [key]}", authenticator{header: "key", word: "k", says: jane}, byUsername, ask(t, path+"?key=k"), http.StatusOK, ""},
		"not in the query":   {"{authenticator: oidc}", authenticator{header: "key", word: "k", says: jane}, byUsername, ask(t, path+"?key=k"), http.StatusUnauthorized, "Bearer"},
		"by another host":    {"{authenticator: basicauth}", authenticator{header: "Authorization", word: "Basic x", says: jane}, byUsername, by(ask(t, path, "Authorization", "Basic x"), "evil.example"), http.StatusMisdirectedRequest, ""},
		"of a probe":         {"{authenticator: oidc}", authenticator{header: "Authorization", word: "Bearer x"}, byUsername, ask(t, "/-/ready"), http.StatusOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := asked(t, test.auth, &test.by, test.principals, test.request)
			require.Equal(t, test.status, w.Code, w.Body)
			require.Equal(t, test.challenge, w.Header().Get("WWW-Authenticate"))
			require.NotContains(t, test.request.Header, "key", "the request stays as it came")
		})
	}
}

func TestAnAuthenticatorThatIsNotThereIsAnErrorAtTheStart(t *testing.T) {
	set, _ := logged(t)
	e := newExtension(set, configure(t, oneMeter+"\napi: {endpoint: 'localhost:0', auth: {authenticator: oidc}}"),
		func(*Config, *catalogue.Catalogue, *zap.Logger, time.Time) (book, error) { return kept(), nil })
	require.ErrorContains(t, e.Start(t.Context(), componenttest.NewNopHost()), `"oidc"`)
}

func TestAnOpenEndpointIsWarnedOf(t *testing.T) {
	for endpoint, warns := range map[string]bool{"localhost:0": false, "127.0.0.1:0": false, "0.0.0.0:0": true} {
		cfg := configure(t, oneMeter)
		cfg.API.NetAddr.Endpoint = endpoint
		_, logs := started(t, cfg, kept())
		require.Equal(t, warns, logs.FilterMessageSnippet("whoever reaches the usage API may read all figures").Len() == 1, endpoint)
	}
}

func TestAnAPIThatNobodyMayReadIsWarnedOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "organizations.yaml")
	for text, warns := range map[string]bool{"organizations: [{id: acme}]": true, "principals:\n" + byUsername: false} {
		writeFile(t, file, text)
		cfg := configure(t, oneMeter+"\ncatalogue: "+file+"\napi: {endpoint: '0.0.0.0:0', auth: {authenticator: oidc}}")
		set, logs := logged(t)
		e := newExtension(set, cfg, func(*Config, *catalogue.Catalogue, *zap.Logger, time.Time) (book, error) { return kept(), nil })
		require.NoError(t, e.Start(t.Context(), hostWith{component.MustNewID("oidc"): &authenticator{}}))
		require.NoError(t, e.Shutdown(t.Context()))
		require.Equal(t, warns, logs.FilterMessageSnippet("nobody may read anything").Len() == 1)
		require.Zero(t, logs.FilterMessageSnippet("whoever reaches").Len())
	}
}
