// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usageledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/ledger"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Types of errors, as the Prometheus API has them.
const (
	badData     = "bad_data"
	notFound    = "not_found"
	unavailable = "unavailable"
	notAllowed  = "method_not_allowed"
	conflict    = "conflict"
)

// apiError is an answer that is not a success.
type apiError struct {
	status int
	kind   string
	text   string
}

func (e *apiError) Error() string { return e.text }

func refuse(status int, kind, format string, args ...any) *apiError {
	return &apiError{status, kind, fmt.Sprintf(format, args...)}
}

// handler is the whole HTTP surface: the page, the probes and the JSON API.
func (e *ledgerExtension) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", e.read(e.page))
	mux.HandleFunc("/-/healthy", e.read(healthy))
	mux.HandleFunc("/-/ready", e.read(e.readiness))
	mux.HandleFunc("/api/v1/status", e.read(answer(e.status)))
	mux.HandleFunc("/api/v1/organizations", e.read(answer(e.organizations)))
	mux.HandleFunc("/api/v1/organizations/{id}", e.serveOnly(answer(e.erase), http.MethodDelete))
	mux.HandleFunc("/api/v1/organizations/{id}/figures", e.read(answer(e.figures)))
	mux.HandleFunc("/api/v1/organizations/{id}/statements", e.read(answer(e.statements)))
	mux.HandleFunc("/api/v1/organizations/{id}/alerts/test", e.write(answer(e.testAlert)))
	mux.HandleFunc("/", e.read(func(_ http.ResponseWriter, r *http.Request) error {
		return refuse(http.StatusNotFound, notFound, "no such path: %s", r.URL.Path)
	}))
	return mux
}

// read serves GET and HEAD.
func (e *ledgerExtension) read(handle handler) http.HandlerFunc {
	return e.serveOnly(handle, http.MethodGet, http.MethodHead)
}

// write serves POST.
func (e *ledgerExtension) write(handle handler) http.HandlerFunc {
	return e.serveOnly(handle, http.MethodPost)
}

// handler answers a request; an error is returned before anything is written.
type handler func(http.ResponseWriter, *http.Request) error

// serveOnly serves some methods, and writes the error that a handler returns.
func (e *ledgerExtension) serveOnly(handle handler, methods ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		var err error
		if slices.Contains(methods, r.Method) {
			err = handle(w, r)
		} else {
			header.Set("Allow", strings.Join(methods, ", "))
			err = refuse(http.StatusMethodNotAllowed, notAllowed, "%s is not allowed here: use %s", r.Method, methods[0])
		}
		var refused *apiError
		switch {
		case err == nil:
		case errors.As(err, &refused):
			writeError(w, refused)
		default:
			e.logger.Error("answer request", zap.String("path", r.URL.Path), zap.Error(err))
			writeError(w, refuse(http.StatusInternalServerError, "internal", "internal error: see the collector's log"))
		}
	}
}

// envelope is around every JSON answer, as in the Prometheus API.
type envelope struct {
	Status    string `json:"status"`
	Data      any    `json:"data,omitempty"`
	ErrorType string `json:"errorType,omitempty"`
	Error     string `json:"error,omitempty"`
}

func writeJSON(w io.Writer, e envelope) {
	_ = json.NewEncoder(w).Encode(e) // it can be encoded; the client has gone if it fails
}

func writeError(w http.ResponseWriter, e *apiError) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.status)
	writeJSON(w, envelope{Status: "error", ErrorType: e.kind, Error: e.text})
}

// answer writes what a function returns as Prometheus does.
func answer(data func(*http.Request) (any, error)) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, err := data(r)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		writeJSON(w, envelope{Status: "success", Data: d})
		return nil
	}
}

func healthy(w http.ResponseWriter, _ *http.Request) error {
	_, _ = io.WriteString(w, "healthy\n") // the client has gone if it fails
	return nil
}

// readiness reports whether batches are acknowledged.
func (e *ledgerExtension) readiness(w http.ResponseWriter, _ *http.Request) error {
	if err := e.ready(); err != nil {
		return refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	_, _ = io.WriteString(w, "ready\n") // the client has gone if it fails
	return nil
}

// statusJSON is what an operator wants to know of the ledger itself.
type statusJSON struct {
	Ready     bool          `json:"ready"`
	Reason    string        `json:"reason,omitempty"`
	Collected *time.Time    `json:"collected"` // null before the first collection
	Catalogue catalogueJSON `json:"catalogue"`
	Warnings  []string      `json:"warnings"`
}

type catalogueJSON struct {
	Path          string     `json:"path"`
	Organizations int        `json:"organizations"`
	Loaded        *time.Time `json:"loaded"`
	Valid         bool       `json:"valid"` // the file is what is in force
	Error         string     `json:"error,omitempty"`
	Failed        *time.Time `json:"failed,omitempty"`
}

func (e *ledgerExtension) status(*http.Request) (any, error) {
	b, err := e.running()
	if err != nil {
		return nil, err
	}
	s := statusJSON{Ready: true, Warnings: append([]string{}, e.doubts.Load().warnings...)}
	if err := b.Ready(); err != nil {
		s.Ready, s.Reason = false, err.Error()
	}
	if c, collected := b.Latest(); collected {
		s.Collected = instant(c.At)
	}
	c, state := e.catalogue.current()
	s.Catalogue = catalogueJSON{
		Path: e.config.Catalogue, Organizations: c.Len(),
		Loaded: instant(state.Loaded), Valid: state.Err == nil, Failed: instant(state.Failed),
	}
	if state.Err != nil {
		s.Catalogue.Error = state.Err.Error()
	}
	return s, nil
}

// running returns the book for a request.
func (e *ledgerExtension) running() (book, error) {
	b, err := e.opened()
	if err != nil {
		return nil, refuse(http.StatusServiceUnavailable, unavailable, "%s", err)
	}
	return b, nil
}

// instant is a time for JSON; the zero time is null.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// organizationJSON is an organization and how its telemetry fares.
type organizationJSON struct {
	ID        string     `json:"id"`
	Name      string     `json:"name,omitempty"`
	Reseller  string     `json:"reseller,omitempty"`
	Timezone  string     `json:"timezone"`
	AnchorDay int        `json:"anchor_day"`
	LastEvent *time.Time `json:"last_event"` // null: none yet
	Silent    bool       `json:"silent"`
	// Items by signal and outcome; what is missing is 0.
	Items map[string]map[string]uint64 `json:"items"`
}

func (e *ledgerExtension) organizations(*http.Request) (any, error) {
	b, err := e.running()
	if err != nil {
		return nil, err
	}
	c, _ := e.catalogue.current()
	out := []organizationJSON{}
	for _, id := range b.IDs() {
		s, found := b.Status(id)
		if !found || id == usage.NoOrganization {
			continue
		}
		o := organizationJSON{
			ID: s.ID, Timezone: time.UTC.String(), AnchorDay: 1,
			LastEvent: instant(s.LastEvent), Silent: s.Silent, Items: itemsJSON(&s),
		}
		if listed, found := c.Lookup(s.ID); found {
			o.Name, o.Reseller, o.Timezone, o.AnchorDay = listed.Name, listed.Reseller, listed.Location.String(), listed.AnchorDay
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(x, y organizationJSON) int { return strings.Compare(x.ID, y.ID) })
	return out, nil
}

func itemsJSON(s *ledger.Status) map[string]map[string]uint64 {
	items := map[string]map[string]uint64{}
	for signal := range s.Items {
		for outcome, n := range s.Items[signal] {
			if n == 0 {
				continue
			}
			name := usage.Signal(signal).String()
			if items[name] == nil {
				items[name] = map[string]uint64{}
			}
			items[name][usage.Outcome(outcome).String()] = n
		}
	}
	return items
}

// figuresJSON are an organization's figures at one minute.
type figuresJSON struct {
	Organization string       `json:"organization"`
	At           time.Time    `json:"at"`
	Figures      []figureJSON `json:"figures"`
	// Statements are what figures of a closed period's end are taken from.
	Statements []statementRefJSON `json:"statements,omitempty"`
}

type statementRefJSON struct {
	Meter   string    `json:"meter"`
	Window  string    `json:"window"`
	Start   time.Time `json:"start"`
	Version uint32    `json:"version"`
}

type figureJSON struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  number            `json:"value"`
}

// number is a JSON number, or a text for what JSON has no number for.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return json.Marshal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return json.Marshal(v)
}

func (e *ledgerExtension) figures(r *http.Request) (any, error) {
	b, err := e.running()
	if err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	s, known := b.Status(id)
	if !known {
		return nil, unknownOrganization(id)
	}
	id = s.ID
	c, collected := b.Latest()
	if at := r.FormValue("at"); at != "" {
		t, err := parseTime(at)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, badData, "at: %q: %s", at, err)
		}
		if !collected || !t.Equal(c.At) {
			return closedFigures(r.Context(), b, id, t, c.At)
		}
	}
	if !collected {
		return nil, refuse(http.StatusServiceUnavailable, unavailable, "no figures yet: they are collected at the next whole minute")
	}
	out := figuresJSON{Organization: id, At: c.At.UTC(), Figures: []figureJSON{}}
	for _, f := range figuresOf(c, id) {
		labels := map[string]string{}
		for _, l := range f.Series.Labels {
			labels[l.Name] = l.Value
		}
		out.Figures = append(out.Figures, figureJSON{f.Series.Name, labels, number(f.Value)})
	}
	return out, nil
}

func unknownOrganization(id string) *apiError {
	return refuse(http.StatusNotFound, notFound, "organization %q: not in the catalogue, and no event of it was seen", id)
}

// parseTime reads a time as the Prometheus API does.
func parseTime(s string) (time.Time, error) {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(seconds) < 1e12 {
		whole, fraction := math.Modf(seconds)
		return time.Unix(int64(whole), int64(fraction*1e9)), nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, errors.New("write a time as 2026-11-21T14:05:00Z or as seconds since 1970")
	}
	return t, nil
}

// figuresOf returns an organization's figures of a collection.
func figuresOf(c usage.Collection, id string) []usage.Figure {
	i, found := slices.BinarySearchFunc(c.Organizations, id, func(o usage.OrganizationFigures, id string) int {
		return strings.Compare(o.Organization, id)
	})
	if !found {
		return nil
	}
	return c.Organizations[i].Figures
}
