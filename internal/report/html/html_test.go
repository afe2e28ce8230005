// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package html

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

func written(t *testing.T, columns int) string {
	t.Helper()
	s := report.Section{Name: "grid", Title: "Grid"}
	var row, total []report.Cell
	for i := range columns {
		s.Columns = append(s.Columns, report.Column{Title: `Column "` + strconv.Itoa(i) + `"`, Type: report.Count})
		row = append(row, report.Cell{Text: strconv.Itoa(100 + i)})
		total = append(total, report.Cell{})
	}
	row[1], total[1].Text = report.Cell{}, "7"
	s.Rows, s.Totals = report.Listed([][]report.Cell{row}), [][]report.Cell{total}
	var b strings.Builder
	require.NoError(t, Write(&b, &report.Report{Sections: []report.Section{s}}))
	return b.String()
}

// On paper and on a phone there is no room for many columns beside one another.
func TestRowsOfWideTablesCanBeCards(t *testing.T) {
	narrow, wide := written(t, widest), written(t, widest+1)
	require.NotContains(t, narrow, "data-label=")
	require.NotContains(t, narrow, `<table class="wide">`)
	require.Contains(t, wide, `<table class="wide">`)
	require.Contains(t, wide, `<td class="n" data-label="Column &#34;2&#34;">102</td>`)
	require.Contains(t, wide, `<td class="n" data-label="Column &#34;1&#34;">–</td>`, "what is not known is said")
	require.Contains(t, wide, `<td class="n" data-label="Column &#34;0&#34;"></td>`, "of what has no total nothing is said")
}

func TestThePageNeedsNothingElse(t *testing.T) {
	for _, foreign := range []string{"<script", "<link", "src=", "href=", "url(", "@import", "http:"} {
		require.NotContains(t, strings.ReplaceAll(written(t, 3), `xmlns="http:`, ""), foreign)
	}
}
