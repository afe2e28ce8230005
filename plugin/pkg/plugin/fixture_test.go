// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "token-of-the-plugin"

var jane = &backend.User{Login: "jane", Email: "jane@example.com", Role: "Viewer"}

func settingsOf(store, api, kind, token string) backend.DataSourceInstanceSettings {
	options := fmt.Sprintf(`{"usageUrl":%q,"store":%q,"alertingEmail":""}`, api, kind)
	return backend.DataSourceInstanceSettings{Name: "Usage", UID: "usage", Type: ID, URL: store, JSONData: []byte(options), DecryptedSecureJSONData: map[string]string{"token": token}}
}

func open(t *testing.T, settings backend.DataSourceInstanceSettings) *Datasource {
	t.Helper()
	instance, err := NewDatasource(t.Context(), settings)
	require.NoError(t, err)
	d := instance.(*Datasource)
	t.Cleanup(d.Dispose)
	return d
}

// forged is what a browser may send along.
var forged = map[string]string{"Usage-On-Behalf-Of": "email=operator%40example.com", "Authorization": "Bearer forged", "X-Grafana-User": "operator", "X-Grafana-Id": "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6Im9wZXJhdG9yQGV4YW1wbGUuY29tIn0.", "Cookie": "grafana_session=operator"}

// askOne asks a query as a user.
func (d *Datasource) askOne(t *testing.T, user *backend.User, headers map[string]string, within backend.TimeRange, query map[string]any) backend.DataResponse {
	t.Helper()
	text, err := json.Marshal(query)
	require.NoError(t, err)
	response, err := d.QueryData(t.Context(), &backend.QueryDataRequest{
		PluginContext: backend.PluginContext{User: user, PluginID: ID}, Headers: headers,
		Queries: []backend.DataQuery{{RefID: "A", TimeRange: within, MaxDataPoints: 500, Interval: time.Minute, JSON: text}},
	})
	require.NoError(t, err)
	return response.Responses["A"]
}

// health checks the chain as a user.
func (d *Datasource) health(t *testing.T, user *backend.User) *backend.CheckHealthResult {
	t.Helper()
	r, err := d.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: backend.PluginContext{User: user, PluginID: ID}, Headers: forged})
	require.NoError(t, err)
	return r
}
