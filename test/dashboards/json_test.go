// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Grafana 12.3 reads dashboards up to the schema version of its own and moves
// older ones on; this one is that of the SDK.
const schemaVersion = 41

func TestDashboardsAreWhole(t *testing.T) {
	titles := map[string]bool{}
	for uid, d := range load(t) {
		t.Run(uid, func(t *testing.T) {
			require.False(t, titles[d.Title], "two dashboards are called %s", d.Title)
			titles[d.Title] = true
			require.NotEmpty(t, d.Description)
			require.Contains(t, d.Tags, "usage")
			require.Equal(t, schemaVersion, d.SchemaVersion)
			require.Equal(t, "datasource", d.Templating.List[0].Type)
			require.Equal(t, "1m", d.Refresh, "figures come every minute")
		})
	}
}

func TestPanelsAreUniqueAndSayWhatTheyShow(t *testing.T) {
	for uid, d := range load(t) {
		ids, titles := map[int]bool{}, map[string]bool{}
		for _, p := range d.all() {
			require.Positive(t, p.ID, "%s: %s", uid, p.Title)
			require.False(t, ids[p.ID], "%s: id %d of %s is taken", uid, p.ID, p.Title)
			require.NotEmpty(t, p.Title, "%s: panel %d", uid, p.ID)
			require.False(t, titles[p.Title], "%s: two panels are called %s", uid, p.Title)
			ids[p.ID], titles[p.Title] = true, true
			if p.Type != "row" {
				require.NotEmpty(t, p.Description, "%s: %s", uid, p.Title)
			}
		}
		for _, p := range d.queried() {
			name := uid + ": " + p.Title
			require.NotEmpty(t, p.FieldConfig.Defaults.Unit, "%s has no unit", name)
			require.NotEmpty(t, p.FieldConfig.Defaults.NoValue, "%s does not say why it may be empty", name)
			require.NotEmpty(t, p.Targets, name)
			for _, q := range p.Targets {
				require.Equal(t, &datasource{"prometheus", "${datasource}"}, q.Datasource, name)
				require.NotEqual(t, q.Instant, q.Range, name)
				if q.Range {
					require.NotEmpty(t, p.Interval, "%s has no smallest step", name)
				}
			}
		}
	}
}

// TestOverridesNameNoVariable: Grafana fills variables into legends, but not
// into what an override matches, which then is of nothing.
func TestOverridesNameNoVariable(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			for _, o := range p.FieldConfig.Overrides {
				require.NotContains(t, o.Matcher.Options, "$", "%s: %s", uid, p.Title)
			}
		}
	}
}

// TestPanelsAreLaidOutWithoutHoles: a line of panels fills the 24 columns, and
// no panel is narrower than a sixth of 1280 pixels. On a phone each has a line.
func TestPanelsAreLaidOutWithoutHoles(t *testing.T) {
	for uid, d := range load(t) {
		laidOut(t, uid, d.Panels, 0)
		for _, p := range d.Panels {
			laidOut(t, uid+": "+p.Title, p.Panels, p.GridPos.Y+1)
		}
	}
}

// laidOut follows panels from a line down.
func laidOut(t *testing.T, name string, panels []panel, y int) {
	t.Helper()
	x, height := 0, 0
	for _, p := range panels {
		if x == 0 {
			height = p.GridPos.H
		}
		require.Equal(t, gridPos{H: height, W: p.GridPos.W, X: x, Y: y}, p.GridPos, "%s: %s", name, p.Title)
		require.GreaterOrEqual(t, p.GridPos.W, 4, "%s: %s", name, p.Title)
		if x += p.GridPos.W; x == 24 {
			x, y = 0, y+height
		}
	}
	require.Zero(t, x, "%s: the last line is not full", name)
}

var variableUse = regexp.MustCompile(`\$\{?([a-z_]+)`)

// TestVariablesAreThere: every variable that a query, a text or a link uses is
// one of the dashboard's, or Grafana's own, and each is used.
func TestVariablesAreThere(t *testing.T) {
	for uid, d := range load(t) {
		used := map[string]bool{}
		text, err := json.Marshal(d)
		require.NoError(t, err)
		for _, m := range variableUse.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(m[1], "__") {
				continue
			}
			require.NotNil(t, d.variable(m[1]), "%s uses $%s, which it does not have", uid, m[1])
			used[m[1]] = true
		}
		for _, v := range d.Templating.List {
			require.True(t, used[v.Name], "%s: nothing uses $%s", uid, v.Name)
			require.NotEmpty(t, v.Label, "%s: $%s", uid, v.Name)
			require.NotEmpty(t, v.Description, "%s: $%s", uid, v.Name)
		}
	}
}

// TestLinksLeadToDashboardsWithTheirVariables: what a link hands on must mean
// the same there, and a link carries the time range.
func TestLinksLeadToDashboardsWithTheirVariables(t *testing.T) {
	all := load(t)
	for uid, d := range all {
		links := d.links(t)
		require.GreaterOrEqual(t, len(links), len(all)-1, uid)
		for _, l := range links {
			name := uid + ": " + l.URL
			path, query, _ := strings.Cut(l.URL, "?")
			if !strings.HasPrefix(path, "/d/") { // ways_test.go
				continue
			}
			to := all[strings.TrimPrefix(path, "/d/")]
			require.NotNil(t, to, name)
			require.True(t, l.KeepTime || strings.Contains(query, "${__url_time_range}"), name)
			for part := range strings.SplitSeq(query, "&") {
				variable, isVariable := strings.CutSuffix(strings.TrimPrefix(part, "${"), ":queryparam}")
				if id, is := strings.CutPrefix(part, "var-"); is {
					variable, _, isVariable = strings.Cut(id, "=")
				}
				if isVariable {
					there := to.variable(variable)
					require.NotNil(t, there, name)
					if here := d.variable(variable); here != nil && strings.HasSuffix(part, ":queryparam}") {
						require.True(t, there.Multi || !here.Multi, "%s: there one value is chosen, here several", name)
					}
				}
			}
			_, err := url.Parse(l.URL)
			require.NoError(t, err, name)
		}
	}
}
