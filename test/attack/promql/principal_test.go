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

// TestAPrincipalAtItsLimit has principals ask as often as they may, each time for what a
// panel of 2,000 organizations needs: first one after the other that have just come, so
// that each has its burst, then one that goes on and on, and others beside it. All are
// answered, and ingestion does not slow by more than a fifth.
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
	inTurns := campaign.Pick(20, 60)
	newcomer := func(i int) string { return fmt.Sprint("newcomer-", i) }
	names, principals := "greedy\nother", fmt.Sprintf(`
  - {claim: token_sha256, value: %x, role: viewer, organizations: [organization-1]}
  - {claim: token_sha256, value: %x, role: viewer, organizations: &most [%s]}
`, sha256.Sum256([]byte("other")), sha256.Sum256([]byte("greedy")), strings.Join(most, ", "))
	for i := range inTurns {
		names += "\n" + newcomer(i)
		principals += fmt.Sprintf("  - {claim: token_sha256, value: %x, role: viewer, organizations: *most}\n", sha256.Sum256([]byte(newcomer(i))))
	}
	catalogue, tokens := filepath.Join(directory, "organizations.yaml"), filepath.Join(directory, "tokens")
	require.NoError(t, os.WriteFile(tokens, []byte(names), 0o600))
	require.NoError(t, os.WriteFile(catalogue, []byte("organizations: [{id: organization-1}]\nprincipals:"+principals), 0o600))
	c := collector.Start(t, collector.Settings{Directory: directory, Overlay: fmt.Sprintf(`
extensions:
  bearertokenauth: {filename: %q}
  usage_ledger: {catalogue: %q}
exporters: {tsdb: {auth: {authenticator: bearertokenauth}}}
service: {extensions: [bearertokenauth, usage_ledger]}
`, tokens, catalogue)})
	end := now.Truncate(time.Minute)
	panel := bomb{"greedy", "query_range", url.Values{
		"query": {`sum by (window) (rate(usage_figure_1[5m]))`},
		"start": {fmt.Sprint(end.Add(-30 * time.Minute).Unix())}, "end": {fmt.Sprint(end.Unix())}, "step": {"300"},
	}}
	small := bomb{"small", "query", url.Values{"query": {"usage_figure_1"}, "time": {fmt.Sprint(end.Add(-time.Minute).Unix())}}}
	var answers tally
	// ask has so many ask again and again as somebody until the returned function is
	// called. Who is refused asks no more.
	ask := func(who string, atOnce int) (quiet func()) {
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for range atOnce {
			running.Go(func() {
				for refused := false; !refused; {
					o := drop(ctx, c, panel, who)
					if ctx.Err() != nil {
						return
					}
					answers.add(panel, o)
					refused = o.status == http.StatusTooManyRequests
				}
			})
		}
		return func() { cancel(); running.Wait() }
	}
	first := inPairs(t, c, inTurns, func(i int) (quiet func()) { return ask(newcomer(i), mayWait) })
	t.Logf("ingestion beside one who has just come: %s; %s", first.String(), answers.String())

	quiet := ask("greedy", mayWait+8)
	stopwatch(t, c, time.After(6*time.Second)) // it has had its burst then
	quiet()
	var waits []time.Duration
	then := inPairs(t, c, inTurns, func(int) (quiet func()) {
		stop := ask("greedy", mayWait)
		var other sync.WaitGroup
		other.Go(func() {
			o := drop(t.Context(), c, small, "other")
			if o.err != nil || o.status != http.StatusOK || !strings.Contains(o.body, `"organization-1"`) {
				answers.fail(fmt.Sprintf("another principal is answered %d %v %.300s", o.status, o.err, o.body))
			}
			waits = append(waits, o.took)
		})
		return func() { stop(); other.Wait() }
	})
	slices.Sort(waits)
	t.Logf("ingestion beside one who goes on: %s; with those before %s", then.String(), answers.String())
	t.Logf("another waits p50 %s, at most %s, of %d", quantile(waits, .5), quantile(waits, 1), len(waits))
	require.Empty(t, answers.wrong)
	require.Positive(t, answers.statuses[http.StatusOK], "the queries are within the limits")
	require.Positive(t, answers.statuses[http.StatusTooManyRequests], "more of them than may wait are refused")
	require.LessOrEqual(t, first.low, slower, "ingestion slows by more than a fifth in the first seconds")
	require.LessOrEqual(t, then.low, slower, "ingestion slows by more than a fifth in the long run")
	campaign.Report(t, campaign.Line{
		What: "one principal asks PromQL at its limit, 32 at a time", Tried: len(then.under), Longest: quantile(then.under, .99),
		Note: fmt.Sprintf("waits are p99 of ingestion; %s without queries; its median is %.2f times that without queries, %.2f times in the first seconds. Another principal waits %s at most", quantile(then.idle, .99), then.middle, first.middle, quantile(waits, 1)),
	})
}

// paired is how long ingestion took in pairs of turns, ascending, and how many times as
// long it took beside queries by the medians of each pair: of eight of ten from low to high.
type paired struct {
	idle, under       []time.Duration
	low, middle, high float64
}

// inPairs times ingestion in so many pairs of turns, without queries and beside those that
// ask begins.
func inPairs(t *testing.T, c *collector.Collector, pairs int, ask func(i int) (quiet func())) (p paired) {
	t.Helper()
	var ratios []float64
	for i := range pairs {
		without := stopwatch(t, c, time.After(alone))
		quiet := ask(i)
		with := stopwatch(t, c, time.After(beside))
		quiet()
		p.idle, p.under = append(p.idle, without...), append(p.under, with...)
		ratios = append(ratios, float64(quantile(with, .5))/float64(quantile(without, .5)))
	}
	slices.Sort(p.idle)
	slices.Sort(p.under)
	slices.Sort(ratios)
	p.low, p.middle, p.high = ratios[len(ratios)/10], ratios[len(ratios)/2], ratios[len(ratios)*9/10]
	return p
}

func (p *paired) String() string {
	mean := func(took []time.Duration) (sum time.Duration) {
		for _, d := range took {
			sum += d
		}
		return (sum / time.Duration(len(took))).Round(10 * time.Microsecond)
	}
	return fmt.Sprintf("%.2f times as long, eight of ten pairs %.2f to %.2f times; without p50 %s p99 %s mean %s of %d, beside it p50 %s p99 %s mean %s of %d", p.middle, p.low, p.high,
		quantile(p.idle, .5), quantile(p.idle, .99), mean(p.idle), len(p.idle), quantile(p.under, .5), quantile(p.under, .99), mean(p.under), len(p.under))
}
