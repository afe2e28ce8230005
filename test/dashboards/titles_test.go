// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
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
