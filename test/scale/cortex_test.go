// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// cortexConfig is those parts of Cortex that take samples, keep them and answer,
// in one process, with its HA tracker. A replica that was not heard of for less than
// a minute hands over to the other one, so that no minute of figures is missing.
// Formatted with ports and a directory.
const cortexConfig = `
target: distributor,ingester,querier,store-gateway
auth_enabled: false
server: {http_listen_address: 127.0.0.1, http_listen_port: %[1]s, grpc_listen_address: 127.0.0.1, grpc_listen_port: %[2]s}
memberlist: {bind_addr: [127.0.0.1], bind_port: %[3]s, abort_if_cluster_join_fails: false}
distributor:
  ring: {kvstore: {store: inmemory}}
  ha_tracker: {enable_ha_tracker: true, ha_tracker_update_timeout: 5s, ha_tracker_update_timeout_jitter_max: 0s, ha_tracker_failover_timeout: 30s, kvstore: {store: memberlist}}
limits: {accept_ha_samples: true, ha_cluster_label: cluster, ha_replica_label: __replica__}
ingester: {lifecycler: {address: 127.0.0.1, ring: {kvstore: {store: inmemory}, replication_factor: 1}, min_ready_duration: 0s, final_sleep: 0s}}
querier: {active_query_tracker_dir: "%[4]s/queries", store_gateway_addresses: "127.0.0.1:%[2]s"}
storage: {engine: blocks}
blocks_storage: {backend: filesystem, filesystem: {dir: "%[4]s/blocks"}, tsdb: {dir: "%[4]s/tsdb"}, bucket_store: {sync_dir: "%[4]s/sync"}}
`

// cortex starts a store that is made to be distributed. What of a real installation
// it lacks: it is one process, so that nothing of it is replicated or can be away.
func cortex(t *testing.T) (address string) {
	t.Helper()
	// Without that tag Cortex takes labels of Prometheus for what they are not, and panics.
	program := collector.ThirdParty(t, "cortex", "github.com/cortexproject/cortex/cmd/cortex", "slicelabels")
	address = porttest.Free()
	_, http, err := net.SplitHostPort(address)
	require.NoError(t, err)
	config := file(t, fmt.Sprintf(cortexConfig, http, porttest.FreePort(), porttest.FreePort(), t.TempDir()))
	p := start(t, func() *exec.Cmd { return exec.Command(program, "-config.file="+config) })
	p.Within(t, limit, eachSecond(func() error { _, err := read("http://" + address + "/ready"); return err }))
	return address
}

// replicaLabels are what the HA tracker tells replicas by, see docs/scale.md.
const replicaLabels = `exporters: {prometheus_remote_write: {external_labels: {cluster: a, __replica__: "replica${env:USAGE_REPLICA}"}}}`

// TestCortexShowsOneOfTwoReplicas has a store that tells replicas by labels: it takes
// the samples of one, and of the other once that is killed.
func TestCortexShowsOneOfTwoReplicas(t *testing.T) {
	const what = "Cortex behind two replicas, one of which is killed"
	if !campaign.Long() {
		campaign.NotRun(t, what, "Cortex takes minutes and a gigabyte to build; make crash runs it")
	}
	t.Parallel()
	began := time.Now()
	random := campaign.Random(t)
	store := cortex(t)
	y := newTopology(t, "a")
	y.overShards = []string{file(t, replicaLabels)}
	y.startGateway(t)
	into := "STORE=http://" + store + "/api/v1/push"
	one, two := y.startShard(t, "a", "-1", into), y.startShard(t, "a", "-2", into)

	ids := organizations(4)
	sendAll(t, y.gatewayAddress, requests(t, random, makeEvents(random, 1_000, ids, began), 25, 0.1), nil)
	becomeSame(t, one, two)
	var compared int
	shows := func(l *ledger) func() error {
		return eachSecond(func() (err error) {
			compared, err = stored(store, l.api)
			return err
		})
	}
	deduped := regexp.MustCompile(`cortex_distributor_deduped_samples_total\{[^}]*\} [1-9]`)
	two.Within(t, limit, eachSecond(func() error {
		text, err := read("http://" + store + "/metrics")
		if err == nil && !deduped.MatchString(text) {
			err = errors.New("no sample of the other replica is left out")
		}
		return err
	}))
	two.Within(t, limit, shows(two))

	text, err := read("http://" + store + "/distributor/ha_tracker")
	require.NoError(t, err)
	elected, other := one, two
	if strings.Contains(text, "replica-2") {
		elected, other = two, one
	}
	elected.Kill()
	killed := time.Now()
	// Other events by time and user, so that what is shown has to change.
	sendAll(t, y.gatewayAddress, requests(t, random, makeEvents(random, 1_000, ids, killed), 25, 0), nil)
	other.Within(t, limit, shows(other))
	other.Within(t, limit, eachSecond(func() error { return eachMinute(store, killed.Add(time.Minute)) }))
	other.Within(t, limit, shows(other))
	campaign.Report(t, campaign.Line{
		What: what, Tried: 1,
		Note: fmt.Sprintf("%s: %d figures bit-identical, each once, and no minute is missing", time.Since(began).Round(time.Second), compared),
	})
}

// stored holds what a store shows of all organizations against what a ledger shows,
// bit by bit, at the ledger's minute. It returns how many series there are.
func stored(store, api string) (series int, err error) {
	ids, err := known(api)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		want, err := show(api, id)
		if err != nil {
			return 0, err
		}
		got, err := storedOf(store, id, want.at)
		if err != nil {
			return 0, err
		}
		var differ []string
		for _, s := range slices.Sorted(maps.Keys(want.figures)) {
			if v, found := got[s]; !found || math.Float64bits(v) != math.Float64bits(want.figures[s]) {
				differ = append(differ, fmt.Sprintf("%s is %v (%t), not %v", s, v, found, want.figures[s]))
			}
		}
		if len(got) != len(want.figures) || len(differ) > 0 {
			return 0, fmt.Errorf("%s at %s: %d series are stored and %d shown, %d differ: %s", id, want.at, len(got), len(want.figures), len(differ), strings.Join(differ[:min(5, len(differ))], "; "))
		}
		series += len(got)
	}
	if series == 0 {
		err = errors.New("nothing is counted yet")
	}
	return series, err
}

// storedOf is what a store has of an organization at an instant, by series. One that
// is there twice, of each replica, is an error.
func storedOf(store, organization, at string) (map[string]float64, error) {
	var data struct {
		Result []struct {
			Metric map[string]string
			Value  [2]any
		}
	}
	query := url.Values{"query": {fmt.Sprintf(`{organization=%q}`, organization)}, "time": {at}}
	if err := collector.Ask("http://"+store+"/prometheus/api/v1/query?"+query.Encode(), &data); err != nil {
		return nil, err
	}
	all := map[string]float64{}
	for _, r := range data.Result {
		name := r.Metric["__name__"]
		if slices.Contains(apart, name) || name == "usage_organization_shard" { // of the ledger, not of the organization
			continue
		}
		for _, label := range []string{"__name__", "cluster", "organization"} {
			delete(r.Metric, label)
		}
		s := collector.Series(name, r.Metric)
		if _, twice := all[s]; twice {
			return nil, fmt.Errorf("%s is there twice", s)
		}
		value, err := strconv.ParseFloat(fmt.Sprint(r.Value[1]), 64)
		if err != nil {
			return nil, err
		}
		all[s] = value
	}
	return all, nil
}

// eachMinute says which minute is missing, or there twice, of those up to an instant.
func eachMinute(store string, until time.Time) error {
	var data struct {
		Result []struct{ Values [][2]any }
	}
	if err := collector.Ask("http://"+store+"/prometheus/api/v1/query?query="+url.QueryEscape(`usage_ledger_ready{shard="a"}[1h]`), &data); err != nil {
		return err
	}
	if len(data.Result) != 1 {
		return fmt.Errorf("%d series, not one", len(data.Result))
	}
	var minutes []float64
	for _, v := range data.Result[0].Values {
		minutes = append(minutes, v[0].(float64))
	}
	for i := 1; i < len(minutes); i++ {
		if step := minutes[i] - minutes[i-1]; step != 60 {
			return fmt.Errorf("%v s between two samples: %v", step, minutes)
		}
	}
	if last := minutes[len(minutes)-1]; last < float64(until.Unix()) {
		return fmt.Errorf("nothing is shown of after %s: %v", until, minutes)
	}
	return nil
}
