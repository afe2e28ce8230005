// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// overlay is what the demo changes of the default configuration.
const overlay = `
extensions: {usage_ledger: {catalogue: %[1]s/config/demo-organizations.yaml}}
exporters: {tsdb: {retention: 450d}}
`

// demo is a collector on the demo's history, and a VictoriaMetrics with what
// its store has.
type demo struct {
	*collector.Collector
	// at is the collected minute that both have.
	at time.Time
	// figures are the ledger's of that minute.
	figures []organizationFigures
	stores  map[string]string // address by name
}

type organizationFigures struct {
	Organization string
	At           time.Time
	Figures      []struct {
		Name   string
		Labels map[string]string
		Value  json.RawMessage
	}
}

func startDemo(t *testing.T) *demo {
	t.Helper()
	directory := t.TempDir()
	replayDemo(t, directory)
	d := &demo{Collector: collector.Start(t, collector.Settings{
		Directory: directory, Overlay: fmt.Sprintf(overlay, collector.Root(t)),
	})}
	d.Eventually(t, d.collected)
	victoria := startVictoriaMetrics(t)
	d.stores = map[string]string{"embedded": d.Store, "VictoriaMetrics": victoria}
	d.copyTo(t, victoria)
	return d
}

// collected reads the ledger's figures of one minute that the store has.
func (d *demo) collected() error {
	var organizations []struct{ ID string }
	if err := collector.Ask("http://"+d.API+"/api/v1/organizations", &organizations); err != nil {
		return err
	}
	d.figures = nil
	for _, o := range organizations {
		var f organizationFigures
		if err := collector.Ask("http://"+d.API+"/api/v1/organizations/"+o.ID+"/figures", &f); err != nil {
			return err
		}
		if len(d.figures) > 0 && !f.At.Equal(d.figures[0].At) {
			return errors.New("a minute passed meanwhile")
		}
		d.figures = append(d.figures, f)
	}
	d.at = d.figures[0].At
	for _, last := range []string{"usage_ledger_ready", "ALERTS"} {
		stored, err := ask(d.Store, "/api/v1/query", url.Values{"query": {"max(timestamp(" + last + "))"}, "time": {unix(d.at)}})
		if err != nil {
			return err
		}
		if len(stored) != 1 || stored[0].value() != float64(d.at.Unix()) {
			return fmt.Errorf("the store does not have %s of %s yet", last, d.at)
		}
	}
	return nil
}

var victoriaListens = regexp.MustCompile(`started server at http://([^/]+)/`)

// startVictoriaMetrics returns where it listens.
func startVictoriaMetrics(t *testing.T) (address string) {
	t.Helper()
	program := collector.ThirdParty(t, "victoriametrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics")
	p := collector.Run(t, exec.Command(program, "-storageDataPath="+filepath.Join(t.TempDir(), "data"), "-httpListenAddr=127.0.0.1:0",
		"-retentionPeriod=2y", "-search.latencyOffset=0s", "-memory.allowedPercent=5"))
	p.Eventually(t, func() (err error) {
		if address, err = p.Said(t, victoriaListens); err != nil {
			return err
		}
		return collector.Ask("http://"+address+"/api/v1/query?query=1", &struct{}{})
	})
	return address
}

// copyTo gives another store every sample up to d.at.
func (d *demo) copyTo(t *testing.T, address string) {
	t.Helper()
	var names []string
	require.NoError(t, collector.Ask("http://"+d.Store+"/api/v1/label/__name__/values", &names))
	require.NotEmpty(t, names)
	for _, name := range names {
		series, err := ask(d.Store, "/api/v1/query", url.Values{"query": {name + "[460d]"}, "time": {unix(d.at)}})
		require.NoError(t, err, name)
		var lines bytes.Buffer
		for _, s := range series {
			line := struct {
				Metric     map[string]string `json:"metric"`
				Values     []any             `json:"values"`
				Timestamps []int64           `json:"timestamps"`
			}{Metric: s.Metric}
			for _, v := range s.Values {
				line.Timestamps = append(line.Timestamps, int64(v.at*1000))
				line.Values = append(line.Values, json.RawMessage(v.text))
			}
			require.NoError(t, json.NewEncoder(&lines).Encode(line))
		}
		status, said := post(t, "http://"+address+"/api/v1/import", &lines)
		require.Equal(t, http.StatusNoContent, status, "%s: %s", name, said)
	}
	status, said := collector.Get(t, "http://"+address+"/internal/force_flush")
	require.Equal(t, http.StatusOK, status, said)
}

func post(t *testing.T, address string, body io.Reader) (status int, said string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, body)
	require.NoError(t, err)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	return response.StatusCode, string(text)
}

// result is a series of an answer: of an instant, or over time.
type result struct {
	Metric map[string]string
	Value  sample
	Values []sample
}

func (r *result) value() float64 {
	v, _ := strconv.ParseFloat(r.Value.text, 64) // the store has written it
	return v
}

// key is the series without its name.
func (r *result) key() string {
	labels := maps.Clone(r.Metric)
	delete(labels, "__name__")
	return collector.Series("", labels)
}

type sample struct {
	at   float64 // seconds
	text string
}

func (s *sample) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&s.at, &s.text})
}

// ask returns what a store answers to a query.
func ask(address, path string, form url.Values) ([]result, error) {
	var data struct {
		ResultType string
		Result     []result
	}
	err := collector.Ask("http://"+address+path+"?"+form.Encode(), &data)
	return data.Result, err
}

// openStore opens an embedded store.
func openStore(t *testing.T, directory string) *promstore.Store {
	t.Helper()
	store, err := promstore.Open(promstore.Settings{Directory: directory, Retention: promstore.DefaultRetention, Bulk: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// serve returns the address that a store is asked at.
func serve(t *testing.T, store *promstore.Store) (address string) {
	t.Helper()
	server := httptest.NewServer(store.Handler())
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
