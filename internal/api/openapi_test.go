// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/inquiry"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// document is openapi.yaml, in which an object has no other properties than
// those that are described.
type document struct {
	root   map[string]any
	schema *jsonschema.Compiler
}

var openapi = sync.OnceValue(func() *document {
	var root any
	if err := yaml.Unmarshal(description, &root); err != nil {
		panic(err)
	}
	closeObjects(root)
	text, err := json.Marshal(root)
	if err != nil {
		panic(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("openapi.json", read); err != nil {
		panic(err)
	}
	return &document{root: read.(map[string]any), schema: c}
})

func closeObjects(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, has := n["properties"]; has {
			n["additionalProperties"] = false
		}
		for _, child := range n {
			closeObjects(child)
		}
	case []any:
		for _, child := range n {
			closeObjects(child)
		}
	}
}

// at is the part behind keys, through references, with its place.
func (d *document) at(t *testing.T, keys ...string) (part any, place string, found bool) {
	t.Helper()
	part, place = d.root, "#"
	for _, key := range keys {
		part, found = part.(map[string]any)[key]
		if !found {
			return nil, "", false
		}
		place += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
		for {
			ref, refers := part.(map[string]any)["$ref"].(string)
			if !refers {
				break
			}
			var is bool
			if part, _, is = d.at(t, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...); !is {
				t.Fatalf("%s: no %s", place, ref)
			}
			place = ref
		}
	}
	return part, place, true
}

func (d *document) compile(t *testing.T, place string) *jsonschema.Schema {
	t.Helper()
	s, err := d.schema.Compile("openapi.json" + place)
	require.NoError(t, err)
	return s
}

// parameter is one that the document has for an operation.
type parameter struct {
	Name, In string
	Required bool
	Example  any
	Schema   map[string]any
}

// parameters are those of an operation, of its path among them.
func (d *document) parameters(t *testing.T, path, method string) (all []parameter) {
	t.Helper()
	for _, of := range [][]string{{"paths", path}, {"paths", path, method}} {
		operation, _, found := d.at(t, of...)
		require.True(t, found, of)
		list, _ := operation.(map[string]any)["parameters"].([]any)
		for _, part := range list {
			if ref, refers := part.(map[string]any)["$ref"].(string); refers {
				part, _, _ = d.at(t, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			}
			text, err := json.Marshal(part)
			require.NoError(t, err)
			var p parameter
			require.NoError(t, json.Unmarshal(text, &p))
			all = append(all, p)
		}
	}
	return all
}

// path is how the document writes a pattern.
func (r *route) path() string { return strings.TrimSuffix(r.pattern, "{$}") }

// target is a request for a route, of an organization, with what it needs as in
// the document's examples.
func (r *route) target(t *testing.T, organization string, more ...string) string {
	t.Helper()
	target, query := r.path(), url.Values{}
	for _, p := range openapi().parameters(t, r.path(), strings.ToLower(r.method)) {
		value := ""
		switch v := p.Example.(type) {
		case string:
			value = v
		case float64:
			value = strconv.FormatFloat(v, 'f', -1, 64)
		default:
			t.Fatalf("%s %s: parameter %s has no example", r.method, r.pattern, p.Name)
		}
		switch {
		case p.Name == "organization" && p.In == "path":
			target = strings.ReplaceAll(target, "{organization}", url.PathEscape(organization))
		case p.In == "path":
			target = strings.ReplaceAll(target, "{"+p.Name+"}", url.PathEscape(value))
		case p.Name == "organization" && slices.Contains(more, p.Name):
			query.Set(p.Name, organization)
		case p.Required || slices.Contains(more, p.Name):
			query.Set(p.Name, value)
		}
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	return target
}

// described requires an answer to be one that the document has.
func described(t *testing.T, a *API, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	d := openapi()
	mux, ways := http.NewServeMux(), map[string]route{}
	for _, way := range a.routes() {
		if _, known := ways[way.pattern]; !known {
			mux.Handle(way.pattern, http.NotFoundHandler())
		}
		ways[way.pattern] = way
	}
	_, pattern := mux.Handler(r)
	method := strings.ToLower(r.Method)
	if r.Method == http.MethodHead {
		method = "get"
	}
	way := ways[pattern]
	response, place, found := d.at(t, "paths", way.path(), method, "responses", strconv.Itoa(w.Code))
	kind, _, _ := mime.ParseMediaType(w.Header().Get("Content-Type"))
	switch {
	case slices.Contains([]int{http.StatusMethodNotAllowed, http.StatusInternalServerError}, w.Code) || pattern == "":
		kind, place = "application/json", "#/components/schemas/Error" // as on every path
	case !found:
		t.Fatalf("%s %s: openapi.yaml has no answer %d: %s", r.Method, r.URL, w.Code, w.Body)
	default:
		contents, has := response.(map[string]any)["content"].(map[string]any)
		if !has {
			require.Empty(t, w.Body.String())
			return
		}
		require.Contains(t, contents, kind, "%s %s: %d", r.Method, r.URL, w.Code)
		place += "/content/" + strings.ReplaceAll(kind, "/", "~1") + "/schema"
	}
	if kind == "application/json" {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
		require.NoError(t, err, w.Body)
		require.NoError(t, d.compile(t, place).Validate(value), "%s %s: %s", r.Method, r.URL, w.Body)
		return
	}
	require.NoError(t, d.compile(t, place).Validate(w.Body.String()))
}

func TestTheDocumentHasTheRoutesAndTheirParameters(t *testing.T) {
	d := openapi()
	routes := map[string][]string{}
	for _, r := range (&API{}).routes() {
		var names []string
		for segment := range strings.SplitSeq(r.path(), "/") {
			if name, is := strings.CutPrefix(segment, "{"); is {
				names = append(names, "path "+strings.TrimSuffix(name, "}"))
			}
		}
		for _, name := range r.query {
			names = append(names, "query "+name)
		}
		routes[r.method+" "+r.path()] = names
	}
	operations := map[string][]string{}
	paths, _, _ := d.at(t, "paths")
	ids := map[any]bool{}
	for path, item := range paths.(map[string]any) {
		for method, operation := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			var names []string
			for _, p := range d.parameters(t, path, method) {
				names = append(names, p.In+" "+p.Name)
			}
			operations[strings.ToUpper(method)+" "+path] = names
			o := operation.(map[string]any)
			require.NotEmpty(t, o["summary"], path)
			require.False(t, ids[o["operationId"]], "operationId %s: used twice", o["operationId"])
			ids[o["operationId"]] = true
		}
	}
	require.ElementsMatch(t, slices.Sorted(maps.Keys(routes)), slices.Sorted(maps.Keys(operations)))
	for name, parameters := range routes {
		require.ElementsMatch(t, parameters, operations[name], name)
	}
}

func TestExamplesFollowTheirSchemas(t *testing.T) {
	d, found := openapi(), 0
	var walk func(node any, place string)
	walk = func(node any, place string) {
		switch n := node.(type) {
		case map[string]any:
			if example, has := n["example"]; has && n["schema"] != nil {
				found++
				require.NoError(t, d.compile(t, place+"/schema").Validate(example), place)
			}
			for key, child := range n {
				walk(child, place+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
			}
		case []any:
			for i, child := range n {
				walk(child, place+"/"+strconv.Itoa(i))
			}
		}
	}
	walk(d.root, "#")
	require.Greater(t, found, 10)
}

// TestEveryAnswerThatIsDescribedIsGiven brings each route into each situation
// that answers are described for. What it answers has to be described, and what
// is described has to be answered.
func TestEveryAnswerThatIsDescribedIsGiven(t *testing.T) {
	d := openapi()
	for _, way := range (&API{}).routes() {
		t.Run(way.method+" "+way.path(), func(t *testing.T) {
			given := map[string]bool{}
			try := func(change func(*API, *fakeBook), target, body string, header ...string) {
				b := closed()
				b.statuses = append(b.statuses, inquiry.Status{ID: "globex"})
				a := over(t, b)
				a.lists(t, "organizations: [{id: globex}]")
				change(a, b)
				given[strconv.Itoa(ask(t, a, way.method, target, body, header...).Code)] = true
			}
			asIs := func(*API, *fakeBook) {}
			locked := func(a *API, _ *fakeBook) { a.Authenticate, a.Challenge = named, "Basic" }
			closed := func(a *API, _ *fakeBook) {
				a.Open = func() (Book, error) { return nil, usage.ErrUnavailable }
			}
			acme := way.target(t, "acme")
			body, kind := way.body(t)
			try(asIs, acme, body, "Content-Type", kind)
			try(asIs, strings.Replace(acme, "acme-monthly-bill", "none", 1), body, "Content-Type", kind)
			if slices.Contains(way.query, "schedule") {
				try(asIs, acme+"?schedule=none", "")
			}
			if kind == asForm {
				try(asIs, acme, "do=delete&schedule=none", "Content-Type", kind)
			}
			try(asIs, acme, "", "If-None-Match", "*")
			try(asIs, way.path()+"?%", "")
			try(locked, acme, "")
			try(locked, acme, "", as("nobody")...)
			try(asIs, way.target(t, "initech", "organization"), "")
			try(asIs, way.target(t, "globex"), "")
			if slices.Contains(way.query, "organization") {
				try(asIs, acme+"?organization=initech", "")
			}
			try(asIs, acme, "no JSON", "Content-Type", "text/plain")
			try(func(a *API, _ *fakeBook) { a.Catalogue = func() Catalogue { return Catalogue{} } }, acme, "")
			try(closed, acme, "")
			try(func(a *API, _ *fakeBook) { a.Moving = fakeShard{stuck: true} }, acme, body, "Content-Type", kind)
			responses, _, _ := d.at(t, "paths", way.path(), strings.ToLower(way.method), "responses")
			for status := range responses.(map[string]any) {
				require.True(t, given[status], "%s is never answered", status)
			}
		})
	}
}

func TestParametersThatAreDescribedAreUnderstoodAndNoOthers(t *testing.T) {
	a, _ := guarded(t)
	a.Authenticate = nil
	for _, way := range a.routes() {
		for _, name := range way.query {
			w := ask(t, a, way.method, way.target(t, "acme", name), "")
			require.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, w.Code, "%s?%s: %s", way.pattern, name, w.Body) // it may need another beside it
			require.NotContains(t, w.Body.String(), "no such parameter")
			w = ask(t, a, way.method, way.path()+"?"+name+"=a&"+name+"=b", "")
			require.Equal(t, http.StatusBadRequest, w.Code, "%s?%s", way.pattern, name)
			require.Contains(t, w.Body.String(), name+": given 2 times: give it once")
		}
		w := ask(t, a, way.method, way.path()+"?organisation=acme", "")
		require.Equal(t, http.StatusBadRequest, w.Code, way.pattern)
		require.Contains(t, w.Body.String(), "organisation: no such parameter: ")
		for _, name := range way.query {
			require.Contains(t, w.Body.String(), name)
		}
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	w := get(t, over(t, kept()), "/api/v1/openapi.yaml")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/yaml", w.Header().Get("Content-Type"))
	require.Equal(t, string(description), w.Body.String())
}

// A report in JSON has a schema of its own, which its readers may have without
// the API.
func TestTheSchemaOfReportsIsTheirs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "report", "json", "schema.json"))
	require.NoError(t, err)
	var theirs map[string]any
	require.NoError(t, json.Unmarshal(bytes.ReplaceAll(text, []byte("#/$defs/row"), []byte("#/components/schemas/ReportRow")), &theirs))
	row := theirs["$defs"].(map[string]any)["row"]
	for _, key := range []string{"$schema", "$defs", "title"} {
		delete(theirs, key)
	}
	var ours struct {
		Components struct{ Schemas map[string]any }
	}
	require.NoError(t, yaml.Unmarshal(description, &ours))
	for name, want := range map[string]any{"Report": theirs, "ReportRow": row} {
		want, err := json.Marshal(want)
		require.NoError(t, err)
		got, err := json.Marshal(ours.Components.Schemas[name])
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got))
	}
}

func TestThePageHasEveryRouteAndTypeOfError(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	require.NoError(t, err)
	for _, way := range (&API{}).routes() {
		_, row, found := strings.Cut(string(text), "\n| `"+way.method+" "+way.path()+"` |")
		require.True(t, found, "%s %s", way.method, way.path())
		row, _, _ = strings.Cut(row, "\n")
		for _, name := range way.query {
			require.Contains(t, row, "`"+name+"`", way.path())
		}
	}
	kinds, _, found := openapi().at(t, "components", "schemas", "Error", "properties", "errorType")
	require.True(t, found)
	for _, kind := range kinds.(map[string]any)["enum"].([]any) {
		require.Contains(t, string(text), fmt.Sprintf("`%s`", kind))
	}
}
