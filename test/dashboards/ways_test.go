// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryDashboardLeadsToExportsAndRules: by the bar on top, and what only
// the catalogue sets says so. That the ledger has what is linked to is held in
// TestEveryQueryOfEveryDashboard.
func TestEveryDashboardLeadsToExportsAndRules(t *testing.T) {
	for uid, d := range load(t) {
		for _, page := range []string{"${ledger}/reports", "${ledger}/schedules"} {
			require.True(t, slices.ContainsFunc(d.Links, func(l link) bool { return strings.HasPrefix(l.URL, page) }), "%s: %s", uid, page)
		}
		i := slices.IndexFunc(d.Links, func(l link) bool { return l.URL == "/alerting/list" })
		require.GreaterOrEqual(t, i, 0, uid)
		require.Contains(t, d.Links[i].Tooltip, "in the catalogue only", uid)
		for _, l := range d.Links {
			require.Contains(t, []string{"${l", "/d/", "/al"}, l.URL[:3], "%s: %s", uid, l.URL)
		}
		require.Equal(t, "textbox", d.variable("ledger").Type, uid)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "grafana.md"))
	require.NoError(t, err)
	require.Contains(t, string(page), "\n## Ways out\n")
}
