// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
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

// ledger is a shard, a replica of one, or a single node.
type ledger struct {
	*program
	api      string // host:port
	settings string // file of the configuration that tests change
	grpc     string // of a single node: where it takes OTLP, as http
	http     string
}

// settle leaves time to what is killed: samples of concurrent users are final that
// long after their instant, and what comes later changes them no more.
var settle = time.Duration(campaign.Pick(10, 120)) * time.Minute

// settings are what the ledgers of a test have in common. With a long grace nothing
// is closed yet; with a short one all that has ended is, at the next start, and the
// statements are of all that had arrived by then.
func settings(catalogue, grace string) string {
	return fmt.Sprintf(`
extensions: {usage_ledger: {catalogue: %q, grace: %s, meters: {operators: {settle: %s}}}}
exporters: {prometheus_remote_write: {endpoint: "${env:STORE:-http://localhost:1/api/v1/write}"}}
`, catalogue, grace, settle)
}

const (
	openPeriods   = "35d"
	closedPeriods = "0s"
)

// customers writes a catalogue of organizations in several zones, each with quotas
// that cost something.
func customers(t *testing.T, organizations []string) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("organizations:\n")
	for i, id := range organizations {
		zone := []string{"Europe/Berlin", "UTC", "America/New_York", "Asia/Kolkata"}[i%4]
		fmt.Fprintf(&text, "  - {id: %q, timezone: %s, anchor_day: %d, currency: EUR, plan: {type: traditional, subscription: \"500\"}, "+
			"quotas: {api_calls: {limit: 3, window: month, flex_price: \"0.5\"}, transcription_minutes: {limit: 10, window: cycle, flex_price: \"0.08\"}, operators: {limit: 1, window: month, flex_price: \"3.5\"}}}\n",
			id, zone, 1+i%28)
	}
	return file(t, text.String())
}

// startShard starts config/scale/shard.yaml, and y.overShards over it. A replica tells several ledgers that
// count the same from each other; environment has more that it is
// to know, or something else.
func (y *topology) startShard(t *testing.T, name, replica string, environment ...string) *ledger {
	t.Helper()
	l, mapFile := &ledger{api: y.addressOf(t, name), settings: file(t, settings(y.catalogue, openPeriods))}, y.mapFile
	environment = append([]string{
		"USAGE_SHARD=" + name, "USAGE_REPLICA=" + replica, "USAGE_BROKERS=" + y.broker, "USAGE_MAP=" + mapFile,
		"USAGE_KEY=" + key, "USAGE_API=" + l.api, "USAGE_HEALTH=" + porttest.Free(), "USAGE_TELEMETRY=" + porttest.FreePort(), "USAGE_DATA=" + y.directory,
	}, environment...)
	l.program = start(t, func() *exec.Cmd {
		return distribution(t, environment, append([]string{"config/victoriametrics.yaml", "config/scale/shard.yaml", l.settings}, y.overShards...)...)
	})
	y.shards = append(y.shards, l)
	l.Eventually(t, l.ready)
	return l
}

// addressOf is where a shard's API answers, one that its peers know where they have to.
func (y *topology) addressOf(t *testing.T, name string) string {
	t.Helper()
	if known := y.peers[name]; known != "" {
		return known
	}
	return porttest.Free()
}

// node is what makes a single node for tests, or a load balancer's shard.
const node = `
extensions:
  usage_ledger: {directory: %q, api: {endpoint: %q}, identity: {normalize: trim, key: %s}, shard: {name: %q}}
receivers:
  usage_otlp: {protocols: {grpc: {endpoint: %q}, http: {endpoint: %q}}}
connectors: {usage_queue: {directory: %q}}
service: {extensions: [usage_ledger], telemetry: {metrics: {level: none}}}
`

// startNode starts a single node, with configurations over it. One with a name is a
// load balancer's shard.
func startNode(t *testing.T, name, catalogue string, over ...string) *ledger {
	t.Helper()
	l := &ledger{api: porttest.Free(), settings: file(t, settings(catalogue, openPeriods)), grpc: porttest.Free(), http: porttest.Free()}
	data := t.TempDir()
	overlay := file(t, fmt.Sprintf(node, filepath.Join(data, "ledger"), l.api, key, name, l.grpc, l.http, filepath.Join(data, "queue")))
	l.program = start(t, func() *exec.Cmd {
		return distribution(t, nil, append([]string{"config/victoriametrics.yaml", overlay, l.settings}, over...)...)
	})
	l.Eventually(t, l.ready)
	return l
}

func (l *ledger) ready() error {
	var data any
	return collector.Ask("http://"+l.api+"/api/v1/organizations", &data)
}

// closePeriods starts a ledger anew with a grace by which all that has ended is
// closed. It is stopped in order: what a log has that is not in a checkpoint is
// counted by the grace of the next start.
func (l *ledger) closePeriods(t *testing.T, catalogue string) {
	t.Helper()
	require.NoError(t, os.WriteFile(l.settings, []byte(settings(catalogue, closedPeriods)), 0o600))
	l.Terminate(t)
	require.Zero(t, l.End(t, limit))
	l.restart(t)
	l.Eventually(t, l.ready)
}
