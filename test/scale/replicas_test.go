// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// victoria is a store that shows one of two equal samples.
func victoria(t *testing.T) string {
	t.Helper()
	program := collector.ThirdParty(t, "victoriametrics", "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics")
	address, data := porttest.Free(), t.TempDir()
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

// shownOnce says what a store shows twice of what two replicas have written.
func shownOnce(store string) error {
	n, err := number(store, `count(usage_active_users{meter="active_learners",window="30d",period="current"})`)
	if err == nil && n != "14" {
		err = fmt.Errorf("a series each of %s organizations", n)
	}
	if err != nil {
		return err
	}
	if _, err = number(store, `max(count_over_time(usage_ledger_ready{shard="a"}[5m])) <= 5`); err != nil {
		return fmt.Errorf("samples of five minutes: %w", err)
	}
	// One of two is left out, as the store writes its files or reads them; else only one
	// has arrived.
	text, err := read("http://" + store + "/metrics")
	if said := regexp.MustCompile(`vm_deduplicated_samples_total.*`).FindAllString(text, -1); err == nil && !regexp.MustCompile(`} [1-9]`).MatchString(strings.Join(said, "\n")) {
		err = fmt.Errorf("the store has left out no sample: %q", said)
	}
	if err == nil {
		_, err = number(store, `count by (shard) (usage_organization_shard)`) // replicas are one shard
	}
	return err
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

	y.gateway.Within(t, limit, eachSecond(func() error { return shownOnce(store) }))
	statements := billSame(t, y.catalogue, one, two)
	campaign.Report(t, campaign.Line{
		What: "two replicas, each killed at random", Tried: killed,
		Note: fmt.Sprintf("%d events, %s: every figure bit-identical, and %d statements and all bills", len(events), time.Since(began).Round(time.Second), statements),
	})
}
