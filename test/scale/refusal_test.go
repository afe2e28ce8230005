// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/internal/shard"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// What the logs say.
var (
	inForce  = regexp.MustCompile(`(map of shards is in force)`)
	newerMap = regexp.MustCompile(`(the gateway sent this by map)`)
	notSent  = regexp.MustCompile(`otelcol_exporter_send_failed_log_records(_total)?\{[^}]*exporter="kafka"[^}]*\} [1-9]`)
)

// items of an organization by outcome.
func items(api, organization string) (map[string]uint64, error) {
	var data []struct {
		ID    string
		Items map[string]map[string]uint64
	}
	if err := collector.Ask("http://"+api+"/api/v1/organizations", &data); err != nil {
		return nil, err
	}
	all := map[string]uint64{}
	for _, o := range data {
		if o.ID != organization {
			continue
		}
		for _, outcomes := range o.Items {
			for outcome, n := range outcomes {
				all[outcome] += n
			}
		}
	}
	return all, nil
}

// has waits until an organization has a number of items of an outcome.
func has(t *testing.T, l *ledger, organization, outcome string, n uint64) {
	t.Helper()
	l.Within(t, limit, func() error {
		got, err := items(l.api, organization)
		if err == nil && got[outcome] != n {
			err = fmt.Errorf("%s has %v, not %d %s", organization, got, n, outcome)
		}
		return err
	})
}

// refuses reports whether a shard's page tells of items of others.
func refuses(l *ledger) error {
	page, err := read("http://" + l.api + "/")
	if err == nil && !strings.Contains(page, "of an organization of another shard") {
		err = errors.New("refuses nothing")
	}
	return err
}

// of returns ids of organizations in a half of the virtual shards.
func of(lower bool, n int) (ids []string) {
	for i := 0; len(ids) < n; i++ {
		if id := fmt.Sprintf("customer-%d", i); (shard.VirtualOf(id) < shard.Virtual/2) == lower {
			ids = append(ids, id)
		}
	}
	return ids
}

// calls is a request of one call each.
func calls(t *testing.T, organizations ...string) request {
	t.Helper()
	var events []collector.Event
	for _, id := range organizations {
		events = append(events, collector.Event{Organization: id, User: "ann", Action: "api.called", Time: time.Now()})
	}
	return sent(t, events...)
}

// TestGatewayAndShardsWithDifferentMaps lets each side know of a change before the
// other one: what a shard will own waits for it, and what it owns no more is
// refused and counted as such.
func TestGatewayAndShardsWithDifferentMaps(t *testing.T) {
	t.Parallel()
	moved, left := of(true, 2)[0], of(true, 2)[1]
	y := newTopology(t, "a", "b")
	gatewayMap := y.mapFile
	y.startGateway(t)
	y.mapFile = filepath.Join(y.directory, "shards-of-shards.yaml")
	y.writeMap(t, mapOf(1, "a", "b"))
	a, b := y.startShard(t, "a", ""), y.startShard(t, "b", "")
	shardsMap := y.mapFile

	y.mapFile = gatewayMap
	y.writeMap(t, mapOf(2, "a", "b")+"pins: {"+moved+": b}\n")
	y.gateway.Within(t, limit, func() error { _, err := y.gateway.Said(t, inForce); return err })
	sendAll(t, y.gatewayAddress, []request{calls(t, moved)}, nil)
	b.Within(t, limit, func() error { _, err := b.Said(t, newerMap); return err })
	got, err := items(b.api, moved)
	require.NoError(t, err)
	require.Empty(t, got, "what is to come is not counted yet")
	require.ErrorContains(t, refuses(b), "refuses nothing", "and not refused")

	y.mapFile = shardsMap
	y.writeMap(t, mapOf(3, "a", "b")+"pins: {"+moved+": b, "+left+": b}\n")
	has(t, b, moved, "counted", 1)
	a.Within(t, limit, func() error { _, err := a.Said(t, inForce); return err })
	sendAll(t, y.gatewayAddress, []request{calls(t, left)}, nil)
	a.Within(t, limit, func() error { return refuses(a) })
	got, err = items(a.api, left)
	require.NoError(t, err)
	require.Empty(t, got)

	t.Run("what was refused is read again by its owner", func(t *testing.T) {
		b.Kill()
		again := file(t, "receivers: {kafka/logs: {group_id: usage-b-again, logs: {topics: [usage-a-logs, usage-b-logs]}}}")
		was := b.command
		b.command = func() *exec.Cmd { c := was(); c.Args = append(c.Args, "--config", again); return c }
		b.restart(t)
		has(t, b, left, "counted", 1)
		has(t, b, moved, "duplicate", 1)
	})
}

// TestATopicThatIsMissingIsNoLoss has a map that names a shard before its topics
// are there.
func TestATopicThatIsMissingIsNoLoss(t *testing.T) {
	t.Parallel()
	here, nowhere := of(true, 1)[0], of(false, 1)[0]
	y := newTopology(t, "a")
	y.writeMap(t, mapOf(1, "a", "b"))
	y.startGateway(t)
	a := y.startShard(t, "a", "")

	both := calls(t, here, nowhere)
	var final permanent
	err := post(t.Context(), y.gatewayAddress, both)
	require.Error(t, err)
	require.NotErrorAs(t, err, &final, "a sender has to keep it")
	require.ErrorContains(t, err, "usage-b-logs")
	has(t, a, here, "counted", 1)

	y.brokerProcess.Kill()
	y.topics += ",usage-b-logs,usage-b-traces,usage-b-metrics"
	y.startBroker(t)
	sendAll(t, y.gatewayAddress, []request{both}, nil)
	b := y.startShard(t, "b", "")
	has(t, b, nowhere, "counted", 1)
	has(t, a, here, "duplicate", 1)
}

// TestABrokerThatIsAwayIsNoLoss starts a gateway and a shard before there is a broker:
// senders are told to repeat, and what they repeat counts once.
func TestABrokerThatIsAwayIsNoLoss(t *testing.T) {
	t.Parallel()
	here := of(true, 1)[0]
	y := newTopology(t, "a")
	y.brokerProcess.Kill()
	y.startGateway(t)
	a := y.startShard(t, "a", "")

	call := calls(t, here)
	var final permanent
	err := post(t.Context(), y.gatewayAddress, call)
	require.Error(t, err)
	require.NotErrorAs(t, err, &final, "a sender has to keep it")
	got, err := items(a.api, here)
	require.NoError(t, err)
	require.Empty(t, got)
	y.gateway.Within(t, limit, eachSecond(func() error { // what UsageGatewayNotSending is about
		text, err := read(y.gatewayMetrics)
		if err == nil && !notSent.MatchString(text) {
			err = errors.New("the gateway does not count what it could not send")
		}
		return err
	}))

	y.brokerProcess.restart(t)
	sendAll(t, y.gatewayAddress, []request{call}, nil)
	has(t, a, here, "counted", 1)
}

// TestAMapWithoutThisShardIsRefusedAtStart starts a shard that nobody knows.
func TestAMapWithoutThisShardIsRefusedAtStart(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	mapFile := filepath.Join(directory, "shards.yaml")
	y := &topology{mapFile: mapFile}
	y.writeMap(t, mapOf(1, "a", "b"))
	p := start(t, func() *exec.Cmd {
		return distribution(t, []string{"USAGE_SHARD=c", "USAGE_MAP=" + mapFile, "USAGE_DATA=" + directory, "USAGE_TELEMETRY=" + porttest.FreePort(), "USAGE_KEY=" + key}, "config/victoriametrics.yaml", "config/scale/shard.yaml")
	})
	require.NotZero(t, p.End(t, time.Minute))
	require.Contains(t, p.Log(t), `none is named "c"`)
}
