// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// collector is a running bin/otelcol-usage with config/default.yaml, on ports
// and directories of its own.
type collector struct {
	grpc, http, promql, api string // host:port
}

// overlay is what a test changes of the default configuration.
const overlay = `
extensions:
  usage_ledger:
    directory: %[1]s/ledger
    catalogue: ""
    api: {endpoint: %[5]q}
  health_check: {endpoint: %[6]q}
receivers:
  otlp:
    protocols:
      grpc: {endpoint: %[2]q}
      http: {endpoint: %[3]q}
exporters:
  tsdb:
    directory: %[1]s/tsdb
    endpoint: %[4]q
service:
  telemetry: {metrics: {level: none}}
`

// patience bounds the wait for a figure: it is there at the next whole minute.
const patience = 100 * time.Second

func start(t *testing.T) *collector {
	t.Helper()
	binary, err := filepath.Abs("../../bin/otelcol-usage")
	require.NoError(t, err)
	require.FileExists(t, binary, "run `make build` first")
	ports := freePorts(t, 5)
	c := &collector{grpc: ports[0], http: ports[1], promql: ports[2], api: ports[3]}
	dir := t.TempDir()
	file := filepath.Join(dir, "overlay.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, overlay, dir, c.grpc, c.http, c.promql, c.api, ports[4]), 0o600))

	var log bytes.Buffer
	command := exec.Command(binary, "--config", "config/default.yaml", "--config", file)
	command.Dir = "../.."
	command.Stdout, command.Stderr = &log, &log
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		err := command.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
		require.NoError(t, err, "the collector ends in order")
	})
	require.Eventually(t, func() bool {
		status, _ := c.get(t.Context(), c.api, "/-/ready", nil)
		return status == http.StatusOK
	}, patience, 50*time.Millisecond)
	return c
}

// freePorts returns addresses that nobody listens on now.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	ports := make([]string, n)
	for i := range ports {
		listener, err := net.Listen("tcp", "localhost:0")
		require.NoError(t, err)
		defer func() { require.NoError(t, listener.Close()) }() // all are taken until all are known
		ports[i] = listener.Addr().String()
	}
	return ports
}

// get returns status 0 where nobody answers.
func (c *collector) get(ctx context.Context, address, path string, query url.Values) (int, []byte) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return 0, nil
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = response.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		return 0, nil
	}
	return response.StatusCode, body.Bytes()
}

// query returns the values of an instant query by their labels, written as
// "name=value ..." in the order of the names given.
func (c *collector) query(t *testing.T, promql string, names ...string) map[string]float64 {
	t.Helper()
	status, body := c.get(t.Context(), c.promql, "/api/v1/query", url.Values{"query": {promql}})
	if status != http.StatusOK {
		return nil
	}
	var response struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any // time, value as text
			}
		}
	}
	require.NoError(t, json.Unmarshal(body, &response))
	values := map[string]float64{}
	for _, r := range response.Data.Result {
		labels := make([]string, len(names))
		for i, name := range names {
			labels[i] = r.Metric[name]
		}
		value, err := strconv.ParseFloat(fmt.Sprint(r.Value[1]), 64)
		require.NoError(t, err)
		values[strings.Join(labels, " ")] = value
	}
	return values
}

// eventually waits until a query has these values.
func (c *collector) eventually(t *testing.T, want map[string]float64, promql string, names ...string) {
	t.Helper()
	deadline, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		got := c.query(t, promql, names...)
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.Done():
			require.Equal(t, want, got, promql)
		}
	}
}
