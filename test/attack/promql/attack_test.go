// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promql

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gopkg.in/yaml.v3"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/test/campaign"
	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// atOnce is how many queries are under way at a time.
	atOnce = 60
	// memory is what the process may have at its peak, which is what it has as a
	// container of 1 GiB.
	memory = 1 << 30
	// beat is the pause between two requests of telemetry.
	beat = 4 * time.Millisecond
)

func extent() (bombs int, calm time.Duration) {
	return campaign.Pick(200, 2000), time.Duration(campaign.Pick(5, 60)) * time.Second
}

// fill writes an hour of as many organizations with ten figures each.
func fill(t *testing.T, directory string, organizations int, now time.Time) {
	t.Helper()
	store, err := promstore.Open(promstore.Settings{Directory: directory, Retention: promstore.DefaultRetention})
	require.NoError(t, err)
	var series []*usage.Series
	for i := range 10 {
		series = append(series, &usage.Series{Name: fmt.Sprint("usage_figure_", i), Labels: []usage.Label{{Name: "meter", Value: "operators"}, {Name: "period", Value: "current"}, {Name: "window", Value: "month"}}})
	}
	for minute := range 60 {
		c := usage.Collection{At: now.Truncate(time.Minute).Add(time.Duration(minute-60) * time.Minute)}
		for i := range organizations {
			o := usage.OrganizationFigures{Organization: fmt.Sprint("organization-", i)}
			for n, s := range series {
				o.Figures = append(o.Figures, usage.Figure{Series: s, Value: float64(i*n + minute)})
			}
			c.Organizations = append(c.Organizations, o)
		}
		require.NoError(t, store.Write(c))
	}
	require.NoError(t, store.Close())
}

func TestQueriesDoNotEndIngestion(t *testing.T) {
	now := time.Now()
	directory := t.TempDir()
	fill(t, filepath.Join(directory, "tsdb"), 2000, now)
	c := collector.Start(t, collector.Settings{Directory: directory})
	number, calm := extent()
	container := campaign.NewContainer(t, memory)
	container.Add(t, c.Pid())

	before := c.Memory(t)
	idle := stopwatch(t, c, time.After(calm))
	g := &generator{campaign.Random(t), now}
	bombs := make(chan bomb)
	var attackers sync.WaitGroup
	var answers tally
	for range atOnce {
		attackers.Go(func() {
			for b := range bombs {
				answers.add(b, drop(t.Context(), c, b))
			}
		})
	}
	exploded := make(chan time.Time)
	go func() {
		for i := range number {
			bombs <- g.next(i)
		}
		close(bombs)
		attackers.Wait()
		close(exploded)
	}()
	under := stopwatch(t, c, exploded)

	require.True(t, c.Alive(), "the process has ended")
	m := c.Memory(t)
	t.Logf("%d queries: %s", number, answers.String())
	t.Logf("memory in MiB: %d before, peak %d, %d after", before.Now>>20, m.Peak>>20, m.Now>>20)
	t.Logf("ingestion: idle p50 %s p99 %s of %d, under queries p50 %s p99 %s of %d", quantile(idle, .5), quantile(idle, .99), len(idle), quantile(under, .5), quantile(under, .99), len(under))
	require.Empty(t, answers.wrong, "every query is answered or refused as Prometheus does")
	require.Less(t, m.Peak, memory)
	campaign.Report(t, campaign.Line{
		What: "bombs of PromQL, 60 at a time", Tried: number, Longest: quantile(under, .99), Peak: m.Peak, Under: container.Under,
		Note: fmt.Sprintf("waits are p99 of ingestion; %s without queries", quantile(idle, .99)),
	})
	for _, query := range ordinary(t) {
		status, body, err := ask(t.Context(), c, bomb{"ordinary", "query", map[string][]string{"query": {query}}})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, "%s\n%s", query, body)
	}
}

// stopwatch sends telemetry until stop and returns how long each request took,
// ascending.
func stopwatch(t *testing.T, c *collector.Collector, stop <-chan time.Time) (took []time.Duration) {
	t.Helper()
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for i := 0; ; i++ {
		select {
		case <-stop:
			slices.Sort(took)
			return took
		case <-ticker.C:
			began := time.Now()
			require.Equal(t, http.StatusOK, c.Send(t, collector.Event{Organization: "acme", User: fmt.Sprint("user-", i%1000), Action: "course.accessed", Time: began}))
			took = append(took, time.Since(began))
		}
	}
}

func quantile(ascending []time.Duration, q float64) time.Duration {
	return ascending[int(float64(len(ascending)-1)*q)].Round(10 * time.Microsecond)
}

// ask sends a request to the store. An error says that there was no answer.
func ask(ctx context.Context, c *collector.Collector, b bomb, token ...string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.Store+"/api/v1/"+b.path, strings.NewReader(b.form.Encode()))
	if err != nil {
		return 0, "", err
	}
	if b.path == "label" {
		r.Method = http.MethodGet
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, of := range token {
		r.Header.Set("Authorization", "Bearer "+of)
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = answer.Body.Close() }() // read to its end
	start, err := io.ReadAll(io.LimitReader(answer.Body, 2000))
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
	}
	return answer.StatusCode, string(start), err
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

// outcome is what became of a bomb.
type outcome struct {
	status int
	took   time.Duration
	body   string
	err    error
}

func drop(ctx context.Context, c *collector.Collector, b bomb, token ...string) outcome {
	began := time.Now()
	status, body, err := ask(ctx, c, b, token...)
	return outcome{status, time.Since(began), body, err}
}

// tally counts outcomes by status.
type tally struct {
	mu       sync.Mutex
	statuses map[int]int
	longest  time.Duration
	slowest  string
	wrong    []string
}

func (a *tally) add(b bomb, o outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.statuses == nil {
		a.statuses = map[int]int{}
	}
	a.statuses[o.status]++
	if o.took > a.longest {
		a.longest, a.slowest = o.took, b.shape
	}
	switch o.status {
	case http.StatusOK, http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable:
	default:
		a.wrong = append(a.wrong, fmt.Sprintf("%s: %d %v %.300s", b.shape, o.status, o.err, o.body))
	}
}

func (a *tally) fail(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wrong = append(a.wrong, what)
}

func (a *tally) String() string {
	return fmt.Sprintf("%v by status, the longest took %s (%s)", a.statuses, a.longest.Round(time.Millisecond), a.slowest)
}

// ordinary returns the queries of the dashboards and rules, with their variables
// filled in.
func ordinary(t *testing.T) (queries []string) {
	t.Helper()
	fill := strings.NewReplacer("$__interval", "1h", "$__range", "1d", "$__rate_interval", "5m",
		"$organization", "organization-1", "$reseller", ".*", "$meter", "operators", "$window", "month", "$documents", "documents", "$users", "users")
	files, err := filepath.Glob(filepath.Join(collector.Root(t), "dashboards", "json", "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var dashboard any
		require.NoError(t, json.Unmarshal(data, &dashboard))
		find(dashboard, func(expr string) { queries = append(queries, fill.Replace(expr)) })
	}
	files, err = filepath.Glob(filepath.Join(collector.Root(t), "rules", "*.yaml"))
	require.NoError(t, err)
	of := len(queries)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var rules any
		require.NoError(t, yaml.Unmarshal(data, &rules))
		find(rules, func(expr string) { queries = append(queries, expr) })
	}
	require.Greater(t, of, 100, "of dashboards")
	require.Greater(t, len(queries)-of, 10, "of rules")
	return queries
}

// find calls f with every expr below node.
func find(node any, f func(expr string)) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			find(child, f)
		}
	case map[string]any:
		for key, child := range n {
			if expr, ok := child.(string); ok && key == "expr" {
				f(expr)
			}
			find(child, f)
		}
	}
}
