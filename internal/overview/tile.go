// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package overview

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// tile shows one meter of one organization.
type tile struct {
	Name, Title   string
	Number, Exact string
	Unit, Caption string
	Incomplete    bool // a limit refused users
	Sampled       bool // a sampler left items out
	Parts         []part
	Facts         []fact
	Trend         *sparkline
	Quota         *quota

	titles usage.Titles
	quiet  bool // nothing but zeros
}

// order puts first what needs attention: the meters with the fullest quotas,
// then those without one; among equals it goes by title.
func (t *tile) order(other *tile) int {
	return cmp.Or(-cmp.Compare(t.urgency(), other.urgency()), strings.Compare(t.Title, other.Title))
}

func (t *tile) urgency() int {
	if t.Quota == nil {
		return -1
	}
	return t.Quota.status
}

// part is a share of the headline.
type part struct {
	Name, Number string
	X, Width     float64 // of 100
	Shade        int     // 1, 2, ... by position
}

// fact is a further figure.
type fact struct {
	Name, Value, Exact string
	Window             string // as configured, or ""
}

// reading is a figure with its labels at hand.
type reading struct {
	name  string
	label func(string) string
	value float64
}

// byMeter sorts an organization's figures by their meter; what only names a
// meter is no figure of it.
func byMeter(figures []usage.Figure) map[string][]reading {
	out := map[string][]reading{}
	for _, f := range figures {
		label := func(name string) string {
			for _, l := range f.Series.Labels {
				if l.Name == name {
					return l.Value
				}
			}
			return ""
		}
		if meter := label("meter"); meter != "" && f.Series.Name != "usage_meter_info" {
			out[meter] = append(out[meter], reading{f.Series.Name, label, f.Value})
		}
	}
	return out
}

// sum adds the figures of a name whose labels are as given, as name, value
// pairs. It is for figures that add up: classes, and states.
func sum(rs []reading, name string, labels ...string) float64 {
	total := 0.0
	for _, r := range rs {
		if r.name == name && r.has(labels) {
			total += r.value
		}
	}
	return total
}

func (r *reading) has(labels []string) bool {
	for i := 0; i+1 < len(labels); i += 2 {
		if r.label(labels[i]) != labels[i+1] {
			return false
		}
	}
	return true
}

// exists reports whether there is such a figure.
func exists(rs []reading, name string, labels ...string) bool {
	return slices.ContainsFunc(rs, func(r reading) bool { return r.name == name && r.has(labels) })
}

func newTile(titles usage.Titles, m *usage.Meter, rs []reading, trends []Trend, at time.Time, zone *time.Location) tile {
	t := tile{
		Name: m.Name, Title: titles.Meter(m.Name), titles: titles,
		Incomplete: sum(rs, "usage_incomplete") > 0,
		Sampled:    sum(rs, "usage_sampled") > 0,
		quiet:      !slices.ContainsFunc(rs, func(r reading) bool { return r.value != 0 }),
	}
	for _, trend := range trends {
		if trend.Meter == m.Name {
			t.Trend = newSparkline(titles, trend)
			t.quiet = t.quiet && !slices.ContainsFunc(trend.Days, func(d Day) bool { return d.Value != 0 })
			break
		}
	}
	switch m.Type {
	case usage.ActiveUsers:
		t.activeUsers(m, rs)
	case usage.ConcurrentUsers:
		t.concurrentUsers(m, rs)
	case usage.Consumption:
		t.consumption(m, rs)
	}
	if q, found := newQuota(titles, m, rs, at, zone); found {
		t.Quota = &q
	} else if w := headlineWindow(m); exists(rs, "usage_projected", "window", w) {
		t.fact("expected "+t.caption(w, usage.PeriodName(0)), w, math.Round(sum(rs, "usage_projected", "window", w)))
	}
	return t
}

func (t *tile) headline(v float64, caption string) {
	t.Number, t.Exact, t.Caption = short(v), exact(v), caption
}

func (t *tile) fact(name, window string, v float64) {
	t.Facts = append(t.Facts, fact{name, short(v), exact(v), window})
}

func (t *tile) caption(window, period string) string { return caption(t.titles, window, period) }

// split draws the shares of the headline, where there are several.
func (t *tile) split(names []string, values []float64) {
	total, x := 0.0, 0.0
	for _, v := range values {
		total += v
	}
	if len(values) < 2 || total <= 0 {
		return
	}
	for i, v := range values {
		width := 100 * v / total
		t.Parts = append(t.Parts, part{words(names[i]), short(v), x, width, i%4 + 1})
		x += width
	}
}

func (t *tile) activeUsers(m *usage.Meter, rs []reading) {
	const name = "usage_active_users"
	primary := headlineWindow(m)
	t.headline(sum(rs, name, "window", primary, "period", "current"), "active "+t.caption(primary, "current"))
	if len(m.Classes) > 1 {
		values := make([]float64, len(m.Classes))
		for i, class := range m.Classes {
			values[i] = sum(rs, name, "window", primary, "period", "current", "class", class)
		}
		t.split(m.Classes, values)
	}
	t.windows(m, rs, name, primary)
}

// windows adds the current period of each window, by length; of the headline's
// window the previous one.
func (t *tile) windows(m *usage.Meter, rs []reading, name, primary string) {
	for _, w := range byLength(m.Windows) {
		window, period := w.String(), usage.PeriodName(0)
		if window == primary {
			period = usage.PeriodName(1)
			if !exists(rs, name, "window", window, "period", period) {
				continue
			}
		}
		t.fact(t.caption(window, period), window, sum(rs, name, "window", window, "period", period))
	}
}

func byLength(windows []usage.Window) []usage.Window {
	return slices.SortedFunc(slices.Values(windows), usage.Window.Compare)
}

func (t *tile) concurrentUsers(m *usage.Meter, rs []reading) {
	active := sum(rs, "usage_concurrent_users", "state", "active")
	idle := sum(rs, "usage_concurrent_users", "state", "idle")
	t.headline(active+idle, "connected now")
	t.split([]string{"active", "idle"}, []float64{active, idle})
	// Of the latest sample of which it is known who left, not of the one above.
	t.fact("net of hand-over", "", sum(rs, "usage_concurrent_users_net"))
	t.fact("users this hour", "", sum(rs, "usage_hour_users", "period", "current"))
	t.fact("users last hour", "", sum(rs, "usage_hour_users", "period", "previous"))
	for _, w := range byLength(m.Windows) {
		of := []string{"window", w.String(), "period", "current"}
		peak, hits := sum(rs, "usage_hour_users_peak", of...), sum(rs, "usage_hour_users_peak_hits", of...)
		f := fact{"busiest hour, " + t.caption(w.String(), "current"), short(peak), exact(peak), w.String()}
		if hits > 1 {
			f.Value += " (" + short(hits) + "×)"
			f.Exact += ", reached in " + exact(hits) + " hours"
		}
		t.Facts = append(t.Facts, f)
	}
}

func (t *tile) consumption(m *usage.Meter, rs []reading) {
	const name = "usage_consumption"
	primary := headlineWindow(m)
	if m.Unit != "1" {
		t.Unit = m.Unit
	}
	of := []string{"window", primary, "period", "current"}
	t.headline(sum(rs, name, of...), t.caption(primary, "current"))
	t.windows(m, rs, name, primary)
	if m.Versions[len(m.Versions)-1].Value != "" {
		t.fact("events "+t.Caption, primary, sum(rs, "usage_consumption_events", of...))
	}
	for _, average := range m.Averages {
		of := append(of, "average", average.Name, "dimension", "")
		if count := sum(rs, "usage_average_count", of...); count > 0 {
			t.fact("average "+words(average.Name), primary, sum(rs, "usage_average_sum", of...)/count)
		}
	}
}

// headlineWindow is the window that says most at a glance: the month if the
// meter has it.
func headlineWindow(m *usage.Meter) string {
	for _, w := range []string{"month", "cycle", "30d", "week", "7d", "quarter", "half", "year", "day", "24h", "hour"} {
		if slices.ContainsFunc(m.Windows, func(have usage.Window) bool { return have.String() == w }) {
			return w
		}
	}
	if len(m.Windows) == 0 {
		return ""
	}
	return m.Windows[0].String()
}
