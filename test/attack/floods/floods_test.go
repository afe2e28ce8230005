// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package floods

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	perRequest = 1000
	// known is limits::unknown_organizations, of those that no catalogue lists.
	known = 1000
)

// flood sends an item of each of n organizations, and one of a good sender after
// each request. It returns how long the requests of each took, ascending.
func flood(t *testing.T, c *collector.Collector, n int) (floods, good []time.Duration) {
	t.Helper()
	at := time.Now()
	send := func(events ...collector.Event) time.Duration {
		began := time.Now()
		require.Equal(t, http.StatusOK, c.Send(t, events...))
		return time.Since(began)
	}
	for from := 0; from < n; from += perRequest {
		events := make([]collector.Event, min(perRequest, n-from))
		for i := range events {
			events[i] = collector.Event{Organization: id(from + i), Action: "document.created", Time: at}
		}
		floods = append(floods, send(events...))
		good = append(good, send(collector.Event{Organization: "good", Action: "document.created", Time: at, UID: fmt.Sprint(from)}))
	}
	slices.Sort(floods)
	slices.Sort(good)
	return floods, good
}

func id(n int) string { return fmt.Sprintf("customer-%06d", n) }

func TestUnknownOrganizationsBeyondTheLimitAreRefused(t *testing.T) {
	t.Parallel() // it waits for a whole minute
	container := campaign.NewContainer(t, 1<<30)
	c := collector.Start(t, collector.Settings{Overlay: "receivers: {usage: {interval: 60s}}\n"})
	container.Add(t, c.Pid())
	const n = 100_000
	require.Equal(t, http.StatusOK, c.Send(t, collector.Event{Organization: "good", Action: "document.created", Time: time.Now()}))
	floods, good := flood(t, c, n)
	items, err := c.Items()
	require.NoError(t, err)
	require.Len(t, items, known, "who has a place")
	c.Eventually(t, func() error {
		figures, err := c.Figures("__none__")
		if got := figures[`usage_items_total{outcome="over_limit",signal="logs"}`]; err == nil && got != n-(known-1) {
			err = fmt.Errorf("%v items are refused, not %d", got, n-(known-1))
		}
		return err
	})
	m := c.Memory(t)
	campaign.Report(t, campaign.Line{
		What: "organizations that nobody knows, 1,000 a request", Tried: n, Longest: good[len(good)-1], Peak: m.Peak, Under: container.Under,
		Note: fmt.Sprintf("a request of the flood took %s at most", floods[len(floods)-1].Round(time.Millisecond)),
	})
}

func TestALargeCatalogue(t *testing.T) {
	t.Parallel()
	n := campaign.Pick(5_000, 100_000)
	directory := t.TempDir()
	var text strings.Builder
	text.WriteString("organizations:\n  - {id: good}\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {id: %s, name: Customer %d, timezone: Europe/Berlin}\n", id(i), i)
	}
	file := filepath.Join(directory, "organizations.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	settings := collector.Settings{Directory: directory, Overlay: fmt.Sprintf("extensions: {usage_ledger: {catalogue: %s}}\nreceivers: {usage: {interval: 60s}}\n", file)}
	start := func() (*collector.Collector, time.Duration) {
		began := time.Now()
		return collector.Start(t, settings), time.Since(began)
	}
	c, first := start()
	_, good := flood(t, c, n)
	collected := func() {
		c.Eventually(t, func() error {
			figures, err := c.Figures("good")
			if got := figures[`usage_consumption{meter="documents",period="current",unit="documents",window="day"}`]; err == nil && got == 0 { // all of them by the minute after the flood
				err = errors.New("no documents yet")
			}
			return err
		})
	}
	collected()
	began := time.Now()
	status, _ := c.Get(t, "/api/v1/status")
	require.Equal(t, http.StatusOK, status)
	answered := time.Since(began)
	m := c.Memory(t)
	began = time.Now()
	c.Terminate(t)
	require.Zero(t, c.End(t, time.Minute), "%s", c.Log(t))
	ended := time.Since(began)
	c, again := start()
	t.Logf("first start %s, ended in %s, ready again in %s; %d MiB at its peak", first, ended, again, m.Peak>>20)
	require.Less(t, ended, 10*time.Second)
	require.Less(t, again, 15*time.Second)
	if campaign.Long() { // another minute
		collected()
	}
	campaign.Report(t, campaign.Line{
		What: fmt.Sprintf("a catalogue of %d organizations, each with an item", n), Tried: 1, Longest: good[len(good)-1], Peak: max(m.Peak, c.Memory(t).Peak),
		Note: fmt.Sprintf("first start %s, status answered in %s, ended in %s, ready again in %s",
			first.Round(100*time.Millisecond), answered.Round(time.Millisecond), ended.Round(100*time.Millisecond), again.Round(100*time.Millisecond)),
	})
}
