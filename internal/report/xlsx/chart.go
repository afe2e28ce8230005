// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package xlsx

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/chart"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
)

// chart draws the rows of a sheet by Excel's own means, so that it follows the
// cells.
func (t *sheet) chart(c *report.Chart) error {
	rows := min(t.data, chart.Most(c.Kind))
	letters := excelize.Font{Color: "5B6472", Size: 9}
	drawn := &excelize.Chart{
		Type:      kinds[c.Kind],
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title(c)}}},
		Legend:    excelize.ChartLegend{Position: "none"},
		Dimension: excelize.ChartDimension{Width: 760, Height: 380},
		XAxis:     excelize.ChartAxis{Font: letters},
		YAxis:     excelize.ChartAxis{Font: letters, MajorGridLines: true},
		Format:    excelize.GraphicOptions{AltText: c.Title},
	}
	switch t.section.Columns[c.Label].Type {
	default:
	case report.Date:
		drawn.XAxis.NumFmt.CustomNumFmt, drawn.XAxis.TickLabelSkip = "d mmm", 1+rows/16
	case report.Instant:
		drawn.XAxis.NumFmt.CustomNumFmt, drawn.XAxis.TickLabelSkip = "d mmm hh:mm", 1+rows/12
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
	if err := t.book.file.AddChart(t.name, cellName(len(t.section.Columns)+2, 2), drawn); err != nil {
		return err
	}
	t.book.keepHours()
	return nil
}

// title names a chart, and the limit: Excel has lines for cells alone.
func title(c *report.Chart) string {
	if c.Limit == "" {
		return c.Title
	}
	return c.Title + " (" + c.LimitTitle + ": " + show.Number(c.Limit) + ")"
}

// keepHours has the charts take the cells of a time for as many points as they
// are. Of itself Excel draws a point a day.
func (b *book) keepHours() {
	b.file.Pkg.Range(func(name, part any) bool {
		if strings.HasPrefix(name.(string), "xl/charts/") {
			b.file.Pkg.Store(name, bytes.Replace(part.([]byte), []byte(`<auto val="1">`), []byte(`<auto val="0">`), 1))
		}
		return true
	})
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
