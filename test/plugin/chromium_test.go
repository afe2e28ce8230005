// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/plugin/pkg/plugin"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// grafana stands in for Grafana's server: it serves the pages with what Grafana's
// frontend brings (plugin/harness), and hands calls to the backend as the user who
// is signed in.
type grafana struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	user     *backend.User
	settings *backend.DataSourceInstanceSettings // nil: no datasource is set up
	readOnly bool
	held     map[string]chan struct{} // paths of the backend that do not answer until their channel is closed
}

func newGrafana(t *testing.T, settings *backend.DataSourceInstanceSettings) *grafana {
	t.Helper()
	root := collector.Root(t)
	pages := filepath.Join(root, "build", "plugin-harness")
	require.FileExists(t, filepath.Join(pages, "harness.js"), "make build/plugin-harness makes it")
	g := &grafana{t: t, settings: settings, user: operator}
	mux := http.NewServeMux()
	mux.Handle("/harness/", http.StripPrefix("/harness/", http.FileServer(http.Dir(pages))))
	icons := filepath.Join(root, "plugin", "node_modules", "@grafana", "ui", "dist", "public")
	mux.Handle("/public/build/", http.StripPrefix("/public/build/", http.FileServer(http.Dir(icons))))
	mux.HandleFunc("/api/datasources/uid/usage/resources/{path...}", g.resource)
	mux.HandleFunc("GET /api/datasources/uid/usage/health", g.health)
	mux.HandleFunc("GET /api/datasources", g.list)
	mux.HandleFunc("GET /api/datasources/uid/usage", g.show)
	mux.HandleFunc("POST /api/datasources", g.save)
	mux.HandleFunc("PUT /api/datasources/uid/usage", g.save)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Usage</title><style>body{margin:0}</style><script>window.__grafana_public_path__="/public/"</script><div id="root"></div><script src="/harness/harness.js"></script>`)
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func (g *grafana) instance() (*instance, backend.PluginContext) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d, err := made(*g.settings)
	if err != nil {
		panic(err)
	}
	return d, backend.PluginContext{User: g.user, PluginID: plugin.ID}
}

// hold has a path of the backend answer only when it is let go.
func (g *grafana) hold(path string) (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	until := make(chan struct{})
	g.held = map[string]chan struct{}{path: until}
	return func() { close(until) }
}

// waits until what a request asks for is let go.
func (g *grafana) waits(r *http.Request) {
	g.mu.Lock()
	until := g.held[strings.TrimPrefix(r.URL.Path, "/api/datasources/uid/usage/")]
	g.mu.Unlock()
	if until == nil {
		return
	}
	select {
	case <-until:
	case <-r.Context().Done():
	}
}

func (g *grafana) resource(w http.ResponseWriter, r *http.Request) {
	g.waits(r)
	d, from := g.instance()
	defer d.Dispose()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	first := true
	err = d.CallResource(r.Context(), &backend.CallResourceRequest{
		PluginContext: from, Method: r.Method, Path: r.PathValue("path"), URL: r.PathValue("path") + "?" + r.URL.RawQuery, Headers: r.Header, Body: body,
	}, backend.CallResourceResponseSenderFunc(func(part *backend.CallResourceResponse) error {
		if first {
			for name, values := range part.Headers {
				w.Header()[name] = values
			}
			w.WriteHeader(part.Status)
			first = false
		}
		_, err := w.Write(part.Body)
		return err
	}))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

func (g *grafana) health(w http.ResponseWriter, r *http.Request) {
	g.waits(r)
	d, from := g.instance()
	defer d.Dispose()
	result, err := d.CheckHealth(r.Context(), &backend.CheckHealthRequest{PluginContext: from})
	if err != nil {
		panic(err)
	}
	status := map[bool]string{true: "OK", false: "ERROR"}[result.Status == backend.HealthStatusOk]
	if status == "ERROR" {
		w.WriteHeader(http.StatusBadRequest)
	}
	g.answer(w, map[string]any{"status": status, "message": result.Message, "details": json.RawMessage(result.JSONDetails)})
}

func (g *grafana) answer(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (g *grafana) list(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []map[string]any{}
	if g.settings != nil {
		list = append(list, map[string]any{"uid": "usage", "name": g.settings.Name})
	}
	g.answer(w, list)
}

func (g *grafana) show(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer(w, map[string]any{
		"uid": "usage", "name": g.settings.Name, "type": plugin.ID, "url": g.settings.URL, "jsonData": json.RawMessage(g.settings.JSONData),
		"secureJsonFields": map[string]bool{"token": true}, "readOnly": g.readOnly,
	})
}

// save keeps the secrets that are not sent again.
func (g *grafana) save(w http.ResponseWriter, r *http.Request) {
	var saved struct {
		Name, URL      string
		JSONData       json.RawMessage
		SecureJSONData map[string]string
	}
	if err := json.NewDecoder(r.Body).Decode(&saved); err != nil {
		panic(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	secrets := map[string]string{}
	if g.settings != nil {
		secrets = g.settings.DecryptedSecureJSONData
	}
	for name, value := range saved.SecureJSONData {
		secrets[name] = value
	}
	g.settings = &backend.DataSourceInstanceSettings{Name: saved.Name, UID: "usage", Type: plugin.ID, URL: saved.URL, JSONData: saved.JSONData, DecryptedSecureJSONData: secrets}
	g.answer(w, map[string]any{"datasource": map[string]string{"uid": "usage"}})
}

// tab is one of Chromium.
type tab struct {
	*testing.T
	ctx     context.Context
	grafana *grafana
}

func browse(t *testing.T, g *grafana) *tab {
	t.Helper()
	path := os.Getenv("CHROMIUM_PATH")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); path == "" && err == nil {
			path = found
		}
	}
	if path == "" {
		t.Fatal("no Chromium: install it (apt-get install chromium), or say in CHROMIUM_PATH where it is")
	}
	ctx, end := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(end)
	ctx, end = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	return &tab{t, ctx, g}
}

// show turns to a page as a user of a role.
func (b *tab) show(width int64, theme string, user *backend.User, path string) {
	b.Helper()
	b.grafana.mu.Lock()
	b.grafana.user = user
	b.grafana.mu.Unlock()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	require.NoError(b, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(b.grafana.URL+path+separator+"theme="+theme+"&role="+user.Role)))
}

func (b *tab) tell(expression string) string {
	b.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	require.NoError(b, err, expression)
	return value
}

// says waits until the page has a text.
func (b *tab) says(text string) {
	b.Helper()
	got := ""
	for range 3000 {
		got, _ = chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		if strings.Contains(strings.ToLower(got), strings.ToLower(text)) {
			return
		}
	}
	require.Contains(b, got, text)
}

// until waits for an expression to be true.
func (b *tab) until(expression string) {
	b.Helper()
	for range 3000 {
		if b.tell("String("+expression+")") == "true" {
			return
		}
	}
	b.keep("lost")
	b.Fatalf("it does not come to %s", expression)
}

// loaded waits until a resource has answered.
func (b *tab) loaded(resource string) {
	b.Helper()
	b.until(fmt.Sprintf(`performance.getEntriesByType("resource").some(e => e.name.includes(%q) && e.responseEnd > 0)`, "/resources/"+resource))
}

// at goes on by Tab to what has an id, a label or a text, and presses keys there.
func (b *tab) at(name string, keys ...string) {
	b.Helper()
	for range 120 {
		if b.tell(fmt.Sprintf(`String((e => [e.id, e.ariaLabel, e.innerText.trim(), e.labels?.[0]?.innerText.trim().split("\n")[0]].includes(%q))(document.activeElement))`, name)) == "true" {
			for _, key := range keys {
				require.NoError(b, chromedp.Do(b.ctx, chromedp.KeyEvent(key)))
			}
			return
		}
		require.NoError(b, chromedp.Do(b.ctx, chromedp.KeyEvent(kb.Tab)))
	}
	b.keep("lost")
	b.Fatalf("Tab does not lead to %s", name)
}

// keep writes what is shown to the directory that SCREENSHOTS names, to be looked
// at.
func (b *tab) keep(name string) {
	b.Helper()
	if directory := os.Getenv("SCREENSHOTS"); directory != "" {
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		require.NoError(b, err)
		require.NoError(b, os.WriteFile(filepath.Join(directory, name+".png"), picture, 0o600))
	}
}

// pages shows what the plugin has, in the two themes, wide and narrow.
func (s *server) pages(t *testing.T) {
	settings := s.settings(embedded)
	b := browse(t, newGrafana(t, &settings))
	const root = "/a/otelcol-usage-app"
	for i, page := range []struct {
		name, path, says string
		user             *backend.User
	}{
		{"reports", root + "/reports?period=current&organization=acme", "Download as", jane},
		{"reports-all", root + "/reports?kind=billing&period=current", "Download as", operator},
		{"reports-wrong", root + "/reports?period=soon", "The report cannot be shown", jane},
		{"reports-stranger", root + "/reports", "none of the catalogue's principals", stranger},
		{"users", root + "/users?organization=acme&meter=workspace_users", "in the order in which they first came", jane},
		{"users-operators", root + "/users?organization=nordhafen", "in the order", jane},
		{"users-idle", root + "/users", "No organization is yours", idle},
		{"schedules", root + "/schedules", "You may look at schedules", jane},
		{"setup", root + "/setup", "You see all organizations", operator},
		{"setup-viewer", root + "/setup", "for administrators", jane},
		{"editors", "/editors", "Alert rules ask for", operator},
	} {
		for j, width := range []int64{1280, 768, 480, 420} {
			// Each page in both, and each of them wide and narrow by turns.
			theme := []string{"dark", "light"}[(i+j)%2]
			b.show(width, theme, page.user, page.path)
			b.says(page.says)
			b.keep(fmt.Sprintf("%s-%d-%s", page.name, width, theme))
			fits := b.tell(fmt.Sprintf(`String(document.documentElement.scrollWidth <= %d)`, width))
			require.Equal(t, "true", fits, "%s is wider than its screen of %d pixels", page.name, width)
		}
	}
}

// loading shows what each page says until what it asks for is there, and that it goes on.
func (s *server) loading(t *testing.T) {
	settings := s.settings(embedded)
	b := browse(t, newGrafana(t, &settings))
	const root = "/a/otelcol-usage-app"
	for i, page := range []struct {
		name, path, held, says, then string
		user                         *backend.User
	}{
		{"rights", root + "/reports", "resources/access", "Loading what is yours…", "Download as", jane},
		{"reports", root + "/reports?period=current&organization=acme", "resources/report", "Loading the report…", "Download as", jane},
		{"schedules", root + "/schedules", "resources/schedules", "Loading schedules…", "You may look at schedules", jane},
		{"users-choices", root + "/users?organization=acme", "resources/choices", "Loading what there is…", "in the order", jane},
		{"users", root + "/users?organization=acme&meter=workspace_users", "resources/users", "Loading users…", "in the order", jane},
		{"setup", root + "/setup", "health", "Loading the check…", "You see all organizations", operator},
	} {
		width, theme := []int64{1280, 480}[i%2], []string{"light", "dark"}[i/2%2]
		release := b.grafana.hold(page.held)
		b.show(width, theme, page.user, page.path)
		b.says(page.says)
		b.keep(fmt.Sprintf("loading-%s-%d-%s", page.name, width, theme))
		require.Equal(t, "1", b.tell(`String(document.body.innerText.split("Loading").length - 1)`), "%s says once that it loads", page.name)
		release()
		b.says(page.then)
		b.until(`!document.body.innerText.includes("Loading")`)
	}
}

// byKeyboard explains a user, makes a schedule, tests and deletes it, and picks a
// query.
func (s *server) byKeyboard(t *testing.T) {
	settings := s.settings(embedded)
	b := browse(t, newGrafana(t, &settings))
	const root = "/a/otelcol-usage-app"
	b.show(1280, "dark", jane, root+"/users?organization=acme&meter=workspace_users")
	b.says("in the order in which they first came")
	b.at("Explain", kb.Enter)
	b.says("This user counts.")
	b.says("Definition in force")
	b.keep("explained")

	b.show(1280, "light", admin, root+"/schedules")
	b.says("No report is sent by a schedule yet")
	b.at("New schedule", kb.Enter)
	b.says("Switched on")
	b.at("Name", "Usage of Acme")
	b.at("About", kb.ArrowDown, kb.ArrowDown, kb.Enter)
	b.at("Recipients", "nobody")
	b.at("Save", kb.Enter)
	b.says("It is not saved")
	b.keep("schedule-refused")
	b.at("Recipients", kb.Home, "directory\n", kb.Delete+kb.Delete+kb.Delete+kb.Delete+kb.Delete+kb.Delete, kb.Backspace)
	b.at("Save", kb.Enter)
	b.says("waiting")
	b.keep("schedules-made")
	b.at("History of Usage of Acme", kb.Enter)
	b.says("Nothing was delivered yet")
	b.at("Send now", kb.Enter)
	b.says("A test went to directory.")
	b.says("(test)")
	b.keep("schedule-tested")

	b.show(1280, "dark", operator, "/editors")
	b.says("Min step")
	b.loaded("choices")
	b.at("Meter", "Workspace")
	b.until(`document.querySelectorAll("[role=option]").length === 1`)
	b.at("Meter", kb.Enter)
	b.says(`usage_active_users{meter=`)
	b.keep("editor-picked")
	b.at("PromQL", kb.End, " + usage_quota_rem")
	b.says("usage_quota_remaining")
	b.keep("editor-suggests")
	b.at("PromQL", kb.ArrowDown, kb.Enter)
	require.Contains(t, b.tell(`document.querySelector("textarea").value`), " + usage_quota_remaining")
}

// setUp is the first five minutes: no datasource, two addresses and a token.
func (s *server) setUp(t *testing.T) {
	b := browse(t, newGrafana(t, nil))
	const root = "/a/otelcol-usage-app"
	b.show(1280, "dark", operator, root+"/reports")
	b.says("There is no Usage datasource yet")
	b.keep("first")
	b.show(1280, "dark", operator, root+"/setup")
	b.at("Usage API", "http://"+s.API)
	b.at("Token", "wrong")
	b.at("Address of the store", "http://"+s.Store)
	b.at("Save and check", kb.Enter)
	b.says("refuses the datasource's token")
	b.keep("setup-wrong")
	b.at("Reset", kb.Enter)
	b.at("Token", token)
	b.at("Save and check", kb.Enter)
	b.says("Everything answers, from here to the figures.")
	b.keep("setup-done")
	require.Equal(t, "false", b.tell(fmt.Sprintf(`String([...document.querySelectorAll("input")].some(e => e.value.includes(%q)))`, token)), "what is saved is shown to nobody")
}
