// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/plugin/pkg/plugin"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What a store may be, and the kinds of annotations, as settings and queries name them.
const (
	embedded           = "embedded"
	prometheus         = "prometheus"
	closedPeriods      = "closed_periods"
	changedDefinitions = "changed_definitions"
	changedLimits      = "changed_limits"
	firedAlerts        = "alerts"
)

// scheduler is the login of the user as which Grafana evaluates alert rules.
const scheduler = "grafana_scheduler"

// storeToken is one by which the store shows everything, as a store of others
// does: what people see then is what the plugin asks for.
const storeToken = "token-of-the-store"

const token = "token-of-the-plugin"

// operatorToken and janesToken are of two people who ask by HTTP, past Grafana.
const operatorToken, janesToken = "token-of-the-operator", "token-of-jane"

// principals are laid over the demo's catalogue, whose organizations name jane
// and ravi as csm.
const principals = `
principals:
  - {claim: token_sha256, value: %x, role: delegate}
  - {claim: token_sha256, value: %x, role: viewer, organizations: ["*"]}
  - {claim: token_sha256, value: %x, role: admin, organizations: ["*"]}
  - {claim: token_sha256, value: %[4]x, role: csm}
  - {claim: email, value: operator@example.com, role: viewer, organizations: ["*"]}
  - {claim: email, value: jane@example.com, role: csm}
  - {claim: email, value: admin@acme.example, role: admin, organizations: [acme]}
  - {claim: email, value: idle@example.com, role: csm}
`

var (
	operator = &backend.User{Login: "operator", Email: "operator@example.com", Role: "Admin"}
	jane     = &backend.User{Login: "jane", Email: "jane@example.com", Role: "Viewer"}
	admin    = &backend.User{Login: "acme", Email: "admin@acme.example", Role: "Viewer"}
	idle     = &backend.User{Login: "idle", Email: "idle@example.com", Role: "Viewer"}
	stranger = &backend.User{Login: "stranger", Email: "stranger@example.com", Role: "Admin"}
)

// server is a collector with two months of the demo's history.
type server struct {
	*collector.Collector
	catalogue string // file
	reports   string // directory
}

func serve(t *testing.T) *server {
	t.Helper()
	directory := t.TempDir()
	history := filepath.Join(directory, "history")
	_, err := collector.Usagectl(t, "demo", "generate", "--months", "2", "--out", history)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(history, "*.jsonl"))
	require.NoError(t, err)
	root := collector.Root(t)
	listed := filepath.Join(root, "config", "demo-organizations.yaml")
	_, err = collector.Usagectl(t, append([]string{
		"replay", "--config", filepath.Join(root, "config", "default.yaml"), "--catalogue", listed, "--step", "24h", "--fine", "1h",
		"--ledger", filepath.Join(directory, "ledger"), "--tsdb", filepath.Join(directory, "tsdb"),
	}, files...)...)
	require.NoError(t, err)

	s := &server{catalogue: filepath.Join(directory, "organizations.yaml"), reports: filepath.Join(directory, "reports")}
	text, err := os.ReadFile(listed)
	require.NoError(t, err)
	organizations, _, found := bytes.Cut(text, []byte("\nprincipals:"))
	require.True(t, found)
	hashed := func(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }
	organizations = bytes.ReplaceAll(organizations, []byte("csm: [jane@example.com"), fmt.Appendf(nil, "csm: [%x, jane@example.com", hashed(janesToken)))
	s.write(t, fmt.Appendf(organizations, principals, hashed(token), hashed(storeToken), hashed(operatorToken), hashed(janesToken)))
	tokens := filepath.Join(directory, "tokens")
	require.NoError(t, os.WriteFile(tokens, []byte(strings.Join([]string{token, storeToken, operatorToken, janesToken}, "\n")), 0o600))
	s.Collector = collector.Start(t, collector.Settings{Directory: directory, Overlay: fmt.Sprintf(`
extensions:
  bearertokenauth: {filename: %q}
  usage_ledger:
    catalogue: %q
    api: {auth: {authenticator: bearertokenauth}}
    reports: {directory: %q}
exporters: {tsdb: {auth: {authenticator: bearertokenauth}}}
service: {extensions: [bearertokenauth, usage_ledger]}
`, tokens, s.catalogue, s.reports)})
	// Where nobody worked lately the history ends more than five minutes ago, and
	// a query of now is empty until the first collection.
	d := open(t, s.settings(embedded))
	s.Eventually(t, func() error {
		if len(organizationsIn(t, d.askOne(t, operator, nil, s.now(), map[string]any{"expr": "usage_organization_info", "instant": true}))) == 0 {
			return errors.New("nothing was collected yet")
		}
		return nil
	})
	return s
}

func (s *server) write(t *testing.T, catalogue []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(s.catalogue, catalogue, 0o600))
}

// change replaces a text of the catalogue's file.
func (s *server) change(t *testing.T, old, new string) {
	t.Helper()
	text, err := os.ReadFile(s.catalogue)
	require.NoError(t, err)
	require.Contains(t, string(text), old)
	s.write(t, bytes.ReplaceAll(text, []byte(old), []byte(new)))
}

// settings are those of a datasource on the collector.
func (s *server) settings(kind string) backend.DataSourceInstanceSettings {
	return settingsOf("http://"+s.Store, "http://"+s.API, kind, token)
}

func settingsOf(store, api, kind, token string) backend.DataSourceInstanceSettings {
	options := fmt.Sprintf(`{"usageUrl":%q,"store":%q,"alertingEmail":""}`, api, kind)
	return backend.DataSourceInstanceSettings{Name: "Usage", UID: "usage", Type: plugin.ID, URL: store, JSONData: []byte(options), DecryptedSecureJSONData: map[string]string{"token": token, "storeToken": storeToken}}
}

// instance is a datasource as Grafana has one.
type instance struct{ *plugin.Datasource }

func open(t *testing.T, settings backend.DataSourceInstanceSettings) *instance {
	t.Helper()
	d, err := made(settings)
	require.NoError(t, err)
	t.Cleanup(d.Dispose)
	return d
}

func made(settings backend.DataSourceInstanceSettings) (*instance, error) {
	d, err := plugin.NewDatasource(context.Background(), settings)
	if err != nil {
		return nil, err
	}
	return &instance{d.(*plugin.Datasource)}, nil
}

// forged is what a browser may send along.
var forged = map[string]string{
	"Usage-On-Behalf-Of":   "email=operator%40example.com",
	"Authorization":        "Bearer " + token,
	"X-Grafana-User":       "operator",
	"X-Webauth-User":       "operator@example.com",
	"Cookie":               "grafana_session=operator",
	"X-Grafana-Id":         "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6Im9wZXJhdG9yQGV4YW1wbGUuY29tIn0.",
	"FromAlert":            "true",
	"X-Forwarded-User":     "operator",
	"X-Dsnode":             "email=operator@example.com",
	"http_Usage-On-Behalf": "email=operator@example.com",
}

type call struct {
	user         *backend.User
	method, path string
	body         string
	headers      map[string]string
}

type reply struct {
	status  int
	headers map[string][]string
	body    string
}

// call calls a resource as Grafana's server does.
func (d *instance) call(t *testing.T, c call) (r reply) {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodGet
	}
	headers := map[string][]string{}
	for name, value := range c.headers {
		headers[name] = []string{value}
	}
	path, _, _ := bytes.Cut([]byte(c.path), []byte("?"))
	err := d.CallResource(t.Context(), &backend.CallResourceRequest{
		PluginContext: backend.PluginContext{User: c.user, PluginID: plugin.ID}, Method: c.method, Path: string(path), URL: c.path, Headers: headers, Body: []byte(c.body),
	}, backend.CallResourceResponseSenderFunc(func(part *backend.CallResourceResponse) error {
		if r.status == 0 {
			r.status, r.headers = part.Status, part.Headers
		}
		r.body += string(part.Body)
		return nil
	}))
	require.NoError(t, err)
	return r
}

// now is until when queries of tests ask.
func (s *server) now() backend.TimeRange {
	now := time.Now().Truncate(time.Minute)
	return backend.TimeRange{From: now.Add(-6 * time.Hour), To: now}
}

// ask asks queries by their reference.
func (d *instance) askAll(t *testing.T, user *backend.User, headers map[string]string, within backend.TimeRange, queries map[string]map[string]any) map[string]backend.DataResponse {
	t.Helper()
	request := &backend.QueryDataRequest{PluginContext: backend.PluginContext{User: user, PluginID: plugin.ID}, Headers: headers}
	for _, ref := range slices.Sorted(maps.Keys(queries)) {
		text, err := json.Marshal(queries[ref])
		require.NoError(t, err)
		request.Queries = append(request.Queries, backend.DataQuery{RefID: ref, TimeRange: within, MaxDataPoints: 500, Interval: time.Minute, JSON: text})
	}
	response, err := d.QueryData(t.Context(), request)
	require.NoError(t, err)
	require.Len(t, response.Responses, len(queries))
	return response.Responses
}

func (d *instance) askOne(t *testing.T, user *backend.User, headers map[string]string, within backend.TimeRange, query map[string]any) backend.DataResponse {
	t.Helper()
	return d.askAll(t, user, headers, within, map[string]map[string]any{"A": query})["A"]
}

// packets are what a stream has sent.
type packets struct {
	mu     sync.Mutex
	frames data.Frames
	ended  error
}

func (p *packets) Send(packet *backend.StreamPacket) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	frame := new(data.Frame)
	p.frames = append(p.frames, frame)
	return json.Unmarshal(packet.Data, frame)
}

func (p *packets) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = err
}

func (p *packets) got() (data.Frames, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frames, p.ended
}

// organizationsIn are those of the labels and texts of an answer.
func organizationsIn(t *testing.T, r backend.DataResponse) []string {
	t.Helper()
	require.NoError(t, r.Error)
	found := map[string]bool{}
	for _, frame := range r.Frames {
		for _, field := range frame.Fields {
			if id, ok := field.Labels["organization"]; ok {
				found[id] = true
			}
			if field.Name == "organization" {
				for i := range field.Len() {
					found[field.At(i).(string)] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func textsOf(t *testing.T, body string) (texts []string) {
	t.Helper()
	var choices []struct{ Text string }
	require.NoError(t, json.Unmarshal([]byte(body), &choices), body)
	for _, c := range choices {
		texts = append(texts, c.Text)
	}
	return texts
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
