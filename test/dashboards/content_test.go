// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOrganizationsBeginWithOneThatUsesIt: without a choice Grafana takes the
// first value, so the order of the list says which. That it is one of whom no
// panel is empty is held in TestEveryQueryOfEveryDashboard.
func TestOrganizationsBeginWithOneThatUsesIt(t *testing.T) {
	for uid, d := range load(t) {
		v := d.variable("organization")
		if v.Multi {
			continue
		}
		require.Nil(t, v.Current, "%s names a customer", uid)
		require.Zero(t, v.Sort, "%s sorts by name", uid)
		require.Contains(t, string(v.Query), "query_result(sort_desc(", uid)
	}
}

// TestPanelsOfProductsAreCollapsed: what needs a meter of one kind is hidden on
// the page of an organization until its row is opened, since the organization
// may have none of it. The row then says what it holds without variables, which
// have no value there.
func TestPanelsOfProductsAreCollapsed(t *testing.T) {
	d := load(t)["usage-organization"]
	for _, p := range d.Panels {
		text, err := json.Marshal(p.Targets)
		require.NoError(t, err)
		for _, variable := range []string{"$meter", "$documents", "$users", "$window"} {
			require.NotContains(t, string(text)+p.Title, variable, "%s stands open", p.Title)
		}
		require.Equal(t, p.Collapsed, len(p.Panels) > 0, p.Title)
	}
	for uid, d := range load(t) {
		for _, p := range d.Panels {
			if p.Collapsed {
				require.NotContains(t, p.Title, "$", uid)
			}
		}
	}
}

// phoneHeight is how long a page is on a telephone: panels stand below each
// other, each as high as it is.
func (d *dashboard) phoneHeight() (pixels int) {
	const line = 30 + 8 // with the gap below
	for _, p := range d.Panels {
		pixels += p.GridPos.H * line
	}
	return pixels
}

func TestPagesAreShortOnAPhone(t *testing.T) {
	all := load(t)
	require.LessOrEqual(t, all["usage-organization"].phoneHeight(), 2_000)
	for uid, d := range all {
		require.LessOrEqual(t, d.phoneHeight(), 5_500, uid)
	}
}

// TestTablesBeginWithNamePercentageAndStatus: those columns come first and fit
// into what a telephone of 412 pixels shows of a table.
func TestTablesBeginWithNamePercentageAndStatus(t *testing.T) {
	const phone = 360
	matter := []string{"Used %", "Of committed", "Status", "Severity", "Share", "Adoption"}
	found := map[string]bool{}
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			if p.Type != "table" {
				continue
			}
			needed := 0
			_, seen := columns(t, p)
			for _, c := range seen {
				width := int(narrow)
				c.of(t, "custom.width", &width)
				needed += width
				if slices.Contains(matter, c.title) {
					require.LessOrEqual(t, needed, phone, "%s: %s up to %s", uid, p.Title, c.title)
					found[c.title] = true
				}
			}
		}
	}
	for _, title := range matter {
		require.True(t, found[title], title)
	}
}

// TestActiveAndCommittedAreOfOneMeterAndWindow: where users stand beside a
// committed number, both are of the meter that is chosen, or a row is of one
// meter and window.
func TestActiveAndCommittedAreOfOneMeterAndWindow(t *testing.T) {
	compared := 0
	for uid, d := range load(t) {
		if d.variable("organization").Multi {
			continue
		}
		for _, p := range d.queried() {
			text := p.expressions()
			if !strings.Contains(text, "usage_active_users") || !strings.Contains(text, "usage_quota_") {
				continue
			}
			compared++
			for _, q := range p.Targets {
				if strings.Contains(text, `usage_quota_limit{organization="$organization"}`) {
					require.Contains(t, q.Expr, "or ignoring (meter_title, window_title)", "%s: %s", uid, p.Title)
				} else if strings.Contains(q.Expr, "usage_quota_") {
					require.Contains(t, q.Expr, `meter="$meter"`, "%s: %s", uid, p.Title)
					require.Contains(t, q.Expr+q.LegendFormat, "window", "%s: %s", uid, p.Title)
				}
			}
		}
	}
	require.Positive(t, compared)
}

// TestMonthsBesideBillableMonthsAreBillableToo: users of months that are long
// over are known by billable classes only; what stands beside them says both.
func TestMonthsBesideBillableMonthsAreBillableToo(t *testing.T) {
	d := load(t)["usage-active-users"]
	past := d.titled(t, "Past months, billable users")
	beside := 0
	for _, p := range d.queried() {
		if p.GridPos.Y != past.GridPos.Y || p == past {
			continue
		}
		beside++
		require.Len(t, p.Targets, 2, p.Title)
		require.Equal(t, []string{"all", "billable"}, []string{p.Targets[0].LegendFormat, p.Targets[1].LegendFormat}, p.Title)
		require.Contains(t, p.Targets[1].Expr, `billable!="false"`, p.Title)
	}
	require.Equal(t, 3, beside)
}

// expressions are all queries of a panel.
func (p *panel) expressions() string {
	var all []string
	for _, q := range p.Targets {
		all = append(all, q.Expr)
	}
	return strings.Join(all, "\n")
}

func (d *dashboard) titled(t *testing.T, title string) *panel {
	t.Helper()
	panels := d.queried()
	i := slices.IndexFunc(panels, func(p *panel) bool { return p.Title == title })
	require.GreaterOrEqual(t, i, 0, "%s has no panel %s", d.UID, title)
	return panels[i]
}
