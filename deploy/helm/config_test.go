// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// collectorConfig is what a test looks at in a configuration of the collector.
type collectorConfig struct {
	Receivers, Exporters map[string]map[string]any
	Connectors           struct {
		Queue struct {
			MaxBytes int64 `json:"max_bytes"`
		} `json:"usage_queue"`
	}
}

func (o *objects) collector(t *testing.T, file string) (c collectorConfig) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal([]byte(o.config(t, "usage-otelcol-usage-config", file)), &c))
	return c
}

// TestWhatWaitsForTheStoreLeavesRoomOnTheVolume holds the bound of the queue to the
// volume that it shares with the ledger. By default both are as large as the
// configurations of the repository say.
func TestWhatWaitsForTheStoreLeavesRoomOnTheVolume(t *testing.T) {
	values := variants(t)["remote-write"]
	for _, size := range []string{"", "20Gi", "1.5Ti", "500Mi", "40G", "21474836480"} {
		if size != "" {
			values["ledger"] = map[string]any{"persistence": map[string]any{"size": size}}
		}
		all := manifests(t, values)
		claimed := all.statefulSets[0].Spec.VolumeClaimTemplates[0].Spec.Resources.Requests.Storage().Value()
		waits := all.collector(t, "values.yaml").Connectors.Queue.MaxBytes
		require.Equal(t, claimed/5, waits, size)
		if size == "" {
			require.Equal(t, all.collector(t, "base.yaml").Connectors.Queue.MaxBytes, waits, "as config/victoriametrics.yaml has it")
		}
	}
	require.Zero(t, manifests(t, map[string]any{}).collector(t, "values.yaml").Connectors.Queue.MaxBytes, "nothing waits for the embedded store")
}

// TestShardsAndGatewaysReachTheBrokersOfTheValues looks for them at each receiver and
// exporter that the configurations below have.
func TestShardsAndGatewaysReachTheBrokersOfTheValues(t *testing.T) {
	all := manifests(t, variants(t)["everything"])
	shards, ofShards := all.collector(t, "shard.yaml"), all.collector(t, "values-a.yaml")
	receivers := slices.DeleteFunc(slices.Sorted(maps.Keys(shards.Receivers)), func(id string) bool { return !strings.HasPrefix(id, "kafka") })
	require.Len(t, receivers, 3)
	for _, id := range receivers {
		require.Equal(t, []any{"kafka:9093"}, ofShards.Receivers[id]["brokers"], id)
		require.Contains(t, ofShards.Receivers[id]["tls"], "ca_file", id)
	}
	for id := range ofShards.Receivers {
		require.Contains(t, shards.Receivers, id, "a receiver that nobody uses")
	}
	gateways := all.collector(t, "values-of-gateways.yaml")
	require.Equal(t, []any{"kafka:9093"}, gateways.Exporters["kafka"]["brokers"])
	require.Contains(t, gateways.Exporters["kafka"]["auth"], "sasl")
}
