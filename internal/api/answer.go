// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"go.uber.org/zap"
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

// read serves GET and HEAD.
func (a *API) read(handle handler) http.HandlerFunc {
	return a.serveOnly(handle, http.MethodGet, http.MethodHead)
}

// write serves POST.
func (a *API) write(handle handler) http.HandlerFunc {
	return a.serveOnly(handle, http.MethodPost)
}

// handler answers a request; an error is returned before anything is written.
type handler func(http.ResponseWriter, *http.Request) error

// serveOnly serves some methods, and writes the error that a handler returns.
func (a *API) serveOnly(handle handler, methods ...string) http.HandlerFunc {
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
			a.Logger.Error("answer request", zap.String("path", r.URL.Path), zap.Error(err))
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

// stream writes what may be large. An error before anything has left is
// returned; one after that breaks the connection, so that nobody takes a part
// for the whole.
func (a *API) stream(w http.ResponseWriter, r *http.Request, write func(io.Writer) error) error {
	counted := &counter{w: w}
	buffered := bufio.NewWriterSize(counted, streamBuffer)
	err := write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil || !counted.begun {
		return err
	}
	a.Logger.Error("answer broke off", zap.String("path", r.URL.Path), zap.Error(err))
	panic(http.ErrAbortHandler)
}

const streamBuffer = 64 << 10

// counter notes whether anything was written.
type counter struct {
	w     io.Writer
	begun bool
}

func (c *counter) Write(p []byte) (int, error) {
	c.begun = true
	return c.w.Write(p)
}
