// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package xlsx

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/chart"
)

// chart draws the rows of a sheet by Excel's own means, so that it follows the
// cells.
func (t *sheet) chart(c *report.Chart) error {
	rows := min(t.data, chart.Most(c.Kind))
	drawn := &excelize.Chart{
		Type:      kinds[c.Kind],
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: c.Title}}},
		Legend:    excelize.ChartLegend{Position: "none"},
		Dimension: excelize.ChartDimension{Width: 760, Height: 380},
		YAxis:     excelize.ChartAxis{MajorGridLines: true},
		Format:    excelize.GraphicOptions{AltText: c.Title},
	}
	if len(c.Values) > 1 {
		drawn.Legend.Position = "bottom"
	}
	if c.Kind == report.Ranks {
		drawn.XAxis.ReverseOrder = true // the first row is the topmost
		drawn.Dimension.Height = uint(140 + 24*rows)
	}
	for i, column := range c.Values {
		colour := chart.Colour(i)
		series := excelize.ChartSeries{
			Name:       t.ref(column, 1, 1),
			Categories: t.ref(c.Label, 2, 1+rows),
			Values:     t.ref(column, 2, 1+rows),
			Fill:       excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}},
		}
		if c.Kind == report.Lines {
			series.Line = excelize.LineOptions{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}, Width: 2}
			series.Marker = excelize.ChartMarker{Symbol: "none"}
		}
		drawn.Series = append(drawn.Series, series)
	}
	return t.book.file.AddChart(t.name, cellName(len(t.section.Columns)+2, 2), drawn)
}

var kinds = map[report.ChartKind]excelize.ChartType{report.Bars: excelize.ColStacked, report.Ranks: excelize.BarStacked, report.Lines: excelize.Line}

// ref names the cells of a column, which is counted from 0, from a row on.
func (t *sheet) ref(column, from, to int) string {
	letters, err := excelize.ColumnNumberToName(column + 1)
	if err != nil {
		panic(err) // it is counted from 1
	}
	if from == to {
		return fmt.Sprintf("%s!$%s$%d", quoted(t.name), letters, from)
	}
	return fmt.Sprintf("%s!$%s$%d:$%s$%d", quoted(t.name), letters, from, letters, to)
}
