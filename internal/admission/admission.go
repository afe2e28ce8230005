// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package admission finds out who a request is from, or for: the way from HTTP to
// the one gate in front of figures, [access]. The usage API, its pages and the
// store's API let in by it.
//
//	request --authenticator--> claims --catalogue--> Principal, or a Refusal
//	                            Usage-On-Behalf-Of: a delegate's word for claims of a person
//
// What a client says of itself counts in no other header, parameter or cookie.
// Nothing is kept from one request to the next, so that a right ends with the
// catalogue that gave it.
package admission

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
)

// Gate finds out who asks.
type Gate struct {
	// Authenticate returns the claims of who asks, or an error if it is nobody
	// known. nil: nobody authenticates, and whoever comes may do all.
	Authenticate func(*http.Request) (access.Claims, error)
	// Challenge tells clients how to authenticate: a WWW-Authenticate header.
	Challenge string
	// Credentials are parameters of the query that Authenticate reads.
	Credentials []string
	// Key is where the configuration names the authenticator, as api::auth.
	Key string
}

// Refusal is why somebody is not let in, as an answer of HTTP with a type of
// error of the Prometheus API.
type Refusal struct {
	Status int
	Kind   string
	Text   string
	// Challenge tells how to authenticate, where that is missing: a
	// WWW-Authenticate header.
	Challenge string
}

func (r *Refusal) Error() string { return r.Text }

// Head writes the headers of the answer.
func (r *Refusal) Head(h http.Header) {
	if r.Challenge != "" {
		h.Set("WWW-Authenticate", r.Challenge)
	}
}

func refuse(status int, kind, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// Principal returns who asks, or the person that is asked for, with the rights
// that a catalogue gives. It is somebody who has any; an error is a [Refusal].
func (g *Gate) Principal(r *http.Request, c *catalogue.Catalogue) (access.Principal, error) {
	client, claims, err := g.client(r, c)
	if err != nil {
		return access.Principal{}, err
	}
	header, named := r.Header[access.OnBehalfOf]
	switch {
	case named:
		return person(header, &client, c)
	case client.Nobody() && client.Delegate():
		return access.Principal{}, refuse(http.StatusForbidden, "forbidden", "you are a delegate, who may read nothing by itself: name the person that you ask for in the header %s, as email=jane%%40example.com", access.OnBehalfOf)
	case client.Nobody():
		return access.Principal{}, refuse(http.StatusForbidden, "forbidden", "you are authenticated, and none of the catalogue's principals gives you a right: ask for an entry there by one of your claims: %s", strings.Join(claims.Names(), ", "))
	}
	return client, nil
}

// client returns who has sent a request, who may be nobody.
func (g *Gate) client(r *http.Request, c *catalogue.Catalogue) (access.Principal, access.Claims, error) {
	if g.Authenticate == nil {
		return access.Unrestricted(), nil, nil
	}
	claims, err := g.Authenticate(r)
	if err != nil {
		refused := refuse(http.StatusUnauthorized, "unauthorized", "not authenticated: send the credentials that %s asks for", g.Key)
		refused.Challenge = g.Challenge
		return access.Principal{}, nil, refused
	}
	return access.Resolve(claims, c), claims, nil
}

// person returns the one whom a delegate names in a header.
func person(header []string, delegate *access.Principal, c *catalogue.Catalogue) (access.Principal, error) {
	claims, err := access.Person(header)
	if err != nil {
		return access.Principal{}, refuse(http.StatusBadRequest, "bad_data", "%s", err)
	}
	p, err := delegate.For(claims, c)
	if err != nil {
		return access.Principal{}, refuse(http.StatusForbidden, "forbidden", "%s: %s", access.OnBehalfOf, err)
	}
	if p.Nobody() {
		return access.Principal{}, refuse(http.StatusForbidden, "forbidden", "%s: none of the catalogue's principals gives the person a right: ask for an entry there by one of these claims: %s", access.OnBehalfOf, strings.Join(claims.Names(), ", "))
	}
	return p, nil
}

// Of returns the gate of an HTTP server: who asks is asked of the authenticator
// of its configuration, which stands there at key. Without one whoever comes may
// do all.
func Of(ctx context.Context, config confighttp.ServerConfig, key string, extensions map[component.ID]component.Component) (Gate, error) {
	g := Gate{Key: key}
	if !config.Auth.HasValue() {
		return g, nil
	}
	auth := config.Auth.Get()
	server, err := auth.Config.GetServerAuthenticator(ctx, extensions)
	if err != nil {
		return g, err
	}
	g.Challenge = "Bearer"
	if auth.Config.AuthenticatorID.Type().String() == "basicauth" {
		g.Challenge = `Basic realm="usage", charset="UTF-8"` // a browser asks for name and password by it
	}
	g.Credentials = auth.RequestParameters
	g.Authenticate = func(r *http.Request) (access.Claims, error) {
		ctx, err := server.Authenticate(r.Context(), sources(r, g.Credentials))
		if err != nil {
			return nil, err
		}
		if data := client.FromContext(ctx).Auth; data != nil {
			return access.ClaimsOf(data.GetAttributeNames(), data.GetAttribute), nil
		}
		return access.ClaimsOfToken(token(r.Header.Get("Authorization"))), nil
	}
	return g, nil
}

// sources are where an authenticator finds credentials: the headers, and the
// parameters of the query that are named as such.
func sources(r *http.Request, credentials []string) map[string][]string {
	all := maps.Clone(r.Header)
	for name, values := range r.URL.Query() {
		if slices.Contains(credentials, name) {
			all[name] = values
		}
	}
	return all
}

// token is that of a header "Bearer TOKEN", or "".
func token(authorization string) string {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}
