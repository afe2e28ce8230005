// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/admission"
	"github.com/otelcol-usage/otelcol-usage/internal/merge"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/site"
)

// Types of errors, as the Prometheus API has them.
const (
	badData     = "bad_data"
	noRight     = "forbidden"
	notFound    = "not_found"
	notAllowed  = "method_not_allowed"
	conflict    = "conflict"
	unavailable = "unavailable"
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

// handler answers a request that was let in; an error is returned before
// anything is written.
type handler func(http.ResponseWriter, *admitted) error

// reply writes the error that a function returns. What is not said otherwise is
// kept by nobody.
func (a *API) reply(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		err := handle(w, r)
		var (
			refused *apiError
			shut    *admission.Refusal
			twice   *merge.TwiceError
		)
		switch {
		case err == nil:
		case errors.As(err, &shut):
			shut.Head(header)
			writeError(w, &apiError{shut.Status, shut.Kind, shut.Text})
		case errors.As(err, &refused):
			writeError(w, refused)
		case errors.As(err, &twice):
			writeError(w, refuse(http.StatusConflict, conflict, "%s", twice))
		default:
			a.Logger.Error("answer request", zap.String("path", r.URL.Path), zap.Error(err))
			writeError(w, refuse(http.StatusInternalServerError, "internal", "internal error: see the collector's log"))
		}
	}
}

// envelope is around every JSON answer, as in the Prometheus API.
type envelope struct {
	Status string `json:"status"`
	Data   any    `json:"data,omitempty"`
	// Incomplete are shards of which nothing is in data that belongs there.
	Incomplete []report.Missing `json:"incomplete,omitempty"`
	ErrorType  string           `json:"errorType,omitempty"`
	Error      string           `json:"error,omitempty"`
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
func answer[T any](data func(*admitted) (T, error)) handler {
	return func(w http.ResponseWriter, r *admitted) error {
		d, err := data(r)
		if err != nil {
			return err
		}
		var body bytes.Buffer
		writeJSON(&body, envelope{Status: "success", Data: d, Incomplete: r.missing})
		headMissing(w, r.missing)
		w.Header().Set("Content-Type", "application/json")
		if unchanged(w, r.Request, body.Bytes()) {
			return nil
		}
		_, _ = w.Write(body.Bytes()) // the client has gone if it fails
		return nil
	}
}

// headPage says that a page of the site follows. Its forms have to tell where
// they come from, which is no-referrer's to hide: browsers would send Origin:
// null, and on plain HTTP there is nothing else to know another site by.
func headPage(w http.ResponseWriter, p *site.Page) {
	w.Header().Set("Referrer-Policy", "same-origin")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", p.Policy)
}

// stream writes what may be large. An error before anything has left is
// returned; one after that breaks the connection, so that nobody takes a part
// for the whole.
func (a *API) stream(w http.ResponseWriter, r *admitted, write func(io.Writer) error) error {
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

// unchanged marks the answer to a read with an ETag of its content and writes
// that the client has it already, if so. Clients may keep what is marked and
// have to ask whether it still holds, by which they are also asked who they are.
func unchanged(w http.ResponseWriter, r *http.Request, content []byte) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	header := w.Header()
	header.Set("ETag", tag)
	header.Set("Cache-Control", "private, no-cache")
	header.Set("Vary", "Authorization, "+access.OnBehalfOf)
	for given := range strings.SplitSeq(strings.Join(r.Header.Values("If-None-Match"), ","), ",") {
		if given = strings.TrimSpace(given); given == "*" || strings.TrimPrefix(given, "W/") == tag {
			header.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}
