// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
)

// ID is that of the datasource, as its plugin.json has it.
const ID = "otelcol-usage-datasource"

// Datasource is one that an administrator has set up. Grafana makes a new one
// when its settings change.
type Datasource struct {
	backend.CallResourceHandler

	settings settings
	api      *usageAPI
	store    *store
	client   *http.Client
}

var (
	_ backend.QueryDataHandler      = (*Datasource)(nil)
	_ backend.CheckHealthHandler    = (*Datasource)(nil)
	_ backend.CallResourceHandler   = (*Datasource)(nil)
	_ backend.StreamHandler         = (*Datasource)(nil)
	_ instancemgmt.InstanceDisposer = (*Datasource)(nil)
)

// NewDatasource makes one of its settings.
func NewDatasource(ctx context.Context, from backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	s, err := readSettings(from)
	if err != nil {
		return nil, fmt.Errorf("settings of the datasource %s: %w", from.Name, err)
	}
	options, err := from.HTTPClientOptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("settings of the datasource %s: %w", from.Name, err)
	}
	// Of the settings for HTTP those of TLS, time and proxy count. What a
	// browser sends is not handed on, and no credentials but the token.
	options.ForwardHTTPHeaders, options.BasicAuth, options.Header = false, nil, nil
	options.Middlewares = []httpclient.Middleware{httpclient.DataSourceMetricsMiddleware()}
	client, err := httpclient.New(options)
	if err != nil {
		return nil, err
	}
	// Whom a redirect names is not whom the administrator has named.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	d := &Datasource{settings: s, client: client}
	d.api = &usageAPI{base: s.API, token: s.Token, client: client, now: time.Now}
	d.store = &store{base: s.Store, kind: s.StoreKind, token: s.Token, client: client, rights: d.api.rights}
	if s.StoreKind != embedded {
		d.store.token = s.StoreToken
	}
	d.CallResourceHandler = httpadapter.New(d.routes())
	return d, nil
}

// Dispose ends the connections of settings that have changed.
func (d *Datasource) Dispose() { d.client.CloseIdleConnections() }
