// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
)

// balanced is a single node as a load balancer's shard.
const balanced = `
extensions:
  usage_ledger: {directory: %[1]s/ledger, catalogue: "", api: {endpoint: %[2]q}, shard: {name: %[3]s}, identity: {normalize: trim, key: %[4]s}, meters: %[6]s}
receivers:
  usage_otlp: {protocols: {grpc: {endpoint: %[5]q}, http: {endpoint: "localhost:0"}}}
connectors: {usage_queue: {directory: %[1]s/queue}}
exporters: {prometheus_remote_write: {endpoint: "http://localhost:1/api/v1/write"}}
service: {extensions: [usage_ledger], telemetry: {metrics: {level: none}}}
`

// TestALoadBalancerWithoutABroker has one shard away for a while and kills the
// gateway, which has on disk what it has answered.
func TestALoadBalancerWithoutABroker(t *testing.T) {
	longOnly(t, "a load balancer without a broker")
	t.Parallel()
	random := campaign.Random(t)
	events := makeEvents(random, 3_000, organizations(24), time.Now())
	directory := t.TempDir()
	var shards []*ledger
	var apis, doors []string
	for _, name := range []string{"a", "b"} {
		l, door := &ledger{api: free(t)}, free(t)
		overlay := file(t, fmt.Sprintf(balanced, t.TempDir(), l.api, name, key, door, meters))
		l.program = start(t, func() *exec.Cmd { return distribution(t, nil, "config/victoriametrics.yaml", overlay) })
		l.Eventually(t, l.ready)
		shards, apis, doors = append(shards, l), append(apis, l.api), append(doors, door)
	}
	address, grpc, telemetry := free(t), free(t), port(t)
	gateway := start(t, func() *exec.Cmd {
		return distribution(t, []string{
			"USAGE_HTTP=" + address, "USAGE_GRPC=" + grpc, "USAGE_TELEMETRY=" + telemetry, "USAGE_DATA=" + directory,
			"USAGE_SHARD_A=" + doors[0], "USAGE_SHARD_B=" + doors[1],
		}, "config/scale/brokerless.yaml")
	})
	gateway.Eventually(t, func() error { return reached(address) })
	node := single(t)
	sendAll(t, node.HTTP, requests(t, random, events, 25, 0), nil)

	all := requests(t, random, events, 25, 0.1)
	again := sendAll(t, address, all, func(i int) {
		switch i {
		case len(all) / 4:
			shards[0].Kill()
		case len(all) / 2:
			gateway.Kill()
			gateway.restart(t)
		case 3 * len(all) / 4:
			shards[0].restart(t)
		}
	})
	becomeSame(t, node.Process, node.API, apis...)
	t.Logf("%d requests were sent again", again)
}
