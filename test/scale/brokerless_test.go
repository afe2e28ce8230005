// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"os/exec"
	"testing"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
)

// TestALoadBalancerWithoutABroker has one shard away for a while and kills the
// gateway, which has on disk what it has answered.
func TestALoadBalancerWithoutABroker(t *testing.T) {
	t.Parallel()
	random := campaign.Random(t)
	ids := organizations(24)
	events := makeEvents(random, howMany(t, 2_000, 50_000), ids, time.Now())
	directory := t.TempDir()
	// Without a map a shard has what its catalogue lists, so there is none.
	whole := startNode(t, "", "")
	shards := []*ledger{startNode(t, "a", ""), startNode(t, "b", "")}
	address, grpc, telemetry := porttest.Free(), porttest.Free(), porttest.FreePort()
	gateway := start(t, func() *exec.Cmd {
		return distribution(t, []string{
			"USAGE_HTTP=" + address, "USAGE_GRPC=" + grpc, "USAGE_TELEMETRY=" + telemetry, "USAGE_DATA=" + directory,
			"USAGE_SHARD_A=" + shards[0].grpc, "USAGE_SHARD_B=" + shards[1].grpc,
		}, "config/scale/brokerless.yaml")
	})
	gateway.Eventually(t, func() error { return reached(address) })
	sendAll(t, whole.http, requests(t, random, events, 25, 0), nil)

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
	becomeSame(t, whole, shards...)
	statements := billSame(t, "", whole, shards...)
	t.Logf("%d events in %d requests, %d requests were sent again, %d statements", len(events), len(all), again, statements)
}
