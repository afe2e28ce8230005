// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/route"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/tsdb"
	v1 "github.com/prometheus/prometheus/web/api/v1"

	"github.com/otelcol-usage/otelcol-usage/internal/access/promql"
	"github.com/otelcol-usage/otelcol-usage/internal/admission"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore/query"
)

// apiVersion is the Prometheus release whose API this is (module v0.315.0);
// Grafana asks for it to learn which calls it may make.
const apiVersion = "3.15.0"

// need is what a client must be allowed for a route. The zero need is none that
// a route may have.
type need uint8

const (
	// seeAny: to see something; the answer has of it what the client may see.
	seeAny need = iota + 1
	// seeAll: to see every organization, since the answer tells of the whole
	// store.
	seeAll
)

// apiRoute is a route of Prometheus' API that is answered, and what it takes.
type apiRoute struct {
	pattern string
	needs   need
	// theirs answers who may not see all, where Prometheus has no answer that is
	// made of what they may read.
	theirs func(*Store, http.ResponseWriter, *http.Request)
}

// apiRoutes are the routes that are answered; every other one is not found. In
// particular nothing here writes, deletes, or reads files. A new one has to be
// listed with its rights in docs/security.md, and has to read what organizations
// have by a boundReader.
var apiRoutes = []apiRoute{
	{"GET /api/v1/query", seeAny, nil}, {"POST /api/v1/query", seeAny, nil},
	{"GET /api/v1/query_range", seeAny, nil}, {"POST /api/v1/query_range", seeAny, nil},
	{"GET /api/v1/format_query", seeAny, nil}, {"POST /api/v1/format_query", seeAny, nil},
	{"GET /api/v1/parse_query", seeAny, nil}, {"POST /api/v1/parse_query", seeAny, nil},
	{"GET /api/v1/series", seeAny, nil}, {"POST /api/v1/series", seeAny, nil},
	{"GET /api/v1/labels", seeAny, nil}, {"POST /api/v1/labels", seeAny, nil},
	{"GET /api/v1/label/{name}/values", seeAny, nil},
	{"GET /api/v1/metadata", seeAny, nil},
	{"GET /api/v1/rules", seeAny, (*Store).theirRules},
	{"GET /api/v1/alerts", seeAny, (*Store).theirAlerts},
	{"GET /api/v1/alertmanagers", seeAll, nil},
	{"GET /api/v1/status/buildinfo", seeAny, nil},
	{"GET /api/v1/status/runtimeinfo", seeAll, nil},
	{"GET /api/v1/status/tsdb", seeAll, nil},
	{"GET /api/v1/status/config", seeAll, nil},
	{"GET /api/v1/status/flags", seeAll, nil},
}

// Handler serves the Prometheus HTTP API, the two probes and, at /, a page
// that says what this is.
func (s *Store) Handler() http.Handler {
	router := route.New().WithPrefix("/api/v1")
	s.newAPI().Register(router)
	mux, gate := http.NewServeMux(), query.NewGate(s.settings.Queries)
	for _, way := range apiRoutes {
		api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if way.theirs != nil && !boundOf(r.Context()).Everything() {
				s.whenReady(func(w http.ResponseWriter, r *http.Request) { way.theirs(s, w, r) })(w, r)
				return
			}
			// Cross-origin calls are the server's to allow (cors); the API has a
			// rule of its own for requests that show their origin.
			r.Header.Del("Origin")
			router.ServeHTTP(w, r)
		})
		mux.Handle(way.pattern, s.admit(way.needs, gate.Admit(shareOf, api).ServeHTTP))
	}
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "healthy\n") })
	mux.HandleFunc("GET /-/ready", s.serveReady)
	mux.HandleFunc("GET /{$}", s.admit(seeAny, s.servePage))
	return mux
}

// admit serves next to who may ask for it, with what they may read in its
// context.
func (s *Store) admit(needs need, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := s.settings.principal(r)
		var refused *admission.Refusal
		switch {
		case errors.As(err, &refused):
			refused.Head(w.Header())
			query.WriteError(w, refused.Status, refused.Kind, refused.Text)
		case err != nil:
			query.WriteError(w, http.StatusInternalServerError, "internal", "internal error: see the collector's log")
			s.logger.Error("admit request", "path", r.URL.Path, "error", err)
		case needs != seeAny && !p.SeesAll():
			query.WriteError(w, http.StatusForbidden, "forbidden", `this tells of the whole store: it needs a principal of all organizations, ["*"]`)
		default:
			bound := promql.To(p.Organizations())
			if p.SeesAll() {
				bound = promql.Everything()
			}
			next(w, r.WithContext(withBound(context.WithValue(r.Context(), shareKey{}, p.Name()), bound)))
		}
	}
}

// shareKey is that of the name of whoever has a share of the places for queries.
type shareKey struct{}

// shareOf returns that name: of every principal, also of one that sees all. It is ""
// only where nobody authenticates, since all who ask are then one.
func shareOf(ctx context.Context) string {
	name, _ := ctx.Value(shareKey{}).(string)
	return name
}

func (s *Store) serveReady(w http.ResponseWriter, _ *http.Request) {
	if !s.Ready() {
		writeText(w, http.StatusServiceUnavailable, "not ready: the store is closed\n")
		return
	}
	writeText(w, http.StatusOK, "ready\n")
}

// whenReady answers for the API while the store is closed.
func (s *Store) whenReady(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.Ready() {
			next(w, r)
			return
		}
		query.WriteError(w, http.StatusServiceUnavailable, "unavailable", "the store is closed for now: try again")
	}
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client went away: nobody to tell
}

// newAPI builds Prometheus' API over this store, with nothing behind what the
// store does not do: scraping, exemplars, remote read and write.
func (s *Store) newAPI() *v1.API {
	read := query.Reader{SampleAndChunkQueryable: boundReader{reader{s}}, Limits: s.settings.Queries}
	return v1.NewAPI(
		s.engine, read,
		nil, nil, // appendables
		nil, // exemplars
		func(context.Context) v1.ScrapePoolsRetriever { return absent{} },
		s.targets,
		func(context.Context) v1.AlertmanagerRetriever { return s.alerting() },
		func() config.Config { return config.Config{} },
		s.flags(),
		v1.GlobalURLOptions{},
		s.whenReady,
		admin{store: s},
		s.settings.Directory,
		false, false, 0, // admin calls and search: off
		s.logger,
		func(context.Context) v1.RulesRetriever { return s.alerting() },
		0, 0, 0, // remote read: not routed
		false,
		nil, // origins: see Handler
		s.runtimeInfo,
		&v1.PrometheusVersion{Version: apiVersion, GoVersion: runtime.Version()},
		nil, nil, // notifications: not routed
		prometheus.GathererFunc(s.gather), nil,
		nil,
		false, nil, // remote write: off
		false, false, false, // OTLP: off
		false,
		query.Lookback,
		false, false,
		nil, nil,
		v1.OpenAPIOptions{IncludePaths: []string{"/query"}, Version: apiVersion},
		s.engine.Parser,
	)
}

// alerting is what rules show of themselves.
type alerting interface {
	v1.RulesRetriever
	v1.AlertmanagerRetriever
}

func (s *Store) alerting() alerting {
	if r := s.rules.Load(); r != nil {
		return r
	}
	return absent{}
}

func (s *Store) flags() map[string]string {
	return map[string]string{
		"storage.tsdb.path":           s.settings.Directory,
		"storage.tsdb.retention.time": model.Duration(s.settings.Retention).String(),
		"query.timeout":               model.Duration(s.settings.Queries.Timeout).String(),
		"query.lookback-delta":        model.Duration(query.Lookback).String(),
		"query.max-concurrency":       strconv.Itoa(s.settings.Queries.Concurrency),
		"query.max-samples":           strconv.Itoa(s.settings.Queries.Samples),
	}
}

func (s *Store) runtimeInfo() (v1.RuntimeInfo, error) {
	hostname, _ := os.Hostname() // shown only; may be empty
	return v1.RuntimeInfo{
		StartTime:           s.started,
		Hostname:            hostname,
		ReloadConfigSuccess: true,
		LastConfigTime:      s.started,
		GoroutineCount:      runtime.NumGoroutine(),
		GOMAXPROCS:          runtime.GOMAXPROCS(0),
		StorageRetention:    model.Duration(s.settings.Retention).String(),
	}, nil
}

// gather returns the TSDB's own metrics, of which status/tsdb shows one.
func (s *Store) gather() ([]*dto.MetricFamily, error) {
	session, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer session.release()
	return session.registry.Gather()
}

// absent is what the API asks for and this store has none of, besides the
// metadata of what was appended.
type absent struct {
	metadata map[string][]*scrape.Target
}

func (absent) ScrapePools() []string                        { return nil }
func (a absent) TargetsActive() map[string][]*scrape.Target { return a.metadata }
func (absent) TargetsDropped() map[string][]*scrape.Target  { return nil }
func (absent) TargetsDroppedCounts() map[string]int         { return nil }
func (absent) Alertmanagers() []*url.URL                    { return nil }
func (absent) DroppedAlertmanagers() []*url.URL             { return nil }
func (absent) RuleGroups() []*rules.Group                   { return nil }
func (absent) AlertingRules() []*rules.AlertingRule         { return nil }
func (absent) ScrapePoolConfig(string) (*config.ScrapeConfig, error) {
	return nil, errors.New("this store does not scrape")
}

// admin is what the API asks of the TSDB. The calls that change it are neither
// routed nor enabled.
type admin struct{ store *Store }

var errReadOnly = errors.New("this API only reads")

func (admin) CleanTombstones() error { return errReadOnly }

func (admin) Delete(context.Context, int64, int64, ...*labels.Matcher) error { return errReadOnly }

func (admin) Snapshot(string, bool) error { return errReadOnly }

func (a admin) Stats(label string, limit int) (*tsdb.Stats, error) {
	session, err := a.store.acquire()
	if err != nil {
		return nil, err
	}
	defer session.release()
	return session.db.Head().Stats(label, limit), nil
}

func (admin) WALReplayStatus() (tsdb.WALReplayStatus, error) { return tsdb.WALReplayStatus{}, nil }

func (a admin) BlockMetas() ([]tsdb.BlockMeta, error) {
	session, err := a.store.acquire()
	if err != nil {
		return nil, err
	}
	defer session.release()
	return session.db.BlockMetas(), nil
}

// shownRoutes are the routes for the page, once each.
func shownRoutes() []string {
	var paths []string
	for _, way := range apiRoutes {
		if method, path, _ := strings.Cut(way.pattern, " "); method == http.MethodGet {
			paths = append(paths, path)
		}
	}
	return paths
}
