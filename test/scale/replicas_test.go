// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// victoria is a store that shows one of two equal samples.
func victoria(t *testing.T) string {
	t.Helper()
	program := collector.ThirdParty(t, "victoriametrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics")
	address, data := free(t), t.TempDir()
	p := start(t, func() *exec.Cmd {
		return exec.Command(program, "-httpListenAddr="+address, "-storageDataPath="+data, "-search.latencyOffset=0s", "-dedup.minScrapeInterval=30s", "-retentionPeriod=2y")
	})
	p.Eventually(t, func() error { return reached(address) })
	return address
}

// number asks a store for the one value of a query.
func number(store, query string) (string, error) {
	var data struct {
		Result []struct{ Value [2]any }
	}
	if err := collector.Ask("http://"+store+"/api/v1/query?query="+url.QueryEscape(query), &data); err != nil {
		return "", err
	}
	if len(data.Result) != 1 {
		return "", fmt.Errorf("%s has %d results, not one", query, len(data.Result))
	}
	return fmt.Sprint(data.Result[0].Value[1]), nil
}

// TestReplicasAgreeAndTheStoreShowsOne has two ledgers that read the same topics,
// each for itself, and kills each at random.
func TestReplicasAgreeAndTheStoreShowsOne(t *testing.T) {
	t.Parallel()
	began := time.Now()
	random := campaign.Random(t)
	ids := organizations(12)
	events := makeEvents(random, howMany(t, 2_000, 200_000), ids, began)
	store := victoria(t)
	y := newTopology(t, "a")
	y.catalogue = customers(t, ids)
	y.startGateway(t)
	into := "STORE=http://" + store + "/api/v1/write"
	one, two := y.startShard(t, "a", "", into), y.startShard(t, "a", "-2", into)

	all := requests(t, random, events, 25, 0.1)
	kills := campaign.Pick(1, 40) // of both together
	killed := 0
	sendAll(t, y.gatewayAddress, all, func(i int) {
		for killed < kills && i >= (killed+1)*len(all)/(kills+1) {
			victim := []*ledger{one, two}[random.IntN(2)]
			victim.Kill()
			victim.restart(t)
			killed++
		}
	})
	becomeSame(t, one, two)

	// Both have written the same minutes: no series is there twice, no sample is.
	y.gateway.Within(t, limit, func() error {
		n, err := number(store, `count(usage_active_users{meter="active_learners",window="30d",period="current"})`)
		if err == nil && n != "14" {
			err = fmt.Errorf("%s organizations", n)
		}
		return err
	})
	n, err := number(store, `max(count_over_time(usage_ledger_ready{shard="a"}[1m]))`)
	require.NoError(t, err)
	require.Equal(t, "1", n, "of the two samples of a minute one is shown")
	_, err = number(store, `count by (shard) (usage_organization_shard)`)
	require.NoError(t, err, "replicas are one shard")
	statements := billSame(t, y.catalogue, one, two)
	campaign.Report(t, campaign.Line{
		What: "two replicas, each killed at random", Tried: killed,
		Note: fmt.Sprintf("%d events, %s: every figure bit-identical, and %d statements and all bills", len(events), time.Since(began).Round(time.Second), statements),
	})
}
