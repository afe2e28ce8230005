// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/test/e2e/collector"
)

// homes are the choices under which no panel of a dashboard may be empty: an
// organization that uses what the dashboard is about.
var homes = map[string][]map[string]string{
	"usage-portfolio":        {{}},
	"usage-organization":     {{"organization": "acme"}, {"organization": "acme", "users": "workspace_users"}},
	"usage-active-users":     {{}, {"organization": "acme"}},
	"usage-concurrent-users": {{}, {"organization": "nordhafen"}},
	"usage-alerts":           {{}},
	"usage-health":           {{}},
}

// empty are the panels that may be empty on the demo's history, with the reason.
var empty = map[string]string{
	"usage-alerts / History of alerts (A)":                "the rules have been evaluated for a minute, and the last step ends before",
	"usage-alerts / Projected exhaustion (A)":             "on some days no quota is about to run out",
	"usage-alerts / Projected exhaustion (B)":             "likewise",
	"usage-alerts / Projected exhaustion (C)":             "likewise",
	"usage-organization / Quotas (J)":                     "the quotas of acme may last to the end of their periods",
	"usage-active-users / Rolling (A)":                    "the demo keeps 7d and 30d only, and each length has a query",
	"usage-active-users / Rolling (B)":                    "likewise",
	"usage-active-users / Rolling (C)":                    "likewise",
	"usage-active-users / Rolling (F)":                    "likewise",
	"usage-health / Figures in the store (A)":             "a replay has no ledger that is ready or not, and the last step may end before the collector began",
	"usage-health / Parts that a meter could not use (A)": "no item of the demo matches two meters of which one cannot use it",
}

// limit is what a query may cost.
const limit = time.Second

// TestEveryQueryOfEveryDashboard fills the variables in and runs what is then
// asked: for the choices of homes no answer may be empty, for every other
// organization and meter it must be valid.
func TestEveryQueryOfEveryDashboard(t *testing.T) {
	d := startDemo(t)
	ledger := d.mirror(t)
	slowest := map[string]time.Duration{}
	for store, address := range d.stores {
		for uid, page := range load(t) {
			t.Run(store+"/"+uid, func(t *testing.T) {
				r := &run{demo: d, dashboard: page, address: address, ledger: ledger, t: t}
				for _, choice := range homes[uid] {
					r.check(r.choose(choice), true)
					r.checkNames(r.choose(choice))
				}
				r.follow(r.choose(nil))
				for _, choice := range r.others() {
					r.check(choice, false)
				}
				r.checkReasons()
				slowest[store+"/"+uid] = r.slowest
			})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(slowest)) {
		t.Logf("slowest query of %s: %s", name, slowest[name].Round(time.Millisecond))
	}
}

// run is one dashboard on one store.
type run struct {
	*demo
	*dashboard
	address string
	ledger  *mirror // nil: figures are not held against one
	// cpu counts what queries cost by this process's own time, as the store is
	// in it, whatever else the machine does.
	cpu     bool
	t       *testing.T
	slowest time.Duration
}

// choose gives each variable the value that Grafana begins with, but for those
// that are named.
func (r *run) choose(named map[string]string) map[string]string {
	r.t.Helper()
	chosen := map[string]string{}
	for i := range r.Templating.List {
		v := &r.Templating.List[i]
		if v.Type != "query" {
			continue
		}
		options := r.options(v, chosen)
		require.NotEmpty(r.t, options, "no value for $%s", v.Name)
		value, isNamed := named[v.Name]
		switch {
		case isNamed:
			require.Contains(r.t, options, value, "$%s", v.Name)
		case v.Current != nil && v.Current.Value == "$__all":
			value = v.AllValue
		case v.Current != nil:
			value = v.Current.Value
			require.Contains(r.t, options, value, "$%s", v.Name)
		default:
			value = options[0]
		}
		chosen[v.Name] = value
	}
	return chosen
}

// others are every other organization with every value of every other variable,
// one variable at a time.
func (r *run) others() (choices []map[string]string) {
	r.t.Helper()
	first := r.choose(nil)
	for i := range r.Templating.List {
		v := &r.Templating.List[i]
		if v.Type != "query" {
			continue
		}
		for _, value := range r.options(v, first) {
			choice := maps.Clone(first)
			choice[v.Name] = value
			choices = append(choices, choice)
		}
	}
	return choices
}

// options are the values that a variable may have.
func (r *run) options(v *variable, chosen map[string]string) (values []string) {
	r.t.Helper()
	_, values = r.offered(v, chosen)
	return values
}

// offered are the values that a variable may have, and what people choose them
// by.
func (r *run) offered(v *variable, chosen map[string]string) (texts, values []string) {
	r.t.Helper()
	var query struct {
		QryType      int
		Query, RefID string
	}
	require.NoError(r.t, json.Unmarshal(v.Query, &query), v.Name)
	text := r.fill(query.Query, chosen, 0)
	function, inner, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	begin := r.clock()
	defer func() { r.took("$"+v.Name, begin) }()
	switch function {
	case "label_values":
		require.Equal(r.t, 1, query.QryType)
		at := strings.LastIndex(inner, ",")
		from, _ := r.span()
		require.NoError(r.t, collector.Ask(fmt.Sprintf("http://%s/api/v1/label/%s/values?%s", r.address, strings.TrimSpace(inner[at+1:]), url.Values{
			"match[]": {inner[:at]}, "start": {unix(from)}, "end": {unix(r.at)},
		}.Encode()), &values))
		return values, values
	case "query_result":
		require.Equal(r.t, 3, query.QryType)
		results, err := ask(r.address, "/api/v1/query", url.Values{"query": {inner}, "time": {unix(r.at)}})
		require.NoError(r.t, err)
		for _, found := range results {
			name, value := pick(r.t, v.Regex, found)
			require.NotEmpty(r.t, name)
			texts, values = append(texts, name), append(values, value)
		}
		return texts, values
	}
	require.Fail(r.t, "unknown query of a variable", text)
	return nil, nil
}

// pick finds text and value of an option as Grafana does: in the series as it
// is written, by the groups of an expression that may match more than once.
func pick(t *testing.T, regex string, found result) (text, value string) {
	t.Helper()
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(found.Metric)) {
		if name != "__name__" {
			labels = append(labels, fmt.Sprintf(`%s="%s"`, name, found.Metric[name]))
		}
	}
	written := found.Metric["__name__"] + "{" + strings.Join(labels, ",") + "} 1 0"
	expression := regexp.MustCompile(strings.TrimSuffix(strings.TrimPrefix(regex, "/"), "/g"))
	for _, m := range expression.FindAllStringSubmatch(written, -1) {
		for i, group := range expression.SubexpNames() {
			switch {
			case m[i] == "":
			case group == "text":
				text = m[i]
			case group == "value":
				value = m[i]
			}
		}
	}
	return cmp.Or(text, value), value
}

// span is the dashboard's time range.
func (r *run) span() (from time.Time, length time.Duration) {
	r.t.Helper()
	require.Equal(r.t, "now", r.Time.To)
	length = duration(r.t, strings.TrimPrefix(r.Time.From, "now-"))
	return r.at.Add(-length), length
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	if days, is := strings.CutSuffix(text, "d"); is {
		hours, err := time.ParseDuration(days + "h")
		require.NoError(t, err)
		return 24 * hours
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err)
	return d
}

// fill puts values for variables.
func (r *run) fill(text string, chosen map[string]string, step time.Duration) string {
	r.t.Helper()
	return variableUse.ReplaceAllStringFunc(text, func(use string) string {
		name := strings.TrimLeft(use, "${")
		switch value, known := chosen[name]; {
		case known:
			return value
		case name == "__interval":
			return fmt.Sprintf("%ds", int(step.Seconds()))
		case name == "__range":
			_, length := r.span()
			return fmt.Sprintf("%ds", int(length.Seconds()))
		}
		require.Fail(r.t, "unknown variable", "%s in %s", use, text)
		return ""
	})
}

// points is how many points a panel of half a screen's width asks for.
const points = 700

// check runs all queries with a choice.
func (r *run) check(chosen map[string]string, atHome bool) {
	r.t.Helper()
	for _, p := range r.queried() {
		for _, q := range p.Targets {
			name := fmt.Sprintf("%s / %s (%s)", r.UID, p.Title, q.RefID)
			results := r.ask(name, p, q, chosen)
			if _, may := empty[name]; atHome && !may && (len(results) == 0 || isReason(p, results)) {
				r.t.Errorf("%s is empty for %v: %s", name, chosen, q.Expr)
			}
		}
	}
}

// follow opens what the dashboard links to of the ledger.
func (r *run) follow(chosen map[string]string) {
	r.t.Helper()
	for _, l := range r.links(r.t) {
		if strings.HasPrefix(l.URL, "${ledger}") {
			address := strings.NewReplacer("${ledger}", "http://"+r.API, "${organization:percentencode}", chosen["organization"]).Replace(l.URL)
			status, said := collector.Get(r.t, address)
			require.Equal(r.t, http.StatusOK, status, "%s: %s", address, said)
		}
	}
}

// isReason reports whether an answer is what a panel has instead of figures.
func isReason(p *panel, results []result) bool {
	return len(results) == 1 && slices.Contains(slices.Collect(maps.Values(results[0].Metric)), p.FieldConfig.Defaults.NoValue)
}

// checkReasons asks for an organization that there is not: where Grafana does
// not show the text of an empty panel, the answer does. A table of several
// queries would have its headers only, and bars and states a text of Grafana's.
func (r *run) checkReasons() {
	r.t.Helper()
	nobody := r.choose(nil)
	nobody["organization"] = "nobody"
	for _, p := range r.queried() {
		for i, q := range p.Targets {
			name := fmt.Sprintf("%s / %s (%s)", r.UID, p.Title, q.RefID)
			switch results := r.ask(name, p, q, nobody); {
			case p.Type == "barchart", p.Type == "table" && len(p.Targets) > 1 && i == 0, p.Type == "state-timeline" && !ofAll(q):
				require.True(r.t, isReason(p, results), "%s: %v", name, results)
			case p.Type == "table":
				require.True(r.t, len(results) == 0 || ofAll(q), "%s: %v", name, results)
			}
		}
	}
}

// ofAll are alerts that concern all organizations, or none.
func ofAll(q target) bool { return strings.Contains(q.Expr, "ALERTS") }

// checkNames asks for states up to two hours after the last figures: they keep
// the names that were known then.
func (r *run) checkNames(chosen map[string]string) {
	r.t.Helper()
	later := *r.demo
	later.at = later.at.Add(2 * time.Hour)
	after := *r
	after.demo = &later
	for _, p := range r.queried() {
		if p.Type == "state-timeline" {
			name := fmt.Sprintf("%s / %s after a gap", r.UID, p.Title)
			results := after.ask(name, p, p.Targets[0], chosen)
			require.False(r.t, len(results) == 0 || isReason(p, results), name)
		}
	}
}

// lengths are those of windows in days; a month is longer than 30 d.
var lengths = map[string]float64{"hour": 1. / 24, "day": 1, "week": 7, "month": 30.4, "cycle": 30.5, "quarter": 91, "half": 182, "year": 365}

// checkOrder holds that the label that rows are sorted by puts windows by their
// length, and each one's periods from the newest.
func checkOrder(t *testing.T, name string, p *panel, results []result) {
	t.Helper()
	if !sortsByOrder(t, p) || isReason(p, results) {
		return
	}
	if len(results) > 0 && results[0].Metric["window"] == "" { // of equal order the most first
		require.True(t, slices.IsSortedFunc(results, func(a, b result) int { return cmp.Compare(b.value(), a.value()) }), name)
	}
	sorted := slices.SortedFunc(slices.Values(results), func(a, b result) int { return strings.Compare(a.Metric["order"], b.Metric["order"]) })
	for i := range sorted {
		require.NotEmpty(t, sorted[i].Metric["order"], "%s: %v", name, sorted[i].Metric)
		if i == 0 || sorted[i].Metric["window"] == "" {
			continue
		}
		before, here := sorted[i-1].Metric, sorted[i].Metric
		age := func(labels map[string]string) int {
			return slices.Index([]string{"current", "previous", "2_ago"}, labels["period"])
		}
		require.LessOrEqual(t, days(t, before["window"]), days(t, here["window"]), "%s: %v before %v", name, before, here)
		if before["window"] == here["window"] {
			require.Less(t, age(before), age(here), "%s: %v before %v", name, before, here)
		}
	}
}

func sortsByOrder(t *testing.T, p *panel) bool {
	t.Helper()
	var by struct{ Sort []struct{ Field string } }
	return p.transformation(t, "sortBy", &by) && by.Sort[0].Field == "order"
}

// checkColumns holds that each label is a column that is meant: Grafana makes
// one of it otherwise.
func checkColumns(t *testing.T, name string, p *panel, results []result) {
	t.Helper()
	var meant struct {
		RenameByName  map[string]string
		ExcludeByName map[string]bool
	}
	if p.Type != "table" {
		return
	}
	require.True(t, p.transformation(t, "organize", &meant), name)
	for _, r := range results {
		for label := range r.Metric {
			_, shown := meant.RenameByName[label]
			require.True(t, shown || meant.ExcludeByName[label], "%s: %s is no column that is meant", name, label)
		}
	}
}

func days(t *testing.T, window string) float64 {
	t.Helper()
	if length, is := lengths[window]; is {
		return length
	}
	return duration(t, window).Hours() / 24
}

func (r *run) ask(name string, p *panel, q target, chosen map[string]string) []result {
	r.t.Helper()
	path, form := r.request(p, q, chosen)
	begin := r.clock()
	results, err := ask(r.address, path, form)
	require.NoError(r.t, err, "%s: %s", name, form.Get("query"))
	if r.clock()-begin > limit { // the machine may have had other things to do
		begin = r.clock()
		_, err = ask(r.address, path, form)
		require.NoError(r.t, err)
	}
	r.took(name, begin)
	if q.Instant && r.ledger != nil {
		r.ledger.agrees(r.t, name, form, results)
	}
	checkColumns(r.t, name, p, results)
	checkOrder(r.t, name, p, results)
	if p.Type == "bargauge" { // bars come as the store answers
		require.True(r.t, slices.IsSortedFunc(results, func(a, b result) int { return cmp.Compare(b.value(), a.value()) }), name)
	}
	return results
}

// request is what Grafana asks a store for a query of a panel.
func (r *run) request(p *panel, q target, chosen map[string]string) (path string, form url.Values) {
	r.t.Helper()
	if q.Instant {
		return "/api/v1/query", url.Values{"query": {r.fill(q.Expr, chosen, time.Minute)}, "time": {unix(r.at)}}
	}
	from, length := r.span()
	to := r.at
	if p.TimeShift != "" {
		shift := duration(r.t, p.TimeShift)
		from, to = from.Add(-shift), to.Add(-shift)
	}
	step := max(duration(r.t, p.Interval), (length / points).Truncate(time.Minute))
	return "/api/v1/query_range", url.Values{
		"query": {r.fill(q.Expr, chosen, step)}, "start": {unix(from.Truncate(step))}, "end": {unix(to.Truncate(step))},
		"step": {fmt.Sprint(step.Seconds())},
	}
}

var started = time.Now()

// clock is what queries are timed by.
func (r *run) clock() time.Duration {
	r.t.Helper()
	if !r.cpu {
		return time.Since(started)
	}
	var used syscall.Rusage
	require.NoError(r.t, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// took holds the time of a query against the limit.
func (r *run) took(name string, begin time.Duration) {
	r.t.Helper()
	spent := r.clock() - begin
	r.slowest = max(r.slowest, spent)
	if spent > limit {
		r.t.Errorf("%s took %s", name, spent)
	}
}
