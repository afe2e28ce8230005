// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// choices are what can be picked beside raw PromQL: what there is, of what a
// person may see.
type choices struct {
	Organizations []named        `json:"organizations"`
	Meters        []meterChoices `json:"meters"`
}

// named is what people know by a title.
type named struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

type meterChoices struct {
	named
	Type    string          `json:"type"` // active_users, concurrent_users, consumption
	Unit    string          `json:"unit,omitempty"`
	Windows []windowChoices `json:"windows"`
}

type windowChoices struct {
	named
	Periods []string `json:"periods"` // the newest first
}

// recently bridges an hour in which no figures come.
func recently(selector string) string { return "last_over_time(" + selector + "[1h])" }

// figures have a window and a period, whatever the kind of the meter.
const figures = `__name__=~"usage_active_users|usage_hour_users_peak|usage_consumption"`

// of is a selector of an organization's series; "" of all that are seen.
func of(organization string, matchers ...string) string {
	if organization != "" {
		matchers = append(matchers, "organization="+strconv.Quote(organization))
	}
	return "{" + strings.Join(matchers, ",") + "}"
}

// choices are those of an organization, "" for all.
func (d *Datasource) choices(ctx context.Context, who person, organization string) (choices, error) {
	c := choices{Organizations: []named{}, Meters: []meterChoices{}}
	now := time.Now()
	ask := func(expression string) (samples, error) {
		a, err := d.store.instant(ctx, who, expression, now)
		return a.Result, err
	}
	organizations, err := ask("group by (organization, name) (" + recently("usage_organization_info") + ")")
	if err != nil {
		return c, err
	}
	for _, s := range organizations {
		c.Organizations = append(c.Organizations, named{label(s, "organization"), label(s, "name")})
	}
	sortByTitle(c.Organizations)
	meters, err := ask("group by (meter, title, type, unit) (" + recently("usage_meter_info"+of(organization)) + ")")
	if err != nil {
		return c, err
	}
	windows, err := ask("group by (meter, window, period) (" + recently(of(organization, figures)) + ")")
	if err != nil {
		return c, err
	}
	titles, err := d.titles(ctx, who, organization, "window", now)
	if err != nil {
		return c, err
	}
	for _, s := range meters {
		m := meterChoices{named: named{label(s, "meter"), label(s, "title")}, Type: label(s, "type"), Unit: label(s, "unit")}
		m.Windows = windowsOf(m.Name, windows, titles)
		c.Meters = append(c.Meters, m)
	}
	slices.SortFunc(c.Meters, func(a, b meterChoices) int { return strings.Compare(a.Title, b.Title) })
	c.Meters = slices.CompactFunc(c.Meters, func(a, b meterChoices) bool { return a.Name == b.Name })
	return c, nil
}

// titles are what people call the meters or windows, by their names.
func (d *Datasource) titles(ctx context.Context, who person, organization, what string, at time.Time) (map[string]string, error) {
	a, err := d.store.instant(ctx, who, fmt.Sprintf("group by (%s, title) (%s)", what, recently("usage_"+what+"_info"+of(organization))), at)
	titles := map[string]string{}
	for _, s := range a.Result {
		titles[label(s, what)] = label(s, "title")
	}
	return titles, err
}

// windowsOf are those of a meter, the shortest first.
func windowsOf(meter string, all samples, titles map[string]string) []windowChoices {
	periods := map[string][]string{}
	for _, s := range all {
		if label(s, "meter") == meter {
			window := label(s, "window")
			periods[window] = append(periods[window], label(s, "period"))
		}
	}
	found := []windowChoices{}
	for window, of := range periods {
		slices.SortFunc(of, func(a, b string) int { return slices.Index(periodOrder, a) - slices.Index(periodOrder, b) })
		title := titles[window]
		if title == "" {
			title = window
		}
		found = append(found, windowChoices{named{window, title}, of})
	}
	slices.SortFunc(found, func(a, b windowChoices) int {
		if byLength := length(a.Name) - length(b.Name); byLength != 0 {
			return byLength
		}
		return strings.Compare(a.Name, b.Name)
	})
	return found
}

var periodOrder = []string{"current", "previous", "2_ago"}

var hours = map[string]int{"hour": 1, "day": 24, "week": 7 * 24, "month": 30 * 24, "cycle": 30*24 + 1, "quarter": 91 * 24, "half": 182 * 24, "year": 365 * 24}

// length is about how many hours a window has.
func length(window string) int {
	if n, found := hours[window]; found {
		return n
	}
	n, err := strconv.Atoi(strings.TrimRight(window, "hd"))
	if err == nil && strings.HasSuffix(window, "d") {
		n *= 24
	}
	return n
}

func label(s series, name string) string { return string(s.Metric[model.LabelName(name)]) }

func sortByTitle(list []named) {
	slices.SortFunc(list, func(a, b named) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
}
