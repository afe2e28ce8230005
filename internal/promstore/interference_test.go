// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"bytes"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/access"
	"github.com/otelcol-usage/otelcol-usage/internal/access/promql"
	"github.com/otelcol-usage/otelcol-usage/internal/admission"
	"github.com/otelcol-usage/otelcol-usage/internal/catalogue"
	"github.com/otelcol-usage/otelcol-usage/internal/promstore/query"
)

// tenants are who has series: organizations whose ids look like patterns of one
// another, items of nobody, and what has no organization at all.
var tenants = []string{"acme", "birch", "a.c", "abc", "x|y", "größe", "__none__", ""}

// readers are principals by name, and what each may read.
var readers = map[string][]string{
	"jane":   {"acme", "a.c", "größe"},
	"portal": {"x|y"},
	"none":   {"nowhere"},
}

const readersListed = `
organizations: [{id: acme, csm: [jane]}, {id: a.c, csm: [jane]}, {id: größe, csm: [jane]}, {id: birch}]
principals:
  - {claim: name, value: jane, role: csm}
  - {claim: name, value: portal, role: viewer, organizations: [x|y]}
  - {claim: name, value: none, role: viewer, organizations: [nowhere]}
  - {claim: name, value: root, role: viewer, organizations: ["*"]}
  - {claim: name, value: plugin, role: delegate, claims: [name]}
`

// everyTenant fires one alert for each tenant, whose users differ.
const everyTenant = `
groups:
  - name: tenants
    rules:
      - {record: "organization:active_users:double", expr: 2 * usage_active_users}
      - {alert: Busy, expr: usage_active_users > 12, labels: {severity: warning}, annotations: {summary: "{{ $labels.organization }} has {{ $value }}"}}
      - {alert: Slow, expr: "usage_active_users{organization=\"birch\"} > 0", for: 1h}
`

// ofEverybody makes series and an alert of no organization.
const ofEverybody = `
      - {record: "everybody", expr: sum(usage_active_users)}
      - {alert: Everybody, expr: sum(usage_active_users) > 0}
`

// namedByHeader lets in who says a name.
func namedByHeader(t *testing.T) func(*http.Request) (access.Principal, error) {
	t.Helper()
	listed, err := catalogue.Parse([]byte(readersListed))
	require.NoError(t, err)
	gate := admission.Gate{Challenge: "Bearer", Key: "auth", Authenticate: func(r *http.Request) (access.Claims, error) {
		if name := r.Header.Get("Authorization"); name != "" {
			return access.Claims{"name": {name}}, nil
		}
		return nil, io.EOF
	}}
	return func(r *http.Request) (access.Principal, error) { return gate.Principal(r, listed) }
}

const inhabitedMinutes = 20

// inhabited returns a store in which some tenants have lived for a while.
func inhabited(t *testing.T, among func(id string) bool) *Store {
	t.Helper()
	limits := query.DefaultLimits()
	limits.Concurrency, limits.PrincipalShare = 16, 1 // who asks thousands of queries need not rest
	store := openStore(t, Settings{Admit: namedByHeader(t), Queries: limits})
	text := everyTenant
	if among("") {
		text += strings.TrimPrefix(ofEverybody, "\n")
	}
	rules := openRules(t, store, RuleSettings{Files: []string{ruleFile(t, text)}})
	add := func(b *batch, minute int, id, name string, v float64, more ...string) {
		ls := labels.NewBuilder(labels.FromStrings(append(more, "__name__", name)...))
		if id != "" {
			ls.Set("organization", id)
		}
		_, err := b.add(0, ls.Labels(), noon.Add(time.Duration(minute)*time.Minute).UnixMilli(), v)
		require.NoError(t, err)
		store.metadata.note(name, model.MetricTypeGauge, "help of "+name)
	}
	live := func(b *batch, minute, i int, id string) {
		users := float64(10 + i + minute%3)
		if minute == 9 {
			users = math.NaN()
		}
		add(b, minute, id, "usage_active_users", users, "meter", "operators", "period", "current", "window", "month")
		add(b, minute, id, "usage_active_users", float64(i), "meter", "members", "period", "current", "window", "day")
		add(b, minute, id, "usage_items_total", float64((i+1)*minute%40), "signal", "logs")
		if minute > 3*i {
			add(b, minute, id, "app_requests", math.Exp(float64(i*minute)), "la bel", "x")
		}
		if minute%(i+2) == 0 {
			add(b, minute, id, "na me/日本", float64(minute), "la bel", id+"!")
		}
		if minute == 15 {
			add(b, minute, id, "usage_items_total", math.Float64frombits(value.StaleNaN), "signal", "traces")
		}
		if id == "birch" {
			add(b, minute, id, "only_birch", 1, "only", "birch", "organisation", "acme")
		}
	}
	commit := func(fill func(b *batch)) {
		store.append.Lock()
		defer store.append.Unlock()
		b, err := store.begin(t.Context())
		require.NoError(t, err)
		fill(b)
		require.NoError(t, store.commit(b))
	}
	// Series are read in the order in which they were made, and rules make those of alerts
	// in none. So these are made here.
	commit(func(b *batch) {
		for _, id := range tenants {
			if among(id) {
				more := []string{"alertname", "Busy", "meter", "operators", "period", "current", "severity", "warning", "window", "month"}
				add(b, -90, id, "ALERTS", 1, append(more, "alertstate", "firing")...)
				add(b, -90, id, "ALERTS_FOR_STATE", 1, more...)
			}
		}
	})
	for minute := range inhabitedMinutes {
		commit(func(b *batch) {
			for i, id := range tenants {
				if among(id) {
					live(b, minute, i, id)
				}
			}
		})
		rules.Evaluate(t.Context(), noon.Add(time.Duration(minute)*time.Minute))
	}
	return store
}

// asked is an answer, and who got it.
func answered(h http.Handler, who, method, target, form string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who != "" {
		r.Header.Set("Authorization", who)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// effort returns the seed of a run, and how many expressions it has until when: by
// USAGE_CAMPAIGN, USAGE_CAMPAIGN_MINUTES and USAGE_SEED, as for every campaign.
func effort(t *testing.T) (seed uint64, most int, until time.Time) {
	t.Helper()
	number := func(name string, other uint64) uint64 {
		text := os.Getenv(name)
		if text == "" {
			return other
		}
		n, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, name)
		return n
	}
	seed, most, until = 14, 20_000, time.Now().Add(1000*time.Hour)
	if os.Getenv("USAGE_CAMPAIGN") == "long" {
		seed, most = uint64(time.Now().UnixNano()), 1_000_000
		until = time.Now().Add(time.Duration(number("USAGE_CAMPAIGN_MINUTES", 60_000)) * time.Minute)
	}
	seed = number("USAGE_SEED", seed)
	t.Logf("USAGE_SEED=%d repeats this", seed)
	return seed, most, until
}

// TestAnswersToPromQLAreThoseOfAStoreWithoutTheOthers evaluates generated queries
// for somebody over a store of all, and for everybody over one that has nothing
// but what they may read: the answers have to be the same in each byte. So have
// those to the queries that are bound for a store which does not ask who asks.
func TestAnswersToPromQLAreThoseOfAStoreWithoutTheOthers(t *testing.T) {
	all := inhabited(t, func(string) bool { return true }).Handler()
	type reader struct {
		name  string
		own   http.Handler
		bound *promql.Bound
	}
	var each []reader
	for _, name := range slices.Sorted(maps.Keys(readers)) {
		theirs := readers[name]
		each = append(each, reader{name, inhabited(t, func(id string) bool { return slices.Contains(theirs, id) }).Handler(), promql.To(theirs)})
	}
	seed, most, until := effort(t)
	var good, full, bound, narrowed atomic.Int64
	var workers sync.WaitGroup
	numbers := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := range numbers {
				e := expressions{rand.New(rand.NewPCG(seed, uint64(n)))}
				text, of := e.next(), each[e.IntN(len(each))]
				path, form := "/api/v1/query", url.Values{"time": {strconv.FormatInt(noon.Unix()+int64(e.IntN(1500)), 10)}}
				if e.IntN(4) == 0 {
					path, form = "/api/v1/query_range", url.Values{"start": {unix(noon.Add(-time.Minute))}, "end": {unix(noon.Add(inhabitedMinutes * time.Minute))}, "step": {e.one("60", "150")}}
				}
				ask := func(of http.Handler, who, query string) *httptest.ResponseRecorder {
					form.Set("query", query)
					return answered(of, who, http.MethodPost, path, form.Encode())
				}
				want, got := ask(of.own, "root", text), ask(all, of.name, text)
				if got.Code != want.Code || !bytes.Equal(got.Body.Bytes(), want.Body.Bytes()) {
					differs := agree(repeats, func() map[string]string { return partsOf(ask(all, of.name, text)) }, func() map[string]string { return partsOf(ask(of.own, "root", text)) })
					if differs != "" {
						t.Errorf("expression %d: %s asks %s %q\n%s differs\n got %d %s\nwant %d %s", n, of.name, path, text, differs, got.Code, got.Body, want.Code, want.Body)
					}
				}
				rewritten, err := of.bound.Query(text)
				if err != nil {
					rewritten = "("
				} else {
					bound.Add(1)
				}
				elsewhere := func() map[string]string { return dataOf(ask(all, "root", rewritten)) }
				if !maps.Equal(elsewhere(), dataOf(want)) {
					as := func(text string) func() map[string]string {
						return func() map[string]string { return dataOf(ask(of.own, "root", text)) }
					}
					if agree(repeats/10, elsewhere, as(printed(text))) != "" {
						if differs := agree(repeats, elsewhere, as(text)); differs != "" {
							t.Errorf("expression %d: %s asks elsewhere %s %q, bound %q\n%s differs\nwant %d %s", n, of.name, path, text, rewritten, differs, want.Code, want.Body)
						}
					}
				}
				if want.Code == http.StatusOK {
					good.Add(1)
					if strings.Contains(want.Body.String(), `"value`) {
						full.Add(1)
					}
					if n%20 == 0 && ask(all, "root", text).Body.String() != want.Body.String() {
						narrowed.Add(20)
					}
				}
			}
		})
	}
	total := 0
	for ; total < most && time.Now().Before(until) && !t.Failed(); total++ {
		numbers <- total
	}
	close(numbers)
	workers.Wait()
	if t.Failed() {
		return // what is said of the generator would hide it
	}
	t.Logf("of %d expressions %d were bound, %d evaluated, %d had series, some %d would have had others'", total, bound.Load(), good.Load(), full.Load(), narrowed.Load())
	require.Greater(t, good.Load(), int64(total/2), "most of what is generated has to be PromQL")
	require.Greater(t, full.Load(), int64(total/10), "what is generated has to find something")
	require.Greater(t, narrowed.Load(), int64(total/5), "what is generated has to ask for what is others'")
}

// repeats is how often a query is asked again whose answers differ.
const repeats = 500

// dataOf are the parts of an answer but for what says where in the query it is of: its
// error and its notes.
func dataOf(w *httptest.ResponseRecorder) map[string]string {
	parts := partsOf(w)
	maps.DeleteFunc(parts, func(name, _ string) bool { return name == "error" || strings.HasPrefix(name, "note: ") })
	return parts
}

// printed is an expression as Prometheus prints it, with matchers in another
// order: of two for one label absent() takes that which comes first.
func printed(text string) string {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return text
	}
	return expr.String()
}
