// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

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

	alert, err := condition("UsageShardRunsTwice")
	require.NoError(t, err)
	one.Within(t, limit, eachSecond(func() error {
		n, err := number(store, alert)
		if err == nil && n != "2" {
			err = fmt.Errorf("%s processes", n)
		}
		return err
	}))
	_, err = number(store, "("+alert+`) and on (shard) usage_shard_info{shard="a"}`)
	require.NoError(t, err)
	n, err := number(store, "count(usage_shard_info)")
	require.NoError(t, err)
	require.Equal(t, "4", n, "replicas are there, and nobody is told of them")
}
