// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"testing"
	"time"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
)

// TestShardsBehindKafkaShowWhatOneNodeShows kills shards, the gateway and the
// broker while events come in, with resends, late and early ones, of all signals.
func TestShardsBehindKafkaShowWhatOneNodeShows(t *testing.T) {
	t.Parallel()
	began := time.Now()
	random := campaign.Random(t)
	ids := organizations(campaign.Pick(24, 300))
	events := makeEvents(random, howMany(t, 3_000, 2_000_000), ids, began)
	size := campaign.Pick(25, 400)

	catalogue := customers(t, ids)
	whole := startNode(t, "", catalogue)
	y := newTopology(t, "a", "b", "c")
	y.catalogue = catalogue
	y.startGateway(t)
	for _, name := range []string{"a", "b", "c"} {
		y.startShard(t, name, "")
	}
	sendAll(t, whole.http, requests(t, random, events, size, 0), nil)

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
	becomeSame(t, whole, y.shards...)
	statements := billSame(t, catalogue, whole, y.shards...)
	campaign.Report(t, campaign.Line{
		What: "three shards behind Kafka against one node, kills of shards, gateway and broker", Tried: killed,
		Note: fmt.Sprintf("%d events in %d requests, %d sent again, %s: every figure bit-identical, and %d statements and all bills", len(events), len(all), again, time.Since(began).Round(time.Second), statements),
	})
}
