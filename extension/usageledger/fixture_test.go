// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/extension/usageledger/internal/metadata"
	"github.com/otelcol-usage/otelcol-usage/internal/api"
	"github.com/otelcol-usage/otelcol-usage/internal/calendar"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/part"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// at is the minute that the fake book's figures are of.
var at = time.Date(2026, time.November, 20, 14, 5, 0, 0, time.UTC)

// fakeBook is a book that answers what a test puts into it.
type fakeBook struct {
	api.Book // of which no test asks the rest

	extraction usage.Extraction
	latest     usage.Collection
	failure    error // of Ready, Record, Collect and SetCatalogue
	panics     any   // what Record and Collect panic with, if not nil

	recorded   int
	catalogues []*catalogue.Catalogue
	closed     int
	kept       map[string]map[string][]byte // by name and key
}

func (f *fakeBook) Extraction() usage.Extraction { return f.extraction }

func (f *fakeBook) Record(_ context.Context, _ time.Time, b *usage.Batch) error {
	if f.panics != nil {
		panic(f.panics)
	}
	f.recorded += len(b.Items)
	return f.failure
}

func (f *fakeBook) Collect(_ context.Context, now time.Time) (usage.Collection, error) {
	if f.panics != nil {
		panic(f.panics)
	}
	if f.failure != nil {
		return usage.Collection{}, f.failure
	}
	return usage.Collection{At: now.Truncate(time.Minute), Organizations: f.latest.Organizations}, nil
}

func (f *fakeBook) Latest() (usage.Collection, bool) { return f.latest, !f.latest.At.IsZero() }

func (f *fakeBook) SetCatalogue(_ context.Context, c *catalogue.Catalogue, _ time.Time) error {
	if f.failure != nil {
		return f.failure
	}
	f.catalogues = append(f.catalogues, c)
	return nil
}

func (f *fakeBook) Away() map[string]*part.Transfer { return nil }

func (f *fakeBook) IDs() []string { return nil }

func (f *fakeBook) Ready() error { return f.failure }

func (f *fakeBook) Scrubbed() ledger.Scrub { return ledger.Scrub{} }

func (f *fakeBook) Pseudonym(organization, user string) string {
	return "p(" + organization + "," + user + ")"
}

func (f *fakeBook) Status(id string) (inquiry.Status, bool) {
	return inquiry.Status{ID: id}, id == "acme"
}

func (f *fakeBook) Calendar(id string) (*calendar.Calendar, error) {
	if id != "acme" {
		return nil, inquiry.ErrNoOrganization
	}
	return calendar.New(time.UTC, 1), f.failure
}

func (f *fakeBook) Recall(_ context.Context, name string) (map[string][]byte, error) {
	return f.kept[name], f.failure
}

func (f *fakeBook) Remember(_ context.Context, name string, rows map[string][]byte) error {
	f.kept = map[string]map[string][]byte{name: rows}
	return f.failure
}

func (f *fakeBook) Close(context.Context) error {
	f.closed++
	return nil
}

// kept returns a book with a meter.
func kept() *fakeBook {
	day, _ := usage.ParseWindow("day") // it is one
	return &fakeBook{extraction: usage.Extraction{Meters: []usage.Meter{{
		Name: "api_calls", Type: usage.Consumption, Windows: []usage.Window{day}, Classes: []string{""},
		Versions: []usage.Version{{Classes: []usage.Class{{Actions: []string{"api.called"}}}}},
	}}}}
}

// get returns what the usage API answers.
func get(t *testing.T, e *ledgerExtension, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	e.api.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody))
	return w
}

// oneMeter is the smallest good definition.
const oneMeter = `meters: {api_calls: {type: consumption, actions: [api.called], windows: [day], unit: calls}}`

// configure decodes YAML over the defaults, with a port that is free.
func configure(t *testing.T, text string) *Config {
	t.Helper()
	var section map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &section))
	cfg := createDefaultConfig().(*Config)
	cfg.Directory = filepath.Join(t.TempDir(), "ledger")
	cfg.API.NetAddr.Endpoint = "localhost:0"
	require.NoError(t, confmap.NewFromStringMap(section).Unmarshal(cfg))
	return cfg
}

// settings returns an extension's settings and its log.
func logged(t *testing.T) (extension.Settings, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	set := extensiontest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	set.Logger = zap.New(core)
	return set, logs
}

// started returns a running extension on a fake book. It is shut down when the
// test ends.
func started(t *testing.T, cfg *Config, b *fakeBook) (*ledgerExtension, *observer.ObservedLogs) {
	t.Helper()
	set, logs := logged(t)
	e := newExtension(set, cfg, func(*Config, *catalogue.Catalogue, *zap.Logger, time.Time) (book, error) { return b, nil })
	require.NoError(t, e.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, e.Shutdown(context.Background())) })
	return e, logs
}

// writeFile writes a file that differs from its former self in time.
func writeFile(t *testing.T, path, text string) {
	t.Helper()
	before, err := os.Stat(path)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	if err == nil {
		later := before.ModTime().Add(time.Second)
		require.NoError(t, os.Chtimes(path, later, later))
	}
}
