// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/extension/usageledger/internal/metadata"
	"github.com/otelcol-usage/otelcol-usage/extension/usageledger/internal/metadatatest"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
)

func TestTheLedgerIsKeptOverARestart(t *testing.T) {
	cfg := configure(t, oneMeter)
	for round := range 2 {
		set, logs := logged(t)
		e := newExtension(set, cfg, openLedger)
		require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))

		x := e.Extraction()
		require.Len(t, x.Meters, 1)
		batch := &usage.Batch{
			Items: []usage.Item{{
				Organization: "acme", Action: "api.called", UID: "call-" + string(rune('0'+round)),
				Time: time.Now().UnixNano(), NumEffects: 1,
			}},
			Effects: []usage.Effect{{Kind: usage.Consume, Value: usage.Micro}},
		}
		require.NoError(t, e.Record(t.Context(), batch))
		c, err := e.Collect(t.Context(), time.Now().Add(time.Duration(2+2*round)*time.Minute))
		require.NoError(t, err)
		require.NotEmpty(t, c.Organizations)

		page := logs.FilterMessage("usage ledger is open").All()[0].ContextMap()["overview page"].(string)
		response, err := http.Get(page + "-/ready") //nolint:noctx // a test
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, "ready\n", string(body))
		http.DefaultClient.CloseIdleConnections()

		s, known := mustOpened(t, e).Status("acme")
		require.True(t, known)
		require.EqualValues(t, round+1, s.Items[usage.Logs][usage.Counted])
		require.NoError(t, e.Shutdown(t.Context()))
	}
}

func mustOpened(t *testing.T, e *ledgerExtension) book {
	t.Helper()
	b, err := e.opened()
	require.NoError(t, err)
	return b
}

func TestShutdownIsSafeWithoutStartAndTwice(t *testing.T) {
	set, _ := logged(t)
	e := newExtension(set, configure(t, oneMeter), openLedger)
	require.NoError(t, e.Shutdown(t.Context()))
	require.NoError(t, e.Shutdown(t.Context()))
}

func TestOutsideOfItsLifeTheLedgerIsUnavailable(t *testing.T) {
	b := kept()
	set, _ := logged(t)
	e := newExtension(set, configure(t, oneMeter), func(*Config, *catalogue.Catalogue, *zap.Logger, time.Time) (book, error) { return b, nil })
	check := func() {
		require.ErrorIs(t, e.Record(t.Context(), &usage.Batch{}), usage.ErrUnavailable)
		_, err := e.Collect(t.Context(), at)
		require.ErrorIs(t, err, usage.ErrUnavailable)
		require.Empty(t, e.Extraction().Meters)
		require.Empty(t, e.Pseudonym("acme", "jane"))
		require.ErrorIs(t, e.Remember(t.Context(), "usage", nil), usage.ErrUnavailable)
		_, err = e.Recall(t.Context(), "usage")
		require.ErrorIs(t, err, usage.ErrUnavailable)
		require.Equal(t, http.StatusServiceUnavailable, get(t, e, "/-/ready").Code)
		require.Equal(t, http.StatusServiceUnavailable, get(t, e, "/").Code)
	}
	check()
	require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, e.Record(t.Context(), &usage.Batch{Items: make([]usage.Item, 3)}))
	require.Equal(t, 3, b.recorded)
	require.Equal(t, "p(acme,jane)", e.Pseudonym("acme", "jane"))
	require.NoError(t, e.Remember(t.Context(), "usage", map[string][]byte{"at": {1}}))
	rows, err := e.Recall(t.Context(), "usage")
	require.NoError(t, err)
	require.Equal(t, map[string][]byte{"at": {1}}, rows)
	require.NoError(t, e.Shutdown(t.Context()))
	require.Equal(t, 1, b.closed)
	check()
}

// processFigures are those that stand under no organization.
func processFigures(t *testing.T, e *ledgerExtension, failure error) map[string]float64 {
	t.Helper()
	c, err := e.Collect(t.Context(), at.Add(time.Second))
	require.ErrorIs(t, err, failure)
	require.Equal(t, at, c.At)
	values := map[string]float64{}
	for _, o := range c.Organizations {
		for _, f := range o.Figures {
			values[o.Organization+" "+f.Series.Name] = f.Value
		}
	}
	return values
}

func TestACollectionTellsWhetherTheLedgerIsReadyAndTheCatalogueRefused(t *testing.T) {
	b := kept()
	silent := usage.Figure{Series: &usage.Series{Name: "usage_stream_silent"}}
	items := usage.Figure{Series: &usage.Series{Name: "usage_items_total"}, Value: 2}
	b.latest = usage.Collection{At: at, Organizations: []usage.OrganizationFigures{
		{Organization: usage.NoOrganization, Figures: []usage.Figure{items}},
		{Organization: "acme", Figures: []usage.Figure{silent}},
	}}
	path := filepath.Join(t.TempDir(), "organizations.yaml")
	writeFile(t, path, acme)
	e, _ := started(t, configure(t, "catalogue: "+path+"\n"+oneMeter), b)
	want := map[string]float64{
		"acme usage_stream_silent": 0, "__none__ usage_items_total": 2,
		"__none__ usage_catalogue_refused": 0, "__none__ usage_ledger_ready": 1, "__none__ usage_ledger_damaged_files": 0,
	}
	require.Equal(t, want, processFigures(t, e, nil))
	require.Len(t, b.latest.Organizations[0].Figures, 1, "the ledger's own collection stays as it is")

	e.catalogue.fail(errors.New("bad"), at)
	want["__none__ usage_catalogue_refused"] = 1
	require.Equal(t, want, processFigures(t, e, nil))

	b.failure = usage.ErrUnavailable
	require.Equal(t, map[string]float64{"__none__ usage_catalogue_refused": 1, "__none__ usage_ledger_ready": 0, "__none__ usage_ledger_damaged_files": 0},
		processFigures(t, e, usage.ErrUnavailable))
}

func TestAQuotaOnAnUnknownMeterOrWindowIsRefusedAtStartAndAtReload(t *testing.T) {
	const good, unknown, missing = "organizations: [{id: acme, quotas: {api_calls: {limit: 5, window: day}}}]",
		"organizations: [{id: acme, quotas: {api_cals: {limit: 5, window: day}}}]",
		"organizations: [{id: acme, quotas: {api_calls: {limit: 5, window: month}}}]"
	path := filepath.Join(t.TempDir(), "organizations.yaml")
	cfg := configure(t, "catalogue: "+path+"\n"+oneMeter)
	for text, want := range map[string]string{
		unknown: "organizations.yaml:1: organizations[0].quotas.api_cals: unknown meter; do you mean api_calls?",
		missing: `organizations.yaml:1: organizations[0].quotas.api_calls.window "month": the meter does not keep this window; use one of day`,
	} {
		writeFile(t, path, text)
		set, _ := logged(t)
		b := kept()
		e := newExtension(set, cfg, func(*Config, *catalogue.Catalogue, *zap.Logger, time.Time) (book, error) { return b, nil })
		require.ErrorContains(t, e.Start(t.Context(), componenttest.NewNopHost()), want)

		writeFile(t, path, good)
		e, _ = started(t, cfg, b)
		writeFile(t, path, text)
		e.catalogue.poll(t.Context(), at, 20)
		inForce, state := e.catalogue.current()
		require.ErrorContains(t, state.Err, want)
		require.Equal(t, wide.Of(5*usage.Micro), inForce.Organizations[0].Quotas["api_calls"].Limit, "the last good one stays")
		require.Empty(t, b.catalogues)
	}
}

func TestAStartThatFailsLeavesNothingOpen(t *testing.T) {
	taken, err := net.Listen("tcp", "localhost:0") //nolint:noctx // a test
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()

	b := kept()
	set, _ := logged(t)
	cfg := configure(t, oneMeter)
	cfg.API.NetAddr.Endpoint = taken.Addr().String()
	e := newExtension(set, cfg, func(*Config, *catalogue.Catalogue, *zap.Logger, time.Time) (book, error) { return b, nil })
	err = e.Start(t.Context(), componenttest.NewNopHost())
	require.ErrorContains(t, err, `api::endpoint "`+taken.Addr().String()+`": `)
	require.Equal(t, 1, b.closed)
	require.NoError(t, e.Shutdown(t.Context()))
	require.Equal(t, 1, b.closed)
}

func TestABadCatalogueIsRefusedAtStart(t *testing.T) {
	cfg := configure(t, oneMeter)
	cfg.Catalogue = filepath.Join(t.TempDir(), "organizations.yaml")
	set, _ := logged(t)
	e := newExtension(set, cfg, openLedger)
	require.ErrorContains(t, e.Start(t.Context(), componenttest.NewNopHost()), "catalogue: ")

	writeFile(t, cfg.Catalogue, broken)
	require.ErrorContains(t, e.Start(t.Context(), componenttest.NewNopHost()), `organizations.yaml:1: organizations[0].timezone "Europe/Berln"`)
	require.NoError(t, e.Shutdown(t.Context()))
}

func TestTwoLedgersCannotShareADirectory(t *testing.T) {
	cfg := configure(t, oneMeter)
	set, _ := logged(t)
	first, second := newExtension(set, cfg, openLedger), newExtension(set, cfg, openLedger)
	require.NoError(t, first.Start(t.Context(), componenttest.NewNopHost()))
	defer func() { require.NoError(t, first.Shutdown(context.Background())) }()
	require.ErrorContains(t, second.Start(t.Context(), componenttest.NewNopHost()), `open ledger `+cfg.Directory+`: `)
	require.NoError(t, second.Shutdown(t.Context()))
}

func TestTheCollectorsTelemetryTellsOfLedgerAndCatalogue(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { require.NoError(t, telemetry.Shutdown(context.Background())) }()
	cfg := configure(t, oneMeter)
	cfg.Catalogue = filepath.Join(t.TempDir(), "organizations.yaml")
	writeFile(t, cfg.Catalogue, acmeAndBo)
	b := kept()
	set := metadatatest.NewSettings(telemetry)
	e := newExtension(set, cfg, func(*Config, *catalogue.Catalogue, *zap.Logger, time.Time) (book, error) { return b, nil })
	require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
	defer func() { require.NoError(t, e.Shutdown(context.Background())) }()

	expect := func(ready, valid, organizations int64) {
		point := func(v int64) []metricdata.DataPoint[int64] { return []metricdata.DataPoint[int64]{{Value: v}} }
		metadatatest.AssertEqualUsageLedgerReady(t, telemetry, point(ready), metricdatatest.IgnoreTimestamp())
		metadatatest.AssertEqualUsageCatalogueValid(t, telemetry, point(valid), metricdatatest.IgnoreTimestamp())
		metadatatest.AssertEqualUsageCatalogueOrganizations(t, telemetry, point(organizations), metricdatatest.IgnoreTimestamp())
	}
	expect(1, 1, 2)
	writeFile(t, cfg.Catalogue, broken)
	e.catalogue.poll(t.Context(), at, 20)
	b.failure = usage.ErrUnavailable
	expect(0, 0, 2)
	require.Equal(t, metadata.Type, NewFactory().Type())
}

func TestUsersAreNotInTheLog(t *testing.T) {
	b := &fakeBook{}
	e, logs := started(t, configure(t, oneMeter), b)
	b.panics = "jane@acme.example broke it"
	err := e.Record(t.Context(), &usage.Batch{Items: []usage.Item{{User: "jane@acme.example"}}})
	require.ErrorIs(t, err, usage.ErrUnavailable)
	require.NotContains(t, err.Error(), "jane")
	_, err = e.Collect(t.Context(), at)
	require.ErrorIs(t, err, usage.ErrUnavailable)

	failures := logs.FilterMessage("internal error of the usage ledger").All()
	require.Len(t, failures, 2)
	require.NotContains(t, fmt.Sprint(failures[0].ContextMap()), "jane")
	require.Contains(t, fmt.Sprint(failures[0].ContextMap()["stack"]), "fakeBook")
}
