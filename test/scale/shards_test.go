// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"testing"
	"time"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
)

// TestShardsBehindKafkaShowWhatOneNodeShows kills shards, the gateway and the
// broker while events come in, with resends, late and early ones, of all signals.
func TestShardsBehindKafkaShowWhatOneNodeShows(t *testing.T) {
	longOnly(t, "three shards behind Kafka against one node, kills")
	t.Parallel()
	random := campaign.Random(t)
	events := makeEvents(random, campaign.Pick(6_000, 2_000_000), organizations(campaign.Pick(24, 300)), time.Now())
	size := campaign.Pick(25, 400)

	node := single(t)
	y := newTopology(t, "a", "b", "c")
	y.startGateway(t)
	var apis []string
	for _, name := range []string{"a", "b", "c"} {
		apis = append(apis, y.startShard(t, name).api)
	}
	sendAll(t, node.HTTP, requests(t, random, events, size, 0), nil)

	all := requests(t, random, events, size, 0.1)
	kills := campaign.Pick(4, 20)
	killed := 0
	again := sendAll(t, y.gatewayAddress, all, func(i int) {
		if killed >= kills || i < (killed+1)*len(all)/(kills+2) {
			return
		}
		victim := []*program{y.shards[0].program, y.gateway, y.brokerProcess, y.shards[1].program}[killed%4]
		victim.Kill()
		victim.restart(t)
		killed++
	})
	becomeSame(t, node.Process, node.API, apis...)
	campaign.Report(t, campaign.Line{What: "three shards behind Kafka against one node, kills of shards, gateway and broker", Tried: killed, Note: "every figure bit-identical"})
	t.Logf("%d events in %d requests, %d kills, %d requests were sent again", len(events), len(all), killed, again)
}
