// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package tsdbexporter

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-usage/otelcol-usage/exporter/tsdbexporter/internal/metadata"
	"github.com/otelcol-usage/otelcol-usage/exporter/tsdbexporter/internal/metadatatest"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// fixture is an exporter on a directory and a port of its own.
type fixture struct {
	exporter.Metrics
	config *Config
	logs   *observer.ObservedLogs
}

func newFixture(t *testing.T, directory string, change func(*Config, *exporter.Settings)) fixture {
	t.Helper()
	config := createDefaultConfig().(*Config)
	config.Directory = directory
	config.API.NetAddr.Endpoint = "localhost:0"
	config.Retry.Enabled = false
	set := exportertest.NewNopSettings(metadata.Type)
	core, logs := observer.New(zap.InfoLevel)
	set.Logger = zap.New(core)
	if change != nil {
		change(config, &set)
	}
	e, err := NewFactory().CreateMetrics(t.Context(), set, config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Shutdown(context.WithoutCancel(t.Context()))) })
	return fixture{Metrics: e, config: config, logs: logs}
}

// address is where the API serves, as the log says.
func (f fixture) address(t *testing.T) string {
	t.Helper()
	entries := f.logs.FilterMessage("Prometheus API serves").All()
	require.Len(t, entries, 1)
	return "http://" + entries[0].ContextMap()["address"].(string)
}

func (f fixture) query(t *testing.T, expression string, at time.Time) string {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	client, err := api.NewClient(api.Config{Address: f.address(t), RoundTripper: transport})
	require.NoError(t, err)
	got, _, err := promv1.NewAPI(client).Query(t.Context(), expression, at)
	require.NoError(t, err)
	return got.String()
}

func sevenActiveUsers(at time.Time) pmetric.Metrics {
	metrics := pmetric.NewMetrics()
	metric := metrics.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	metric.SetName("usage.active_users")
	point := metric.SetEmptyGauge().DataPoints().AppendEmpty()
	point.SetTimestamp(pcommon.NewTimestampFromTime(at))
	point.SetIntValue(7)
	point.Attributes().PutStr("organization", "acme")
	return metrics
}

func TestMetricsInPromQLOut(t *testing.T) {
	directory := t.TempDir()
	first := newFixture(t, directory, nil)
	require.NoError(t, first.Start(t.Context(), componenttest.NewNopHost()))
	now := time.Now().Truncate(time.Minute)
	require.NoError(t, first.ConsumeMetrics(t.Context(), sevenActiveUsers(now)))
	require.Contains(t, first.query(t, "usage_active_users", now), `usage_active_users{organization="acme"} => 7`)
	require.NoError(t, first.Shutdown(t.Context()))
	require.NoError(t, first.Shutdown(t.Context()), "a second time does nothing")
	require.ErrorIs(t, first.ConsumeMetrics(t.Context(), sevenActiveUsers(now)), promstore.ErrClosed)

	second := newFixture(t, directory, nil)
	require.NoError(t, second.Start(t.Context(), componenttest.NewNopHost()))
	require.Contains(t, second.query(t, "usage_active_users", now), `usage_active_users{organization="acme"} => 7`)
}

func TestRefusedSamplesAreCountedAndToldOf(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.WithoutCancel(t.Context()))) })
	f := newFixture(t, t.TempDir(), func(_ *Config, set *exporter.Settings) {
		set.MeterProvider = telemetry.NewTelemetrySettings().MeterProvider
	})
	require.NoError(t, f.Start(t.Context(), componenttest.NewNopHost()))
	now := time.Now()
	batch := sevenActiveUsers(now)
	sevenActiveUsers(now.AddDate(72, 0, 0)).ResourceMetrics().MoveAndAppendTo(batch.ResourceMetrics())
	require.NoError(t, f.ConsumeMetrics(t.Context(), batch))

	metadatatest.AssertEqualExporterTsdbSamplesStored(t, telemetry, []metricdata.DataPoint[int64]{{Value: 1}}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualExporterTsdbSamplesRefused(t, telemetry,
		[]metricdata.DataPoint[int64]{{Value: 1, Attributes: attribute.NewSet(attribute.String("reason", "future"))}}, metricdatatest.IgnoreTimestamp())
	entries := f.logs.FilterMessage("samples refused").All()
	require.Len(t, entries, 1)
	require.Equal(t, map[string]any{"future": int64(1), "stored": int64(1)}, entries[0].ContextMap())
}

func TestTwoExportersOnOneDirectory(t *testing.T) {
	directory := t.TempDir()
	first, second := newFixture(t, directory, nil), newFixture(t, directory, nil)
	require.NoError(t, first.Start(t.Context(), componenttest.NewNopHost()))
	err := second.Start(t.Context(), componenttest.NewNopHost())
	require.ErrorIs(t, err, promstore.ErrLocked)
	require.ErrorContains(t, err, "directory: ")
	require.ErrorContains(t, err, directory)
}

func TestATakenPortIsToldOfAndLeavesNothingOpen(t *testing.T) {
	taken, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	directory := t.TempDir()
	f := newFixture(t, directory, func(c *Config, _ *exporter.Settings) { c.API.NetAddr.Endpoint = taken.Addr().String() })
	err = f.Start(t.Context(), componenttest.NewNopHost())
	require.ErrorContains(t, err, "endpoint: "+taken.Addr().String())
	require.ErrorContains(t, err, "configure another one")

	other := newFixture(t, directory, nil)
	require.NoError(t, other.Start(t.Context(), componenttest.NewNopHost()), "the directory is free again")
}

// TestShutdownDoesNotWaitForABusyClient: a client that never finishes its
// request must not hold the process.
func TestShutdownDoesNotWaitForABusyClient(t *testing.T) {
	f := newFixture(t, t.TempDir(), nil)
	require.NoError(t, f.Start(t.Context(), componenttest.NewNopHost()))
	address, err := url.Parse(f.address(t))
	require.NoError(t, err)
	busy, err := net.Dial("tcp", address.Host)
	require.NoError(t, err)
	defer func() { require.NoError(t, busy.Close()) }()
	_, err = io.WriteString(busy, "POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n")
	require.NoError(t, err)
	// The answer to a second client shows that the server has met the first.
	f.query(t, "1", time.Now())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, f.Shutdown(ctx), context.Canceled)
}

// door lets in who knows the word.
type door struct {
	component.StartFunc
	component.ShutdownFunc
	extensionauth.ServerAuthenticateFunc
}

type hostWith map[component.ID]component.Component

func (h hostWith) GetExtensions() map[component.ID]component.Component { return h }

// ledger is one of which the catalogue is asked.
type ledger struct {
	component.StartFunc
	component.ShutdownFunc
	usage.Ledger
	listed *catalogue.Catalogue
}

func (l *ledger) Catalogue() *catalogue.Catalogue { return l.listed }

var (
	doorID   = component.MustNewID("door")
	ledgerID = component.MustNewID("usage_ledger")
	sesame   = door{ServerAuthenticateFunc: func(ctx context.Context, headers map[string][]string) (context.Context, error) {
		if len(headers["Authorization"]) == 1 {
			return ctx, nil
		}
		return ctx, io.EOF
	}}
)

func behindTheDoor(t *testing.T) fixture {
	t.Helper()
	return newFixture(t, t.TempDir(), func(c *Config, _ *exporter.Settings) {
		c.API.Auth = configoptional.Some(confighttp.AuthConfig{Config: configauth.Config{AuthenticatorID: doorID}})
	})
}

func TestTheAPIAsksTheAuthenticatorAndTheCatalogue(t *testing.T) {
	listed, err := catalogue.Parse([]byte(fmt.Sprintf("principals:\n  - {claim: token_sha256, value: %x, role: viewer, organizations: [acme]}\n", sha256.Sum256([]byte("acme")))))
	require.NoError(t, err)
	l := &ledger{listed: listed}
	f := behindTheDoor(t)
	require.NoError(t, f.Start(t.Context(), hostWith{doorID: sesame, ledgerID: l}))
	status := func(path, token string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.address(t)+path, http.NoBody)
		require.NoError(t, err)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, answer.StatusCode == http.StatusUnauthorized, answer.Header.Get("WWW-Authenticate") == "Bearer")
		return answer.StatusCode
	}
	for token, want := range map[string]int{"": http.StatusUnauthorized, "stranger": http.StatusForbidden, "acme": http.StatusOK} {
		require.Equal(t, want, status("/api/v1/labels", token), token)
		require.Equal(t, http.StatusOK, status("/-/ready", token))
	}
	require.Equal(t, http.StatusForbidden, status("/api/v1/status/tsdb", "acme"))
	l.listed = nil
	require.Equal(t, http.StatusForbidden, status("/api/v1/labels", "acme"), "a right ends with the catalogue that gave it")
}

func TestAnAuthenticatorNeedsALedgerThatSaysWhoMayReadWhat(t *testing.T) {
	for _, extensions := range []hostWith{{doorID: sesame}, {doorID: sesame, ledgerID: sesame}} {
		require.ErrorContains(t, behindTheDoor(t).Start(t.Context(), extensions), `auth is configured, and what clients may read is said by a ledger's catalogue: ledger: `)
	}
	require.ErrorContains(t, behindTheDoor(t).Start(t.Context(), hostWith{ledgerID: &ledger{}}), `"door"`)
}
