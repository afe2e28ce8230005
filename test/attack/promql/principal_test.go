// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promql

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

const (
	// mayWait is how many queries of one principal may wait or run.
	mayWait = 32
	// alone and beside are for how long ingestion is timed without queries and with
	// them, in turns: what the machine does otherwise is then much the same in both.
	// The principal earns time while it is quiet, so that beside is the longer one.
	alone, beside = 300 * time.Millisecond, 900 * time.Millisecond
	// slower is how many times as long ingestion may take beside the queries.
	slower = 1.2
)

// TestAPrincipalAtItsLimit has one principal ask as often as it may, and first more
// often, each time for what a panel of 2,000 organizations needs. Others are answered
// beside it, and ingestion does not slow by more than a fifth, once the principal has used
// up the time that it may take at once.
//
// Times on a machine that does other things vary more than that. So ingestion is
// timed in pairs of short turns, without the queries and beside them, and the ratio of
// the medians of each pair is taken: it is slower if nine of ten pairs say so.
func TestAPrincipalAtItsLimit(t *testing.T) {
	now := time.Now()
	directory := t.TempDir()
	fill(t, filepath.Join(directory, "tsdb"), 2000, now)
	var most []string
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
	var answers tally
	// ask has so many ask again and again until the returned function is called. Who is
	// refused asks no more.
	ask := func(atOnce int) (quiet func()) {
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for range atOnce {
			running.Go(func() {
				for refused := false; !refused; {
					o := drop(ctx, c, greedy, "greedy")
					if ctx.Err() != nil {
						return
					}
					answers.add(greedy, o)
					refused = o.status == http.StatusTooManyRequests
				}
			})
		}
		return func() { cancel(); running.Wait() }
	}
	quiet := ask(mayWait + 8)
	burst := stopwatch(t, c, time.After(12*time.Second)) // of ten that are free
	quiet()

	var idle, under, waits []time.Duration
	var ratios []float64
	for range campaign.Pick(20, 60) {
		without := stopwatch(t, c, time.After(alone))
		quiet := ask(mayWait)
		var other sync.WaitGroup
		other.Go(func() {
			o := drop(t.Context(), c, small, "other")
			if o.err != nil || o.status != http.StatusOK || !strings.Contains(o.body, `"organization-1"`) {
				answers.fail(fmt.Sprintf("another principal is answered %d %v %.300s", o.status, o.err, o.body))
			}
			waits = append(waits, o.took)
		})
		with := stopwatch(t, c, time.After(beside))
		quiet()
		other.Wait()
		idle, under = append(idle, without...), append(under, with...)
		ratios = append(ratios, float64(quantile(with, .5))/float64(quantile(without, .5)))
	}
	for _, took := range [][]time.Duration{idle, under, waits} {
		slices.Sort(took)
	}
	slices.Sort(ratios)
	low, middle, high := ratios[len(ratios)/10], ratios[len(ratios)/2], ratios[len(ratios)*9/10]
	t.Logf("the greedy one: %s", answers.String())
	t.Logf("another waits p50 %s, at most %s, of %d", quantile(waits, .5), quantile(waits, 1), len(waits))
	t.Logf("ingestion: idle p50 %s p99 %s of %d, beside it p50 %s p99 %s of %d, in the first seconds p50 %s p99 %s of %d",
		quantile(idle, .5), quantile(idle, .99), len(idle), quantile(under, .5), quantile(under, .99), len(under), quantile(burst, .5), quantile(burst, .99), len(burst))
	t.Logf("ingestion beside it takes %.2f times as long, eight of ten of %d pairs of turns %.2f to %.2f times", middle, len(ratios), low, high)
	require.Empty(t, answers.wrong)
	require.Positive(t, answers.statuses[http.StatusOK], "the queries are within the limits")
	require.Positive(t, answers.statuses[http.StatusTooManyRequests], "more of them than may wait are refused")
	require.LessOrEqual(t, low, slower, "ingestion slows by more than a fifth")
	campaign.Report(t, campaign.Line{
		What: "one principal asks PromQL at its limit, 32 at a time", Tried: len(under), Longest: quantile(under, .99),
		Note: fmt.Sprintf("waits are p99 of ingestion; %s without queries; its median is %.2f times that without queries. Another principal waits %s at most", quantile(idle, .99), middle, quantile(waits, 1)),
	})
}
