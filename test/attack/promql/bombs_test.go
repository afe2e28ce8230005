// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promql

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// bomb is a request to the store.
type bomb struct {
	shape, path string
	form        url.Values
}

// generator makes bombs.
type generator struct {
	*rand.Rand
	now time.Time
}

// shapes are the kinds of bombs, each drawn anew at every call.
var shapes = []struct {
	name string
	make func(g *generator) bomb
}{
	{"nested label_join", func(g *generator) bomb {
		return g.any(g.nested("label_join", g.selector(), `,"organization","`+g.filler(50)+`"`+strings.Repeat(`,"organization"`, 2+g.IntN(60)), 2+g.IntN(12)))
	}},
	{"nested label_join of several labels", func(g *generator) bomb {
		query := g.selector()
		for i := range 3 + g.IntN(20) {
			query = fmt.Sprintf(`label_join(%s,"l%d","","l%d","l%d","organization")`, query, i, i-1, i-2)
		}
		return g.any(query)
	}},
	{"nested label_replace", func(g *generator) bomb {
		return g.any(g.nested("label_replace", g.selector(), `,"organization","`+strings.Repeat("$1", 2+g.IntN(30))+`","organization","(.*)"`, 2+g.IntN(20)))
	}},
	{"label_join with a long separator", func(g *generator) bomb {
		return g.any(fmt.Sprintf(`label_join(%s,"a","%s"%s)`, g.selector(), g.filler(30_000), strings.Repeat(`,"b"`, 10+g.IntN(2000))))
	}},
	{"long literal in label_replace", func(g *generator) bomb {
		return g.any(fmt.Sprintf(`label_replace(%s,"a","%s","","")`, g.selector(), g.filler(60_000)))
	}},
	{"count_values at many steps", func(g *generator) bomb {
		return g.ranged(fmt.Sprintf(`count_values("v", %s * time() + %d)`, g.selector(), g.IntN(1000)))
	}},
	{"count_values without series", func(g *generator) bomb {
		return g.ranged(fmt.Sprintf(`label_join(count_values("v", vector(time())),"a","%s"%s)`, g.filler(1000), strings.Repeat(`,"v"`, 1+g.IntN(1000))))
	}},
	{"fine subquery", func(g *generator) bomb {
		return g.any(fmt.Sprintf("max_over_time(%s[%s:%s])", g.of("vector(1)", "vector(time())", g.selector(), "absent(nothing)", "nothing"), g.of("1d", "30d", "10y", "100y"), g.of("1ms", "10ms", "1s", "1m")))
	}},
	{"nested subqueries", func(g *generator) bomb {
		query := g.selector()
		for range 2 + g.IntN(8) {
			query = fmt.Sprintf("%s(%s[%s:%s])", g.of("max_over_time", "stddev_over_time", "avg_over_time"), query, g.of("1h", "1d", "30d", "1y"), g.of("1s", "10s", "1m"))
		}
		return g.any(query)
	}},
	{"windows at many steps", func(g *generator) bomb {
		return g.ranged(fmt.Sprintf("quantile_over_time(0.5, %s[%s:%s])", g.selector(), g.of("1h", "1d", "30d"), g.of("10s", "1m")))
	}},
	{"one window at many steps", func(g *generator) bomb {
		return g.ranged(fmt.Sprintf("quantile_over_time(scalar(time()*0+vector(0.%d)), %s[1y] @ end())", g.IntN(100), g.selector()))
	}},
	{"long windows of all series", func(g *generator) bomb {
		return g.ranged(fmt.Sprintf("%s({organization!=\"\"}[%s])", g.of("stddev_over_time", "changes", "deriv", "rate"), g.of("1h", "1d", "30d")))
	}},
	{"all series at all steps", func(g *generator) bomb { return g.ranged(`{organization!=""}`) }},
	{"all samples", func(g *generator) bomb { return g.instant(`{organization!=""}[` + g.of("1h", "1d", "1y") + `]`) }},
	{"all series, many times", func(g *generator) bomb {
		return g.any(`{organization!=""}` + strings.Repeat(g.of(" or ", " and ", " unless ")+`{organization!="`+g.filler(5)+`"}`, 5+g.IntN(300)))
	}},
	{"sums of all series", func(g *generator) bomb {
		return g.ranged(strings.TrimSuffix(strings.Repeat(g.selector()+" + on (organization) group_left () "+`sum by (organization) (`+g.selector()+`) + `, 2+g.IntN(30)), " + ") + " + 0")
	}},
	{"filters that leave single points", func(g *generator) bomb {
		return g.ranged(fmt.Sprintf("%s * time() %% %d == 0", g.selector(), 7+g.IntN(1000)))
	}},
	{"group_left of made labels", func(g *generator) bomb {
		side := g.nested("label_join", g.selector(), `,"a",""`+strings.Repeat(`,"organization"`, 20), 1+g.IntN(3))
		return g.any(fmt.Sprintf(`%s * on (organization) group_left (a) sum by (organization, a) (%s)`, g.selector(), side))
	}},
	{"deep parentheses", func(g *generator) bomb { return g.any(g.nested("", "1", "", 100+g.IntN(30_000))) }},
	{"deep aggregations", func(g *generator) bomb {
		return g.any(g.nested(g.of("sum", "sort", "abs", "-"), g.selector(), "", 50+g.IntN(5000)))
	}},
	{"chain of operators", func(g *generator) bomb {
		return g.any(g.selector() + strings.Repeat(g.of("+1", "^1", " or vector(1)", " > 0"), 100+g.IntN(5000)))
	}},
	{"signs", func(g *generator) bomb { return g.any(strings.Repeat("-", 100+g.IntN(60_000)) + g.selector()) }},
	{"large regex in a selector", func(g *generator) bomb {
		return g.any(`usage_figure_0{organization=~"` + strings.Repeat(g.of("[^a]{1000}", "(a|b?){500}", "(.*a){100}", `\\pL{1000}`, "(x+x+)+y"), 1+g.IntN(300)) + `"}`)
	}},
	{"large regex in label_replace", func(g *generator) bomb {
		return g.any(fmt.Sprintf(`label_replace(label_join(%s,"a",""%s),"b","$1","a","(%s)")`, g.selector(), strings.Repeat(`,"organization"`, 1+g.IntN(200)), strings.Repeat(g.of("(a|b?)*", "[^a]*", "(.*){10}"), 1+g.IntN(200))))
	}},
	{"alternatives", func(g *generator) bomb {
		return g.any(`{organization=~"` + strings.Repeat(g.of(".*a.*|", "organization-1.*|", "x?|"), 10+g.IntN(4000)) + `"}`)
	}},
	{"series", func(g *generator) bomb {
		return bomb{"", "series", url.Values{"match[]": slicesOf(`{organization!=""}`, 1+g.IntN(500))}}
	}},
	{"label values", func(g *generator) bomb {
		return bomb{"", "labels", url.Values{"match[]": slicesOf(`{organization=~".*`+g.filler(3)+`.*"}`, 1+g.IntN(500))}}
	}},
	{"formatting", func(g *generator) bomb {
		return bomb{"", g.of("format_query", "parse_query"), url.Values{"query": {g.nested("sum", g.selector(), "", 10+g.IntN(5000))}}}
	}},
	{"garbage", func(g *generator) bomb {
		return g.any(strings.Repeat(g.of("(", "{", "[", `"`, "a{", "sum(", "a[", "\x00", "𝕒"), 1+g.IntN(10_000)))
	}},
}

// next draws a bomb.
func (g *generator) next(i int) bomb {
	shape := shapes[i%len(shapes)]
	b := shape.make(g)
	b.shape = shape.name
	return b
}

func slicesOf(text string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = text
	}
	return all
}

func (g *generator) of(choices ...string) string { return choices[g.IntN(len(choices))] }

func (g *generator) selector() string {
	return g.of("usage_figure_0", "usage_figure_1", `usage_figure_2{organization=~"organization-1.*"}`, `{organization!=""}`)
}

func (g *generator) filler(most int) string { return strings.Repeat("-", g.IntN(most)) }

func (g *generator) nested(function, inner, arguments string, times int) string {
	return strings.Repeat(function+"(", times) + inner + strings.Repeat(arguments+")", times)
}

func (g *generator) any(query string) bomb {
	if g.IntN(2) == 0 {
		return g.ranged(query)
	}
	return g.instant(query)
}

func (g *generator) instant(query string) bomb {
	return bomb{"", "query", url.Values{"query": {query}, "time": {unix(g.now)}}}
}

// ranged asks for up to 11,000 steps, which is what Prometheus allows.
func (g *generator) ranged(query string) bomb {
	step := 1 + g.IntN(60)
	return bomb{"", "query_range", url.Values{
		"query": {query}, "start": {unix(g.now.Add(-time.Duration(step*(10+g.IntN(10_900))) * time.Second))}, "end": {unix(g.now)}, "step": {strconv.Itoa(step)},
	}}
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
