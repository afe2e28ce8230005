// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// catalogued is bothStores with a catalogue and a file of rules.
const catalogued = `
extensions:
  usage_ledger: {catalogue: %s}
exporters:
  tsdb: {rule_files: [%s]}
  prometheus_remote_write: %s
service:
  pipelines:
    metrics/usage: {exporters: [tsdb, prometheus_remote_write]}
`

// TestABurstAndAKillInBothStores sends 500 items that name no organization, once,
// and expects the shipped alert of it; then it kills the collector, which comes
// back with another catalogue, and expects neither store to show what the old one
// said.
func TestABurstAndAKillInBothStores(t *testing.T) {
	t.Parallel()
	victoria := startVictoriaMetrics(t)
	directory := t.TempDir()
	list := filepath.Join(directory, "organizations.yaml")
	name := func(name string) {
		require.NoError(t, os.WriteFile(list, fmt.Appendf(nil, "organizations: [{id: acme, name: %s}]\n", name), 0o600))
	}
	name("Old")
	settings := collector.Settings{Directory: directory, Overlay: fmt.Sprintf(catalogued, list, atOnce(t, directory), remoteWrite(t, victoria))}
	c := collector.Start(t, settings)

	require.Equal(t, http.StatusOK, c.Send(t, slices.Repeat([]collector.Event{{Action: "api.called", Time: time.Now()}}, 500)...))
	const rejected = `sum by (organization) (increase(usage_items_total{outcome="invalid"}[1h])) > 0`
	increased := func(store string) error {
		got, err := values(store, rejected, []string{"organization"})
		if n := got["__none__"]; err == nil && (len(got) != 1 || math.Abs(n-500) > 50) { // Prometheus extrapolates
			err = fmt.Errorf("%s says %v", store, got)
		}
		return err
	}
	for _, store := range []string{c.Store, victoria} {
		c.Eventually(t, func() error { return increased(store) })
	}
	c.Eventually(t, func() error {
		got, err := values(c.Store, `ALERTS{alertname="UsageItemsRejected",alertstate="firing"}`, []string{"organization"})
		if err == nil && !maps.Equal(got, map[string]float64{"__none__": 1}) {
			err = fmt.Errorf("firing: %v", got)
		}
		return err
	})

	c.Kill()
	name("New")
	c = collector.Start(t, settings)
	for _, store := range []string{c.Store, victoria} {
		var named map[string]float64
		c.Eventually(t, func() (err error) {
			if named, err = values(store, "usage_organization_info", []string{"name"}); err == nil && named["New"] == 0 {
				err = fmt.Errorf("%s says %v", store, named)
			}
			return err
		})
		require.Equal(t, map[string]float64{"New": 1}, named)
		require.NoError(t, increased(store), "a counter goes on")
		resets, err := values(store, "resets({__name__=~\"usage_.*_total\"}[1h]) > 0", []string{"organization"})
		require.NoError(t, err)
		require.Empty(t, resets)
	}
}

// atOnce are the shipped alerts without the time for which they must hold.
func atOnce(t *testing.T, directory string) (path string) {
	t.Helper()
	shipped, err := os.ReadFile(filepath.Join(collector.Root(t), "rules", "usage-alerts.yaml"))
	require.NoError(t, err)
	lines := slices.DeleteFunc(strings.Split(string(shipped), "\n"), func(line string) bool {
		return strings.HasPrefix(strings.TrimSpace(line), "for:")
	})
	path = filepath.Join(directory, "rules.yaml")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600))
	return path
}

// TestANewbornLedgerThatIsKilledCountsWhatIsResent kills a collector in its first
// minute, and then sends what operators did before it began: of an organization
// that it knew, and of one that it did not.
func TestANewbornLedgerThatIsKilledCountsWhatIsResent(t *testing.T) {
	t.Parallel()
	settings := collector.Settings{Directory: t.TempDir(), Overlay: "extensions: {usage_ledger: {meters: {operators: {settle: 10s}}}}\n"}
	c := collector.Start(t, settings)
	before := time.Now().Add(-10 * time.Second).Truncate(15 * time.Minute).Add(-time.Minute)
	task := func(organization, user string) collector.Event {
		return collector.Event{Organization: organization, User: user, Action: "task.finished", Time: before}
	}
	require.Equal(t, http.StatusOK, c.Send(t, task("acme", "ann")))
	c.Kill()
	c = collector.Start(t, settings)
	require.Equal(t, http.StatusOK, c.Send(t, task("acme", "bob"), task("globex", "ann"), task("globex", "bob"), task("globex", "sue")))
	for organization, want := range map[string]float64{"acme": 2, "globex": 3} {
		c.Eventually(t, func() error {
			got, err := values(c.Store, fmt.Sprintf("sum by (organization) (usage_concurrent_users{organization=%q})", organization), []string{"organization"})
			if err == nil && got[organization] != want {
				err = fmt.Errorf("%v users are connected, not %v of %s", got, want, organization)
			}
			return err
		})
	}
}
