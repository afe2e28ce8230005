// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
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
	store := openStore(t, Settings{Admit: namedByHeader(t)})
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
	for minute := range inhabitedMinutes {
		store.append.Lock()
		b, err := store.begin(t.Context())
		require.NoError(t, err)
		for i, id := range tenants {
			if !among(id) {
				continue
			}
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
		require.NoError(t, store.commit(b))
		store.append.Unlock()
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

func generatedExpressions() int {
	if os.Getenv("USAGE_CAMPAIGN") == "long" {
		return 1_000_000
	}
	return 20_000
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
	for name, theirs := range readers {
		each = append(each, reader{name, inhabited(t, func(id string) bool { return slices.Contains(theirs, id) }).Handler(), promql.To(theirs)})
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	var begun, good, full, bound, narrowed atomic.Int64
	total := int64(generatedExpressions())
	var workers sync.WaitGroup
	for worker := range 2 {
		workers.Go(func() {
			e := expressions{rand.New(rand.NewPCG(seed, uint64(worker)))}
			for begun.Add(1) <= total && !t.Failed() {
				text, of := e.next(), each[e.IntN(len(each))]
				path, form := "/api/v1/query", url.Values{"time": {strconv.FormatInt(noon.Unix()+int64(e.IntN(1500)), 10)}}
				if e.IntN(4) == 0 {
					path, form = "/api/v1/query_range", url.Values{"start": {unix(noon.Add(-time.Minute))}, "end": {unix(noon.Add(inhabitedMinutes * time.Minute))}, "step": {e.one("60", "150")}}
				}
				as := func(query string) string {
					form.Set("query", query)
					return form.Encode()
				}
				var want, got *httptest.ResponseRecorder
				if !agree(func() bool {
					want = answered(of.own, "root", http.MethodPost, path, as(text))
					got = answered(all, of.name, http.MethodPost, path, as(text))
					return same(got, want)
				}) {
					t.Errorf("%s asks %s %q\n got %d %s\nwant %d %s", of.name, path, text, got.Code, got.Body, want.Code, want.Body)
				}
				rewritten, err := of.bound.Query(text)
				if err != nil {
					rewritten = "("
				} else {
					bound.Add(1)
				}
				if !agree(func() bool {
					want = answered(of.own, "root", http.MethodPost, path, as(text))
					got = answered(all, "root", http.MethodPost, path, as(rewritten))
					return got.Code == want.Code && (dataOf(got) == dataOf(want) || dataOf(got) == dataOf(answered(of.own, "root", http.MethodPost, path, as(printed(text)))))
				}) {
					t.Errorf("%s asks elsewhere %s %q, bound %q\n got %d %s\nwant %d %s", of.name, path, text, rewritten, got.Code, got.Body, want.Code, want.Body)
				}
				if want.Code == http.StatusOK {
					good.Add(1)
					if strings.Contains(want.Body.String(), `"value`) {
						full.Add(1)
					}
					if e.IntN(20) == 0 && answered(all, "root", http.MethodPost, path, as(text)).Body.String() != want.Body.String() {
						narrowed.Add(20)
					}
				}
			}
		})
	}
	workers.Wait()
	t.Logf("of %d expressions %d were bound, %d evaluated, %d had series, some %d would have had others'", total, bound.Load(), good.Load(), full.Load(), narrowed.Load())
	require.Greater(t, good.Load(), total/2, "most of what is generated has to be PromQL")
	require.Greater(t, full.Load(), total/10, "what is generated has to find something")
	require.Greater(t, narrowed.Load(), total/5, "what is generated has to ask for what is others'")
}

// agree compares answers, again where they differ: which of two that are equal
// is first, Prometheus leaves to chance in places, as in count_values or in
// sort within a subquery.
func agree(same func() bool) bool {
	for range 100 {
		if same() {
			return true
		}
	}
	return false
}

// same reports whether answers are the same in each byte; or in each series,
// where their order is left to chance.
func same(x, y *httptest.ResponseRecorder) bool {
	if x.Code != y.Code {
		return false
	}
	if x.Code != http.StatusOK {
		return x.Body.String() == y.Body.String()
	}
	data, notes := ordered(x)
	theirData, theirNotes := ordered(y)
	return x.Body.String() == y.Body.String() || data == theirData && notes == theirNotes
}

// ordered returns the series of an answer, and its notes, each in their order.
func ordered(w *httptest.ResponseRecorder) (data, notes string) {
	var answer struct {
		Data struct {
			ResultType string
			Result     json.RawMessage
		}
		Warnings, Infos []string
	}
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // an error has no data
	data = string(answer.Data.Result)
	var series []json.RawMessage
	if answer.Data.ResultType != "scalar" && json.Unmarshal(answer.Data.Result, &series) == nil {
		slices.SortFunc(series, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
		data = fmt.Sprintf("%s", series)
	}
	slices.Sort(answer.Warnings)
	slices.Sort(answer.Infos)
	return answer.Data.ResultType + data, fmt.Sprint(answer.Warnings, answer.Infos)
}

// dataOf is an answer but for its notes, which say where in the query they are of.
func dataOf(w *httptest.ResponseRecorder) string {
	data, _ := ordered(w)
	return data
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
