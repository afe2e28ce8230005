// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// brokerCommand is the broker of test/thirdparty.
const brokerCommand = "github.com/otelcol-usage/otelcol-usage/test/thirdparty/kafka"

// key is of all ledgers that are held against each other.
const key = "a secret of many characters"

// limit bounds the wait for a topology to catch up: rebalances of consumer groups
// wait for members that were killed.
var limit = time.Duration(campaign.Pick(4, 20)) * time.Minute

// program is a process that can be killed and started again as it was.
type program struct {
	*collector.Process
	command func() *exec.Cmd
}

func start(t *testing.T, command func() *exec.Cmd) *program {
	t.Helper()
	p := &program{command: command}
	p.restart(t)
	return p
}

func (p *program) restart(t *testing.T) {
	t.Helper()
	p.Process = collector.Run(t, p.command())
}

// topology is a broker, a gateway and shards, each with files below one directory.
type topology struct {
	directory, kafka, broker string // addresses are host:port
	topics                   string
	catalogue                string            // file; empty: none
	overShards               []string          // configurations
	peers                    map[string]string // addresses of shards that know each other, by name
	mapFile                  string
	gatewayAddress           string
	gatewayMetrics           string // of the Collector itself

	brokerProcess, gateway *program
	shards                 []*ledger
}

// mapOf is a map of shards that have equal parts.
func mapOf(version int, names ...string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "version: %d\nshards:\n", version)
	for i, name := range names {
		fmt.Fprintf(&text, "  - {name: %s, topic: usage-%s, virtual: %02x-%02x}\n", name, name, 256*i/len(names), 256*(i+1)/len(names)-1)
	}
	return text.String()
}

func newTopology(t *testing.T, shards ...string) *topology {
	t.Helper()
	d := t.TempDir()
	y := &topology{directory: d, mapFile: filepath.Join(d, "shards.yaml"), kafka: collector.ThirdParty(t, "kafka", brokerCommand), broker: porttest.Free()}
	y.writeMap(t, mapOf(1, shards...))
	var topics []string
	for _, name := range shards {
		for _, signal := range []string{"logs", "traces", "metrics"} {
			topics = append(topics, "usage-"+name+"-"+signal)
		}
	}
	y.topics = strings.Join(topics, ",")
	y.startBroker(t)
	return y
}

func (y *topology) startBroker(t *testing.T) {
	t.Helper()
	_, port, _ := net.SplitHostPort(y.broker)
	y.brokerProcess = start(t, func() *exec.Cmd {
		return exec.Command(y.kafka, "-port", port, "-partitions", "3", "-topics", y.topics, "-directory", filepath.Join(y.directory, "kafka"))
	})
	y.brokerProcess.Eventually(t, func() error { return reached(y.broker) })
}

func (y *topology) writeMap(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(y.mapFile, []byte(text), 0o600))
}

// startGateway starts config/scale/gateway.yaml, with configurations over it.
func (y *topology) startGateway(t *testing.T, over ...string) {
	t.Helper()
	y.gatewayAddress = porttest.Free()
	grpc, health, telemetry, mapFile := porttest.Free(), porttest.Free(), porttest.FreePort(), y.mapFile
	y.gatewayMetrics = "http://localhost:" + telemetry + "/metrics"
	y.gateway = start(t, func() *exec.Cmd {
		return distribution(t, []string{
			"USAGE_BROKERS=" + y.broker, "USAGE_MAP=" + mapFile, "USAGE_HTTP=" + y.gatewayAddress, "USAGE_GRPC=" + grpc,
			"USAGE_HEALTH=" + health, "USAGE_TELEMETRY=" + telemetry,
		}, append([]string{"config/scale/gateway.yaml"}, over...)...)
	})
	y.gateway.Eventually(t, func() error { return reached(y.gatewayAddress) })
}

// distribution is the built program with configurations, in the root of the
// repository, from which they name files.
func distribution(t *testing.T, environment []string, configs ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command(filepath.Join(collector.Root(t), "bin", "otelcol-usage"))
	for _, config := range configs {
		command.Args = append(command.Args, "--config", config)
	}
	command.Dir = collector.Root(t)
	command.Env = append(os.Environ(), environment...)
	return command
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "overlay.yaml")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func reached(address string) error {
	connection, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	return connection.Close()
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

// post sends an OTLP request once. The error says why it has not arrived.
func post(ctx context.Context, address string, r request) error {
	ask, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/v1/"+r.signal, bytes.NewReader(r.body))
	if err != nil {
		return err
	}
	ask.Header.Set("Content-Type", "application/x-protobuf")
	if r.user != "" {
		ask.SetBasicAuth(r.user, "secret")
	}
	response, err := client.Do(ask)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // read to its end
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("answers %d: %s", response.StatusCode, said)
	}
	return permanent{fmt.Errorf("answers %d, after which a sender drops what it has: %s", response.StatusCode, said)}
}

// permanent is an error after which nothing is sent again.
type permanent struct{ error }

func (y *topology) mapText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(y.mapFile)
	require.NoError(t, err)
	return string(text)
}
