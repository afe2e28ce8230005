// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

// maxBody bounds what a page sends: a schedule with its recipients.
const maxBody = 1 << 20

// passed are routes whose request is made at the usage API: of its path, {name}
// is a parameter of ours, which is escaped there, since Grafana hands on no
// escaped path. What is not here cannot be asked for: erasing, backups, the
// catalogue.
var passed = map[string]string{
	"GET /access":          "/api/v1/access",
	"GET /organizations":   "/api/v1/organizations",
	"GET /users":           "/api/v1/organizations/{organization}/users",
	"GET /explain":         "/api/v1/organizations/{organization}/explain",
	"GET /statements":      "/api/v1/organizations/{organization}/statements",
	"GET /report":          "/api/v1/reports/{kind}",
	"GET /schedules":       "/api/v1/schedules",
	"POST /schedules":      "/api/v1/schedules",
	"GET /schedule":        "/api/v1/schedules/{schedule}",
	"PUT /schedule":        "/api/v1/schedules/{schedule}",
	"DELETE /schedule":     "/api/v1/schedules/{schedule}",
	"GET /deliveries":      "/api/v1/schedules/{schedule}/deliveries",
	"POST /schedule/test":  "/api/v1/schedules/{schedule}/test",
	"POST /schedule/retry": "/api/v1/schedules/{schedule}/retry",
}

// routes are what the query editor, variables and pages call.
func (d *Datasource) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, path := range passed {
		mux.Handle(pattern, d.forPerson(func(w http.ResponseWriter, r *http.Request, who person) error {
			return d.pass(w, r, who, path)
		}))
	}
	mux.Handle("POST /variable", d.forPerson(func(w http.ResponseWriter, r *http.Request, who person) error {
		var v variableQuery
		text, err := read(r)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &v); err != nil {
			return &refusal{status: http.StatusBadRequest, text: "the body is no query of a variable: " + err.Error()}
		}
		choices, err := d.variable(r.Context(), who, v)
		return writeJSON(w, choices, err)
	}))
	mux.Handle("GET /choices", d.forPerson(func(w http.ResponseWriter, r *http.Request, who person) error {
		c, err := d.choices(r.Context(), who, r.URL.Query().Get("organization"))
		return writeJSON(w, c, err)
	}))
	return mux
}

// forPerson runs a handler for whom Grafana's server says that asks.
func (d *Datasource) forPerson(handle func(http.ResponseWriter, *http.Request, person) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := personOf(backend.PluginConfigFromContext(r.Context()), d.settings)
		if err == nil {
			err = handle(w, r, who)
		}
		if err != nil {
			refuse(w, err)
		}
	})
}

// refuse says what is wrong, in the form that Grafana shows.
func refuse(w http.ResponseWriter, err error) {
	r := failed(err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(r.Status))
	if err := json.NewEncoder(w).Encode(map[string]string{"message": err.Error()}); err != nil {
		log.DefaultLogger.Error("answer", "error", err)
	}
}

func writeJSON(w http.ResponseWriter, v any, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// read is the body of a request, which may have none.
func read(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(text) > maxBody {
		err = &refusal{status: http.StatusRequestEntityTooLarge, text: "the body is too long"}
	}
	return text, err
}

// pass makes a request at the usage API and hands its answer on as it comes.
func (d *Datasource) pass(w http.ResponseWriter, r *http.Request, who person, path string) error {
	query := r.URL.Query()
	path, err := filled(path, query)
	if err != nil {
		return err
	}
	var body io.Reader // of what changes something: it is JSON, also where there is nothing to say
	if r.Method != http.MethodGet {
		text, err := read(r)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	response, err := d.api.ask(r.Context(), who, r.Method, path, query, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for _, name := range []string{"Content-Type", "Content-Disposition"} {
		if value := response.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	// A report has names that people have chosen. It is kept, or shown as a
	// table, and never run as a page of Grafana's.
	w.Header().Set("Content-Security-Policy", "sandbox")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(response.StatusCode)
	return copyParts(w, response.Body)
}

// copyParts hands a long answer on in parts, as Grafana takes no message of any
// size.
func copyParts(w http.ResponseWriter, from io.Reader) error {
	const part = 1 << 20
	flusher, ok := w.(http.Flusher)
	for ok {
		switch n, err := io.CopyN(w, from, part); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("the usage API broke off: %w", err)
		case n == part:
			flusher.Flush()
		}
	}
	_, err := io.Copy(w, from)
	return err
}

// filled puts parameters into a path, and takes them out of the query.
func filled(path string, query url.Values) (string, error) {
	for _, name := range []string{"organization", "kind", "schedule"} {
		before, after, found := strings.Cut(path, "{"+name+"}")
		if !found {
			continue
		}
		value := query.Get(name)
		if value == "" || len(query[name]) > 1 {
			return "", &refusal{status: http.StatusBadRequest, text: name + ": name one"}
		}
		query.Del(name)
		path = before + segment(value) + after
	}
	return path, nil
}

// segment writes an id for a path of the usage API, which takes one of a dot or
// two, or one that begins with =, with = before it.
func segment(id string) string {
	if id == "." || id == ".." || strings.HasPrefix(id, "=") {
		id = "=" + id
	}
	return url.PathEscape(id)
}
