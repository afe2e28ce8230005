// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/promstore"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

var (
	rawLegend = regexp.MustCompile(`{{(meter|window)}}`)
	rawUse    = regexp.MustCompile(`\$[a-z]`)
)

// TestPeopleReadTitles: no column and no legend has the name of a meter or a
// window, and no text one of a variable. Grafana writes the text of a variable
// where it stands in a title; elsewhere it wants to be told.
func TestPeopleReadTitles(t *testing.T) {
	for uid, d := range load(t) {
		for _, p := range d.all() {
			name := uid + ": " + p.Title
			require.NotRegexp(t, rawUse, p.Description, name)
			require.NotContains(t, p.FieldConfig.Defaults.NoValue, "$", "%s: Grafana fills nothing in there", name)
			for _, q := range p.Targets {
				require.NotRegexp(t, rawLegend, q.LegendFormat, name)
				require.NotRegexp(t, rawUse, q.LegendFormat, name)
			}
			var shown struct{ RenameByName map[string]string }
			if p.Type == "table" && p.transformation(t, "organize", &shown) {
				require.NotContains(t, shown.RenameByName, "meter", name)
				require.NotContains(t, shown.RenameByName, "window", name)
			}
		}
	}
}

// TestTitlesAreTheNewestElseTheName: a store shows the title of before for some
// minutes where a collector was restarted with another, and has none of what
// was counted before there were titles.
func TestTitlesAreTheNewestElseTheName(t *testing.T) {
	at := time.Now().Truncate(time.Minute)
	for name, then := range map[string]struct{ changed, down time.Duration }{
		"just restarted": {changed: time.Minute},
		"the next day":   {changed: 20 * time.Hour},
		"down since":     {changed: 2 * time.Hour, down: 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			writeTitle(t, directory, at.Add(-then.changed), "Papers")
			writeTitle(t, directory, at, "All documents")
			r := &run{
				demo: &demo{at: at.Add(then.down)}, dashboard: load(t)["usage-portfolio"],
				address: serve(t, openStore(t, directory)), t: t,
			}
			chosen := map[string]string{"reseller": ".*", "organization": ".*"}
			texts, values := r.offered(r.variable("meter"), chosen)
			require.ElementsMatch(t, [][2]string{{"All documents", "documents"}, {"transcription_minutes", "transcription_minutes"}}, zip(texts, values))
			if then.down > 0 { // figures are of now
				return
			}
			table := r.titled(t, "Quotas")
			var rows [][2]string
			for _, row := range r.ask(name, table, table.Targets[0], chosen) {
				rows = append(rows, [2]string{row.Metric["meter_title"], row.Metric["window_title"]})
			}
			require.ElementsMatch(t, [][2]string{{"All documents", "Month"}, {"transcription_minutes", "month"}}, rows)
		})
	}
}

// writeTitle writes figures of two meters, one of which has a title.
func writeTitle(t *testing.T, directory string, at time.Time, title string) {
	t.Helper()
	figures := []usage.Figure{
		figure(1, "usage_organization_info", "name=Acme GmbH"),
		figure(1, "usage_meter_info", "meter=documents", "title="+title, "type=consumption"),
		figure(1, "usage_window_info", "title=Month", "window=month"),
	}
	for _, meter := range []string{"documents", "transcription_minutes"} {
		of := []string{"meter=" + meter, "window=month"}
		figures = append(figures, figure(1, "usage_consumption", append(of, "period=current")...), figure(0.5, "usage_quota_ratio", of...))
	}
	store, err := promstore.Open(promstore.Settings{Directory: directory, Retention: promstore.DefaultRetention})
	require.NoError(t, err)
	require.NoError(t, store.Write(usage.Collection{At: at, Organizations: []usage.OrganizationFigures{{Organization: "acme", Figures: figures}}}))
	require.NoError(t, store.Close())
}

func zip(a, b []string) (pairs [][2]string) {
	for i := range a {
		pairs = append(pairs, [2]string{a[i], b[i]})
	}
	return pairs
}
