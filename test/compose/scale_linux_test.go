// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package compose

import (
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// topics are those that the service of this name makes, by its own words.
func topics(t *testing.T, s *stack) []string {
	t.Helper()
	words := s.project.Services["topics"].Command
	script := words[len(words)-1]
	loop := func(variable string) []string {
		list := regexp.MustCompile(`for ` + variable + ` in ([a-z ]+);`).FindStringSubmatch(script)
		require.NotNil(t, list, script)
		return strings.Fields(list[1])
	}
	require.Contains(t, script, "--topic usage-$shard-$signal")
	var all []string
	for _, shard := range loop("shard") {
		for _, signal := range loop("signal") {
			all = append(all, "usage-"+shard+"-"+signal)
		}
	}
	return all
}

// TestShardsCountWhatTheGatewayIsSent starts the profile scale with the broker of
// test/thirdparty in place of Kafka's image, which no module holds.
func TestShardsCountWhatTheGatewayIsSent(t *testing.T) {
	t.Parallel()
	s := newStack(t, "scale")
	broker := collector.ThirdParty(t, "kafka", "github.com/otelcol-usage/otelcol-usage/test/thirdparty/kafka")
	kafka := collector.Run(t, exec.Command("nsenter", "--net="+s.network.path(), broker, "-port", "9092", "-topics", strings.Join(topics(t, s), ",")))
	kafka.Eventually(t, func() error {
		c, err := s.network.dial(t.Context(), "tcp", "kafka:9092")
		if err != nil {
			return err
		}
		return c.Close()
	})
	for _, name := range slices.Sorted(maps.Keys(s.containers)) {
		s.up(t, name)
	}

	// By config/scale/shards.yaml acme is b's and globex a's.
	shards := map[string]string{"acme": "b", "globex": "a"}
	for organization := range shards {
		require.NoError(t, s.send(collector.Event{Organization: organization, Action: "api.called", UID: organization, Time: time.Now()}))
	}
	for organization, shard := range shards {
		s.processes["shard-"+shard].Eventually(t, func() error {
			value, err := s.value(fmt.Sprintf(`usage_consumption{organization=%q,meter="api_calls",window="month",period="current"}
				* on (organization) usage_organization_shard{shard=%q}`, organization, shard))
			if err == nil && value != "1" {
				err = fmt.Errorf("the store has %s calls of %s", value, organization)
			}
			return err
		})
	}
	for _, page := range []string{"http://shard-a:8320", "http://shard-b:8321"} {
		text, err := s.get(page + "/api/v1/organizations")
		require.NoError(t, err)
		for organization := range shards {
			require.Contains(t, string(text), fmt.Sprintf("%q", organization), "a page has what the peer counts")
		}
	}
}
