// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/otelcol-usage/otelcol-usage/internal/porttest"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// cpu is the time that processes have had of processors: what they are, and what
// the system has done for them. It comes in hundredths of a second.
func cpu(t *testing.T, processes ...*collector.Process) (spent time.Duration) {
	t.Helper()
	for _, p := range processes {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Pid()))
		require.NoError(t, err)
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
		for _, field := range fields[11:13] { // utime, stime
			ticks, err := strconv.Atoi(field)
			require.NoError(t, err)
			spent += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return spent
}

// TestWhatARecordCosts sends the same requests to a single node, once for its own
// door and once for the otlp receiver and the processor, and through gateway, broker
// and shards. What is told is CPU time for a record.
func TestWhatARecordCosts(t *testing.T) {
	records := howMany(t, 20_000, 1_000_000)
	for _, c := range []struct {
		organizations int // in one request
		shards        []string
	}{{1, []string{"a"}}, {8, []string{"a"}}, {8, []string{"a", "b", "c"}}} {
		t.Run(fmt.Sprintf("%d organizations a request and %d shards", c.organizations, len(c.shards)), func(t *testing.T) {
			all := costly(t, records, c.organizations)
			node := collector.Start(t, collector.Settings{})
			door := measure(t, node.HTTP, []string{node.API}, all, records, node.Process)
			node.Kill()

			address, grpc := porttest.Free(), porttest.Free()
			slower := collector.Start(t, collector.Settings{Overlay: fmt.Sprintf(stockDoor, address, grpc)})
			stock := measure(t, address, []string{slower.API}, all, records, slower.Process)
			slower.Kill()

			y := newTopology(t, c.shards...)
			y.startGateway(t)
			parts := []*collector.Process{y.gateway.Process, y.brokerProcess.Process}
			for _, name := range c.shards {
				parts = append(parts, y.startShard(t, name, "").Process)
			}
			var before, each []time.Duration
			for _, p := range parts {
				before = append(before, cpu(t, p))
			}
			total := measure(t, y.gatewayAddress, apis(y.shards), all, records, parts...)
			for i, p := range parts {
				each = append(each, (cpu(t, p)-before[i])/time.Duration(records))
			}
			note := fmt.Sprintf("%d organizations a request: own door %v, otlp and processor %v, gateway, broker and %d shards %v (%v): %.1fx and %.1fx",
				c.organizations, door, stock, len(c.shards), total, each, float64(total)/float64(door), float64(total)/float64(stock))
			campaign.Report(t, campaign.Line{What: "CPU of a record through gateway, broker and shards", Tried: records, Note: note})
		})
	}
}

// stockDoor takes OTLP by the Collector's own receiver.
const stockDoor = `
receivers: {otlp: {protocols: {http: {endpoint: %q}, grpc: {endpoint: %q}}}}
processors: {usage: {ledger: usage_ledger}}
service: {pipelines: {logs: {receivers: [otlp], processors: [usage]}}}
`

// costly are requests of 512 records each, of 64 organizations with 500 users each.
func costly(t *testing.T, records, organizations int) (all []request) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	for n := 0; n < records; {
		var events []collector.Event
		for range min(512, records-n) {
			events = append(events, collector.Event{
				Organization: fmt.Sprintf("org-%02d", (n/512*organizations+n%organizations)%64), User: fmt.Sprintf("user-%d", random.IntN(500)),
				Action: "course.accessed", Time: time.Now(), Attributes: map[string]any{"user.status": "active"},
			})
			n++
		}
		body, err := collector.Logs(events...)
		require.NoError(t, err)
		all = append(all, request{signal: "logs", body: body})
	}
	return all
}

// together is how many requests are under way at once.
const together = 16

// sendTogether sends requests, several at a time, once each.
func sendTogether(t *testing.T, address string, all []request) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(together)
	for _, r := range all {
		group.Go(func() error { return post(t.Context(), address, r) })
	}
	require.NoError(t, group.Wait())
}

// measure sends requests and returns what a record cost once all are counted.
func measure(t *testing.T, address string, apis []string, all []request, records int, processes ...*collector.Process) time.Duration {
	t.Helper()
	before := cpu(t, processes...)
	sendTogether(t, address, all)
	processes[0].Within(t, limit, eachSecond(func() error {
		counted := uint64(0)
		for _, api := range apis {
			ids, err := known(api)
			if err != nil {
				return err
			}
			for _, id := range ids {
				got, err := items(api, id)
				if err != nil {
					return err
				}
				counted += got["counted"]
			}
		}
		if counted != uint64(records) {
			return fmt.Errorf("%d of %d are counted", counted, records)
		}
		return nil
	}))
	return (cpu(t, processes...) - before) / time.Duration(records)
}
