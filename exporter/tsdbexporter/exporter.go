// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package tsdbexporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"

	"github.com/otelcol-usage/otelcol-usage/exporter/tsdbexporter/internal/metadata"
	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/admission"
	"github.com/otelcol-usage/otelcol-usage/internal/attach"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
)

// tsdbExporter is a store with its rules and the server in front of it, all from
// Start to Shutdown.
type tsdbExporter struct {
	config    *Config
	settings  component.TelemetrySettings
	telemetry *metadata.TelemetryBuilder

	store  *promstore.Store
	rules  *ruleLoop // nil without rule files
	server *http.Server
	served chan struct{} // closed when server no longer serves
}

func newExporter(config *Config, set exporter.Settings) (*tsdbExporter, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &tsdbExporter{config: config, settings: set.TelemetrySettings, telemetry: telemetry}, nil
}

// start opens the store and serves its API. Where it fails, nothing is left
// open.
func (e *tsdbExporter) start(ctx context.Context, host component.Host) error {
	directory, err := filepath.Abs(e.config.Directory)
	if err != nil {
		return fmt.Errorf("directory: %s: %w", e.config.Directory, err)
	}
	admit, err := e.admit(ctx, host)
	if err != nil {
		return err
	}
	store, err := promstore.Open(promstore.Settings{
		Directory: directory,
		Retention: e.config.Retention.Std(),
		Queries:   e.config.Queries,
		Admit:     admit,
		Logger:    slogOf(e.settings.Logger),
		Behind:    true,
	})
	if err == nil {
		err = e.open(ctx, host, store)
	}
	if err != nil {
		return fmt.Errorf("directory: %w", err)
	}
	rules, err := startRules(store, e.config, e.telemetry, e.settings.Logger)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	if err := e.serve(ctx, host, store); err != nil {
		rules.stop(ctx)
		return errors.Join(err, store.Close())
	}
	e.store, e.rules = store, rules
	return nil
}

// admit returns what finds out who asks. The catalogue of the ledger says what
// they may read; without auth it says so of people who are asked for.
func (e *tsdbExporter) admit(ctx context.Context, host component.Host) (func(*http.Request) (access.Principal, error), error) {
	gate, err := admission.Of(ctx, e.config.API, "auth", host.GetExtensions())
	if err != nil {
		return nil, err
	}
	inForce, err := attach.Catalogue(host, "ledger", e.config.Ledger)
	switch {
	case err == nil:
	case gate.Authenticate != nil:
		return nil, fmt.Errorf("auth is configured, and what clients may read is said by a ledger's catalogue: %w", err)
	default:
		inForce = func() *catalogue.Catalogue { return nil }
	}
	return func(r *http.Request) (access.Principal, error) { return gate.Principal(r, inForce()) }, nil
}

// startPatience is how long the start waits for the store. One that has
// millions of series takes a minute, and counting does not wait for history.
const startPatience = 2 * time.Second

// open waits for the store, and goes on without it where that takes longer. One
// that then cannot be opened ends the process, as a start that is refused does.
func (e *tsdbExporter) open(ctx context.Context, host component.Host, store *promstore.Store) error {
	patience, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	err := store.Opened(patience)
	if !errors.Is(err, promstore.ErrOpening) {
		if err != nil {
			err = errors.Join(err, store.Close())
		}
		return err
	}
	e.settings.Logger.Info("the store is read behind the start: queries are answered 503 until then", zap.String("directory", e.config.Directory))
	go func() {
		if err := store.Opened(context.Background()); err != nil {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("exporters::tsdb: directory: %w", err)))
		}
	}()
	return nil
}

func (e *tsdbExporter) serve(ctx context.Context, host component.Host, store *promstore.Store) error {
	handler := e.config.AllowedHosts.Protect(e.config.API.NetAddr.Endpoint, "allowed_hosts", store.Handler())
	config := e.config.API
	config.Auth = configoptional.None[confighttp.AuthConfig]() // each route asks by itself, probes do not
	server, err := config.ToServer(ctx, host.GetExtensions(), e.settings, handler)
	if err != nil {
		return fmt.Errorf("server of the Prometheus API: %w", err)
	}
	listener, err := config.ToListener(ctx)
	if err != nil {
		return fmt.Errorf("endpoint: %s: %w: free the address or configure another one", e.config.API.NetAddr.Endpoint, err)
	}
	e.server, e.served = server, make(chan struct{})
	e.settings.Logger.Info("Prometheus API serves", zap.String("address", listener.Addr().String()), zap.String("directory", e.config.Directory))
	go func(served chan struct{}) {
		defer close(served)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("server of the Prometheus API: %w", err)))
		}
	}(e.served)
	return nil
}

// shutdown stops the server, within ctx gently, and closes the store. What
// start did not make it leaves out, and a second time it does nothing.
func (e *tsdbExporter) shutdown(ctx context.Context) error {
	var errs []error
	if e.server != nil {
		if err := e.server.Shutdown(ctx); err != nil {
			errs = append(errs, err, e.server.Close()) // ends the queries that Shutdown waited for
		}
		<-e.served
	}
	if e.store != nil {
		e.rules.stop(ctx)
		errs = append(errs, e.store.Close())
	}
	e.telemetry.Shutdown()
	return errors.Join(errs...)
}

// consume stores metrics. An error means that all of them may be sent again.
func (e *tsdbExporter) consume(ctx context.Context, metrics pmetric.Metrics) error {
	if e.store == nil {
		return promstore.ErrClosed
	}
	result, err := e.store.Append(ctx, metrics, time.Now())
	if err != nil {
		return err
	}
	e.rules.wake()
	e.telemetry.ExporterTsdbSamplesStored.Add(ctx, int64(result.Stored))
	if result.AnyRefused() {
		e.countRefused(ctx, result)
	}
	return nil
}

func (e *tsdbExporter) countRefused(ctx context.Context, result promstore.Result) {
	fields := make([]zap.Field, 0, promstore.NumRefusals+1)
	for i, n := range result.Refused {
		if n == 0 {
			continue
		}
		reason := promstore.Refusal(i).String()
		e.telemetry.ExporterTsdbSamplesRefused.Add(ctx, int64(n), metric.WithAttributes(attribute.String("reason", reason)))
		fields = append(fields, zap.Int(reason, n))
	}
	e.settings.Logger.Warn("samples refused", append(fields, zap.Int("stored", result.Stored))...)
}

// slogOf passes the store's warnings on. The TSDB informs of every block that
// it cuts, which is nobody's concern.
func slogOf(logger *zap.Logger) *slog.Logger {
	return slog.New(zapslog.NewHandler(logger.WithOptions(zap.IncreaseLevel(zap.WarnLevel)).Core(), zapslog.AddStacktraceAt(slog.LevelError+1)))
}
