// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// expressions writes PromQL that tries whatever the language has to reach
// organizations that it may not. Most of it parses; what does not has to be
// answered alike, too.
type expressions struct{ *rand.Rand }

func (e expressions) one(of ...string) string { return of[e.IntN(len(of))] }

// next returns an expression.
func (e expressions) next() string {
	var text string
	switch e.IntN(12) {
	case 0:
		text = e.scalar(3)
	case 1:
		text = e.window(1)
	case 2:
		text = e.experimental()
	default:
		text = e.vector(3)
	}
	if e.IntN(12) == 0 {
		text = e.broken(text)
	}
	return text
}

// chosen takes some of equals, or makes series of values.
func (e expressions) chosen(deep int) string {
	if e.IntN(2) == 0 {
		return fmt.Sprintf("%s%s(%d, %s)", e.one("topk", "bottomk"), e.grouping(), e.IntN(4), e.vector(deep-1))
	}
	return fmt.Sprintf("count_values%s(%q, %s)", e.grouping(), e.label(), e.vector(deep-1))
}

// broken returns a text with a piece too much or too little.
func (e expressions) broken(text string) string {
	i := e.IntN(len(text))
	if e.IntN(2) == 0 {
		return text[:i] + text[i+1:]
	}
	return text[:i] + e.one(`}`, `{`, `"`, `'`, "`", `)`, ` or `, `,`, `organization="birch"`, `#`, "\n", `\`, `|`, "\x00", "\xff", ` or {organization="birch"}`) + text[i:]
}

func (e expressions) vector(deep int) string {
	if deep == 0 {
		return e.selector()
	}
	v := func() string { return e.vector(deep - 1) }
	switch e.IntN(17) {
	case 16:
		return e.chosen(deep)
	case 0, 1:
		return e.one("abs", "ceil", "exp", "sgn", "sqrt", "sort", "sort_desc", "timestamp", "hour", "-", "+", "") + "(" + v() + ")"
	case 2, 3:
		return e.one("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar") + e.grouping() + "(" + v() + ")"
	case 4, 5:
		return fmt.Sprintf("quantile%s(0.%d, %s)", e.grouping(), e.IntN(10), v())
	case 6, 7:
		return "(" + v() + ") " + e.one("+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<= bool", "== bool") + " " + e.matching(true) + "(" + v() + ")"
	case 8, 9:
		return "(" + v() + ") " + e.one("or", "and", "unless") + " " + e.matching(false) + "(" + v() + ")"
	case 10:
		return "(" + v() + ") " + e.one("+", "*", ">", "== bool") + " " + e.scalar(deep-1)
	case 11:
		return fmt.Sprintf("label_replace(%s, %q, %q, %q, %q)", v(), e.label(), e.one("birch", "acme", "$1", "", "a.c", "x$1"), e.label(), e.one("(.*)", "", "birch", "a(.*)", ".*c.*"))
	case 12:
		return fmt.Sprintf("label_join(%s, %q, %q, %q, %q)", v(), e.label(), e.one("", "|", ","), e.label(), e.label())
	case 13:
		return e.absence(deep)
	default:
		return e.over(deep)
	}
}

func (e expressions) absence(deep int) string {
	if e.IntN(3) == 0 {
		return "absent_over_time(" + e.window(deep-1) + ")"
	}
	return "absent(" + e.vector(e.IntN(deep)) + ")"
}

func (e expressions) over(deep int) string {
	switch e.IntN(8) {
	case 0:
		return "vector(" + e.scalar(deep-1) + ")"
	case 1:
		return "predict_linear(" + e.window(deep-1) + ", 60)"
	case 2:
		return fmt.Sprintf("quantile_over_time(0.%d, %s)", e.IntN(10), e.window(deep-1))
	default:
		return e.one("rate", "increase", "delta", "idelta", "irate", "deriv", "changes", "resets", "sum_over_time", "avg_over_time", "min_over_time", "max_over_time", "count_over_time", "last_over_time", "present_over_time", "stddev_over_time") + "(" + e.window(deep-1) + ")"
	}
}

func (e expressions) window(deep int) string {
	if deep <= 0 || e.IntN(2) == 0 {
		return e.plain() + e.one("[5m]", "[2m]", "[1h]") + e.moved()
	}
	return "(" + e.vector(deep-1) + ")" + e.one("[5m:1m]", "[10m:]", "[3m:30s]") + e.moved()
}

func (e expressions) scalar(deep int) string {
	if deep == 0 {
		return e.one("1", "0", "0.5", "-2", "Inf", "NaN", "time()", "1e9")
	}
	switch e.IntN(4) {
	case 0:
		return "scalar(" + e.vector(deep-1) + ")"
	case 1:
		return "(" + e.scalar(deep-1) + " " + e.one("+", "-", "*", "/", "> bool") + " " + e.scalar(deep-1) + ")"
	default:
		return e.scalar(0)
	}
}

// experimental is what is not to be evaluated.
func (e expressions) experimental() string {
	return e.one(
		"info("+e.selector()+")", `info(`+e.selector()+`, {organization="birch"})`, "limitk(2, "+e.selector()+")", "limit_ratio(0.5, "+e.selector()+")", `sort_by_label(`+e.selector()+`, "organization")`,
		"mad_over_time("+e.window(0)+")", "ts_of_last_over_time("+e.window(0)+")", "first_over_time("+e.window(0)+")", "double_exponential_smoothing("+e.window(0)+", 0.5, 0.5)",
		"rate("+e.selector()+"[5m] smoothed)", "increase("+e.selector()+"[5m] anchored)", e.selector()+" offset (5m + 1m)", "max_of(1, 2)", "start()", "end()", "range()", "step()", e.selector()+" fill(0) + "+e.selector(),
	)
}

func (e expressions) selector() string { return e.plain() + e.moved() }

func (e expressions) moved() string {
	switch e.IntN(8) {
	case 0:
		return e.one(" offset 1m", " offset -1m", " offset 1h")
	case 1:
		return fmt.Sprintf(" @ %d", noon.Unix()+int64(e.IntN(1800))-300)
	case 2:
		return e.one(" @ start()", " @ end()", " @ end() offset 2m")
	default:
		return ""
	}
}

func (e expressions) plain() string {
	name := e.one("usage_active_users", "usage_items_total", "app_requests", "", "", "organization:active_users:double", "ALERTS", "only_birch", "nothing")
	var matchers []string
	switch {
	case name != "":
	case e.IntN(3) == 0:
		matchers = append(matchers, e.one(`"na me/日本"`, `"usage_active_users"`, `'only_birch'`))
	default:
		matchers = append(matchers, "__name__"+e.one(`=~".+"`, `=~"usage_.*"`, `!=""`, `="only_birch"`, `=~"only_birch|app_requests"`, `!~"usage_.*|"`))
	}
	for range e.IntN(3) {
		matchers = append(matchers, e.matcher())
	}
	if len(matchers) == 0 {
		return name
	}
	return name + "{" + strings.Join(matchers, e.one(",", ", ")) + "}"
}

func (e expressions) matcher() string {
	switch e.IntN(5) {
	case 0:
		return e.one(`meter="operators"`, `meter!=""`, `period=~"cur.*"`, `"la bel"="x"`, `"la bel"!=""`, `window=""`, `alertstate="firing"`)
	default:
		return e.one("organization", "organization", "organization", `"organization"`, "'organization'", "organisation") +
			e.one(`="birch"`, `="acme"`, `="a.c"`, `="abc"`, `=""`, `!=""`, `!="acme"`, `!="birch"`, `=~".*"`, `=~".+"`, `=~"birch|acme"`, `=~"acme|"`, `!~"acme|a.c"`, `!~"x"`, `=~"(?i)BIRCH"`, `=~"a.c"`,
				`="__none__"`, "=`birch`", `="b\x69rch"`, `=~"^birch$"`, `="x|y"`, `=~"x\\|y"`, `="birch\x00"`, `="größe"`)
	}
}

func (e expressions) label() string {
	return e.one("organization", "organization", "meter", "window", "la bel", "__name__", "other", "")
}

func (e expressions) grouping() string {
	if e.IntN(2) == 0 {
		return ""
	}
	return e.one(" by ", " without ") + "(" + e.one("organization", "organization, meter", "meter", `"la bel"`, "", "__name__", "alertname") + ")"
}

func (e expressions) matching(groups bool) string {
	if e.IntN(2) == 0 {
		return ""
	}
	text := e.one("on ", "ignoring ") + "(" + e.one("organization", "organization, meter", "meter", `"la bel"`, "", "__name__") + ") "
	if groups && e.IntN(2) == 0 {
		text += e.one("group_left ", "group_right ", "group_left (organization) ", "group_right (meter) ")
	}
	return text
}
