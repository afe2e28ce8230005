// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"maps"
	"net"
	"net/http"
	"strings"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/api"
)

// authenticate has an API ask the authenticator of a configuration who its
// clients are.
func authenticate(ctx context.Context, a *api.API, config *confighttp.AuthConfig, extensions map[component.ID]component.Component) error {
	server, err := config.Config.GetServerAuthenticator(ctx, extensions)
	if err != nil {
		return err
	}
	a.Challenge = "Bearer"
	if config.Config.AuthenticatorID.Type().String() == "basicauth" {
		a.Challenge = `Basic realm="usage", charset="UTF-8"` // a browser asks for name and password by it
	}
	a.Credentials = config.RequestParameters
	a.Authenticate = func(r *http.Request) (access.Claims, error) {
		sources := r.Header
		if len(a.Credentials) > 0 {
			sources = maps.Clone(r.Header)
			query := r.URL.Query()
			for _, name := range a.Credentials {
				if values, given := query[name]; given {
					sources[name] = values
				}
			}
		}
		ctx, err := server.Authenticate(r.Context(), sources)
		if err != nil {
			return nil, err
		}
		if data := client.FromContext(ctx).Auth; data != nil {
			return access.ClaimsOf(data.GetAttributeNames(), data.GetAttribute), nil
		}
		return access.ClaimsOfToken(token(r.Header.Get("Authorization"))), nil
	}
	return nil
}

// token is that of a header "Bearer TOKEN", or "".
func token(authorization string) string {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// local reports whether an address is reached from the same machine only.
func local(a net.Addr) bool {
	tcp, network := a.(*net.TCPAddr)
	return !network || tcp.IP.IsLoopback()
}

// hasPrincipals reports whether the catalogue gives anybody a right.
func (e *ledgerExtension) hasPrincipals() bool {
	c, _ := e.catalogue.current()
	return c != nil && len(c.Principals) > 0
}
