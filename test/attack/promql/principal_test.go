// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promql

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// greedyAtOnce is more than may wait of one principal.
const greedyAtOnce = 40

// TestAPrincipalAtItsLimit has one principal ask as often as it may and more, each
// time for what a panel of 2,000 organizations needs. Others are answered beside it, and
// telemetry is counted. The times of telemetry are of turns with and without the
// queries, since a machine is not as fast at all times.
func TestAPrincipalAtItsLimit(t *testing.T) {
	now := time.Now()
	directory := t.TempDir()
	fill(t, filepath.Join(directory, "tsdb"), 2000, now)
	var most []string // who sees all is not bound
	for i := range 2000 {
		if i != 1 {
			most = append(most, fmt.Sprint("organization-", i))
		}
	}
	catalogue, tokens := filepath.Join(directory, "organizations.yaml"), filepath.Join(directory, "tokens")
	require.NoError(t, os.WriteFile(tokens, []byte("greedy\nother"), 0o600))
	require.NoError(t, os.WriteFile(catalogue, fmt.Appendf(nil, `
organizations: [{id: organization-1}]
principals:
  - {claim: token_sha256, value: %x, role: viewer, organizations: [%s]}
  - {claim: token_sha256, value: %x, role: viewer, organizations: [organization-1]}
`, sha256.Sum256([]byte("greedy")), strings.Join(most, ", "), sha256.Sum256([]byte("other"))), 0o600))
	c := collector.Start(t, collector.Settings{Directory: directory, Overlay: fmt.Sprintf(`
extensions:
  bearertokenauth: {filename: %q}
  usage_ledger: {catalogue: %q}
exporters: {tsdb: {auth: {authenticator: bearertokenauth}}}
service: {extensions: [bearertokenauth, usage_ledger]}
`, tokens, catalogue)})
	end := now.Truncate(time.Minute)
	greedy := bomb{"greedy", "query_range", url.Values{
		"query": {`sum by (window) (rate(usage_figure_1[5m]))`},
		"start": {fmt.Sprint(end.Add(-30 * time.Minute).Unix())}, "end": {fmt.Sprint(end.Unix())}, "step": {"300"},
	}}
	small := bomb{"small", "query", url.Values{"query": {"usage_figure_1"}, "time": {fmt.Sprint(end.Add(-time.Minute).Unix())}}}
	turns, length := campaign.Pick(3, 12), time.Duration(campaign.Pick(3, 15))*time.Second

	var idle, under, waits []time.Duration
	var answers tally
	for range turns {
		idle = append(idle, stopwatch(t, c, time.After(length))...)
		var stopped atomic.Bool
		stop := make(chan time.Time)
		var running sync.WaitGroup
		for range greedyAtOnce {
			running.Go(func() {
				for refused := false; !refused && !stopped.Load(); { // who is told to come later does
					o := drop(t.Context(), c, greedy, "greedy")
					answers.add(greedy, o)
					refused = o.status == http.StatusTooManyRequests
				}
			})
		}
		running.Go(func() {
			for range turns {
				o := drop(t.Context(), c, small, "other")
				if o.err != nil || o.status != http.StatusOK || !strings.Contains(o.body, `"organization-1"`) {
					answers.fail(fmt.Sprintf("another principal is answered %d %v %.300s", o.status, o.err, o.body))
				}
				waits = append(waits, o.took)
			}
		})
		time.AfterFunc(length, func() { stopped.Store(true); close(stop) })
		under = append(under, stopwatch(t, c, stop)...)
		running.Wait()
	}
	for _, took := range [][]time.Duration{idle, under, waits} {
		slices.Sort(took)
	}
	t.Logf("the greedy one: %s", answers.String())
	t.Logf("another waits p50 %s, at most %s, of %d", quantile(waits, .5), quantile(waits, 1), len(waits))
	t.Logf("ingestion: idle p50 %s p99 %s of %d, beside it p50 %s p99 %s of %d: %.2f times at p99",
		quantile(idle, .5), quantile(idle, .99), len(idle), quantile(under, .5), quantile(under, .99), len(under), float64(quantile(under, .99))/float64(quantile(idle, .99)))
	require.Empty(t, answers.wrong)
	require.Positive(t, answers.statuses[http.StatusOK], "the queries are within the limits")
	require.Positive(t, answers.statuses[http.StatusTooManyRequests], "more of them than may wait are refused")
	campaign.Report(t, campaign.Line{
		What: "one principal asks PromQL at its limit, 40 at a time", Tried: len(under), Longest: quantile(under, .99),
		Note: fmt.Sprintf("waits are p99 of ingestion; %s without queries. Another principal waits %s at most", quantile(idle, .99), quantile(waits, 1)),
	})
}
