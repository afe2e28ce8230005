// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore/query"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// serve serves the store on a free port.
func serve(t *testing.T, store *Store) (address string, client promv1.API) {
	t.Helper()
	server := httptest.NewServer(store.Handler())
	t.Cleanup(server.Close)
	c, err := api.NewClient(api.Config{Address: server.URL, RoundTripper: server.Client().Transport})
	require.NoError(t, err)
	return server.URL, promv1.NewAPI(c)
}

// request returns status and body of an answer.
func request(t *testing.T, method, address string, header http.Header) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	require.NoError(t, err)
	maps.Copy(r.Header, header)
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body), answer.Header
}

// filled is a store with three minutes of two organizations.
func filled(t *testing.T) *Store {
	t.Helper()
	store := openStore(t, Settings{})
	for minute := range 3 {
		require.NoError(t, store.Write(collection(minute,
			organization("acme", usage.Figure{Series: activeUsers, Value: float64(10 + minute)}, usage.Figure{Series: itemsTotal, Value: float64(60 * minute)}),
			organization("north", usage.Figure{Series: activeUsers, Value: 5}))))
	}
	return store
}

func TestAPIAnswersPromQL(t *testing.T) {
	_, client := serve(t, filled(t))
	last := noon.Add(2 * time.Minute)
	for query, want := range map[string]string{
		`usage_active_users{organization="acme"}`:           `usage_active_users{meter="operators", organization="acme", period="current", window="month"} => 12`,
		`sum(usage_active_users)`:                           `{} => 17`,
		`increase(usage_items_total[2m] @ 1772452920)`:      `{organization="acme", outcome="counted", signal="logs"} => 120`,
		`usage_active_users{organization="acme"} offset 1m`: `usage_active_users{meter="operators", organization="acme", period="current", window="month"} => 11`,
	} {
		got, warnings, err := client.Query(t.Context(), query, last)
		require.NoError(t, err, query)
		require.Empty(t, warnings, query)
		require.Contains(t, got.String(), want, query)
	}

	matrix, _, err := client.QueryRange(t.Context(), `usage_active_users{organization="acme"}`, promv1.Range{Start: noon, End: last, Step: time.Minute})
	require.NoError(t, err)
	require.Len(t, matrix.(model.Matrix)[0].Values, 3)

	_, _, err = client.Query(t.Context(), `usage_active_users`, last.Add(query.Lookback+time.Minute))
	require.NoError(t, err, "no sample within the lookback is an empty answer")
}

func TestAPIListsSeriesLabelsAndMetadata(t *testing.T) {
	_, client := serve(t, filled(t))
	ctx, last := t.Context(), noon.Add(2*time.Minute)

	series, _, err := client.Series(ctx, []string{`{organization="acme"}`}, noon, last)
	require.NoError(t, err)
	require.Len(t, series, 2)

	names, _, err := client.LabelNames(ctx, nil, noon, last)
	require.NoError(t, err)
	require.Equal(t, model.LabelNames{"__name__", "meter", "organization", "outcome", "period", "signal", "window"}, names,
		"the labels of INTERFACE and no others")

	values, _, err := client.LabelValues(ctx, "organization", nil, noon, last)
	require.NoError(t, err)
	require.Equal(t, model.LabelValues{"acme", "north"}, values)

	metadata, err := client.Metadata(ctx, "", "")
	require.NoError(t, err)
	require.Equal(t, promv1.MetricTypeCounter, metadata["usage_items_total"][0].Type)
	require.Equal(t, promv1.MetricTypeGauge, metadata["usage_active_users"][0].Type)
}

func TestAPIStatus(t *testing.T) {
	store := filled(t)
	_, client := serve(t, store)
	ctx := t.Context()

	build, err := client.Buildinfo(ctx)
	require.NoError(t, err)
	require.Equal(t, apiVersion, build.Version)
	info, err := client.Runtimeinfo(ctx)
	require.NoError(t, err)
	require.Equal(t, "400d", info.StorageRetention)
	flags, err := client.Flags(ctx)
	require.NoError(t, err)
	require.Equal(t, "400d", flags["storage.tsdb.retention.time"])
	status, err := client.TSDB(ctx)
	require.NoError(t, err)
	require.Equal(t, 3, status.HeadStats.NumSeries)
	require.Equal(t, 3, status.HeadStats.ChunkCount)
	_, err = client.Config(ctx)
	require.NoError(t, err)

	rules, err := client.Rules(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, rules.Groups)
	alerts, err := client.Alerts(ctx)
	require.NoError(t, err)
	require.Empty(t, alerts.Alerts)
}

func TestAPIRefusesWhatItShould(t *testing.T) {
	address, client := serve(t, filled(t))
	for query, want := range map[string]string{
		`usage_active_users{`:              "bad_data",
		`info(usage_active_users)`:         "not enabled",
		`limitk(1, usage_active_users)`:    "experimental",
		`sum_over_time(vector(1)[2h:1ms])`: "max_steps",
	} {
		_, _, err := client.Query(t.Context(), query, noon)
		require.ErrorContains(t, err, want, query)
	}
	for _, route := range []string{
		"GET /api/v1/admin/tsdb/snapshot", "POST /api/v1/admin/tsdb/delete_series", "PUT /api/v1/admin/tsdb/clean_tombstones",
		"POST /api/v1/write", "POST /api/v1/read", "POST /api/v1/otlp/v1/metrics",
		"GET /api/v1/targets", "GET /api/v1/query_exemplars", "GET /api/v1/notifications",
		"GET /api/v1/status/walreplay", "GET /api/v1/status/self_metrics", "GET /api/v1/openapi.yaml", "GET /api/v1/search/metric_names",
		"GET /federate", "GET /debug/pprof/", "GET /metrics", "GET /graph", "GET /api/v1", "GET /nothing",
	} {
		method, path, _ := strings.Cut(route, " ")
		status, _, _ := request(t, method, address+path, nil)
		require.Equal(t, http.StatusNotFound, status, route)
	}
	status, body, _ := request(t, http.MethodGet, address+"/api/v1/query?query="+url.QueryEscape("sum("), nil)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, body, `"status":"error","errorType":"bad_data"`)
}

func TestPageAndProbes(t *testing.T) {
	store := filled(t)
	address, _ := serve(t, store)
	status, body, header := request(t, http.MethodGet, address+"/", http.Header{"Origin": {"https://elsewhere.example"}})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, header.Get("Content-Type"), "text/html")
	require.Contains(t, body, "3 series in memory, samples since 2026-03-02 12:00:00 UTC, kept for 400d")
	for path, want := range map[string]string{"/-/healthy": "healthy\n", "/-/ready": "ready\n"} {
		status, body, _ = request(t, http.MethodGet, address+path, nil)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, want, body)
	}
	_, _, header = request(t, http.MethodGet, address+"/api/v1/query?query=1", http.Header{"Origin": {"https://elsewhere.example"}})
	require.Empty(t, header.Get("Access-Control-Allow-Headers"), "cross-origin calls are the server's to allow")

	require.NoError(t, store.Close())
	status, _, _ = request(t, http.MethodGet, address+"/-/ready", nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	for _, path := range []string{"query?query=usage_active_users", "labels", "status/tsdb"} {
		status, body, _ = request(t, http.MethodGet, address+"/api/v1/"+path, nil)
		require.Equal(t, http.StatusServiceUnavailable, status, path)
		require.Contains(t, body, "unavailable", path)
	}
	status, body, _ = request(t, http.MethodGet, address+"/", nil)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "Closed for now")
}
