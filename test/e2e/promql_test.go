// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"maps"
	"math"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// sample is a time in seconds and a value as text, as the Prometheus API has it.
type sample [2]any

func (s sample) read() (milliseconds int64, value float64, err error) {
	seconds, _ := s[0].(float64)
	text, _ := s[1].(string)
	value, err = strconv.ParseFloat(text, 64)
	return int64(math.Round(seconds * 1000)), value, err
}

type result struct {
	Metric map[string]string
	Value  sample
	Values []sample
}

// query asks a store for the value of an expression now.
func query(address, expression string) ([]result, error) {
	var data struct{ Result []result }
	err := collector.Ask("http://"+address+"/api/v1/query?"+url.Values{"query": {expression}}.Encode(), &data)
	return data.Result, err
}

// values returns the values of an expression by some of its labels, in the order
// in which they are named.
func values(address, expression string, labels []string) (map[string]float64, error) {
	results, err := query(address, expression)
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for _, r := range results {
		key := make([]string, len(labels))
		for i, label := range labels {
			key[i] = r.Metric[label]
		}
		_, value, err := r.Value.read()
		if err != nil {
			return nil, err
		}
		out[strings.Join(key, " ")] = value
	}
	return out, nil
}

// samples returns all that a store has of the last hour, by series and time in
// milliseconds.
func samples(address string) (map[string]map[int64]float64, error) {
	results, err := query(address, `{__name__!=""}[1h]`)
	if err != nil {
		return nil, err
	}
	out := map[string]map[int64]float64{}
	for _, r := range results {
		text, err := json.Marshal(r.Metric) // in the order of the labels' names
		if err != nil {
			return nil, err
		}
		series := map[int64]float64{}
		for _, s := range r.Values {
			at, value, err := s.read()
			if err != nil {
				return nil, err
			}
			series[at] = value
		}
		out[string(text)] = series
	}
	return out, nil
}

// parts takes a series apart into its name and the names of its labels.
func parts(series string) (name string, labels []string) {
	metric := map[string]string{}
	_ = json.Unmarshal([]byte(series), &metric) // samples has made it
	name = metric["__name__"]
	delete(metric, "__name__")
	return name, slices.Sorted(maps.Keys(metric))
}

var victoriaListens = regexp.MustCompile(`started server at http://([^/]+)/`)

// startVictoriaMetrics builds and runs the real thing, and returns where it
// listens.
func startVictoriaMetrics(t *testing.T) (address string) {
	t.Helper()
	program := collector.ThirdParty(t, "victoriametrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics")
	p := collector.Run(t, exec.Command(program,
		"-storageDataPath="+t.TempDir(), "-httpListenAddr=127.0.0.1:0", "-search.latencyOffset=0s", "-memory.allowedPercent=5"))
	p.Eventually(t, func() (err error) {
		if address, err = p.Said(t, victoriaListens); err != nil {
			return err
		}
		_, err = query(address, "1")
		return err
	})
	return address
}
