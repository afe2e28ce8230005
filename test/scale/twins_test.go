// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// condition is the expression of an alert in rules/usage-alerts.yaml.
func condition(t *testing.T, alert string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(collector.Root(t), "rules", "usage-alerts.yaml"))
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Alert == alert {
				return rule.Expr
			}
		}
	}
	require.FailNow(t, "there is no such alert", alert)
	return ""
}

// TestTwoProcessesOfOneShardAreFoundOut starts a shard a second time, in another
// directory, beside a shard with a replica: the store has one group that the alert
// is about.
func TestTwoProcessesOfOneShardAreFoundOut(t *testing.T) {
	t.Parallel()
	store := victoria(t)
	y := newTopology(t, "a", "b")
	into := "STORE=http://" + store + "/api/v1/write"
	y.startShard(t, "b", "", into)
	y.startShard(t, "b", "-2", into)
	one := y.startShard(t, "a", "", into)
	y.startShard(t, "a", "", into, "USAGE_DATA="+t.TempDir())

	alert := condition(t, "UsageShardRunsTwice")
	one.Within(t, limit, eachSecond(func() error {
		n, err := number(store, alert)
		if err == nil && n != "2" {
			err = fmt.Errorf("%s processes", n)
		}
		return err
	}))
	_, err := number(store, "("+alert+`) and on (shard) usage_shard_info{shard="a"}`)
	require.NoError(t, err)
	n, err := number(store, "count(usage_shard_info)")
	require.NoError(t, err)
	require.Equal(t, "4", n, "replicas are there, and nobody is told of them")
}
