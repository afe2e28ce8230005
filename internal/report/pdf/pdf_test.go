// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"bytes"
	"errors"
	"image"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tdewolff/canvas"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
	"github.com/otelcol-usage/otelcol-usage/internal/report/typeset"
)

// words is paper that remembers what was written on it.
type words struct {
	t             *testing.T
	width, height float64
	pages         [][]string
}

func (w *words) Size() (width, height float64)          { return w.width, w.height }
func (w *words) RenderImage(image.Image, canvas.Matrix) {}
func (w *words) NewPage(float64, float64)               { w.pages = append(w.pages, nil) }
func (w *words) RenderPath(p *canvas.Path, _ canvas.Style, m canvas.Matrix) {
	w.within(p.Copy().Transform(m).Bounds(), "a line")
}

func (w *words) RenderText(text *canvas.Text, m canvas.Matrix) {
	x, y := m.Pos()
	w.within(canvas.Rect{X0: x, Y0: y, X1: x + text.Width, Y1: y + 1}, text.Text)
	last := len(w.pages) - 1
	w.pages[last] = append(w.pages[last], text.Text)
}

// within holds that something is not cut at the edges of the page.
func (w *words) within(r canvas.Rect, what string) {
	w.t.Helper()
	const border = margin - 0.5
	if r.X0 < border || r.X1 > w.width-border || r.Y0 < 5 || r.Y1 > w.height-10 {
		w.t.Errorf("page %d: %q is at %v of %v x %v mm", len(w.pages), what, r, w.width, w.height)
	}
}

// laid returns the texts of a report's pages.
func laid(t *testing.T, r *report.Report) *words {
	t.Helper()
	d := &document{report: r, show: show.Of(r), set: typeset.New()}
	require.NoError(t, d.measure())
	require.NoError(t, d.draw(blank{}))
	d.total = d.page
	w := &words{t: t, width: d.width, height: d.height, pages: [][]string{nil}}
	require.NoError(t, d.draw(w))
	require.Len(t, w.pages, d.total)
	return w
}

// grid is a report with a table of numbers.
func grid(columns, rows int) *report.Report {
	s := report.Section{Name: "grid", Title: "Grid", Columns: []report.Column{{Name: "name", Title: "Name"}}}
	total := []report.Cell{{Text: "All together"}}
	for i := range columns {
		s.Columns = append(s.Columns, report.Column{Name: "c" + strconv.Itoa(i), Title: "Column " + strconv.Itoa(i), Type: report.Count})
		total = append(total, report.Cell{Text: strconv.Itoa(7_000_000 + i)})
	}
	s.Totals = [][]report.Cell{total}
	s.Rows = func(yield func([]report.Cell, error) bool) {
		for n := range rows {
			row := []report.Cell{{Text: "Row " + strconv.Itoa(n)}}
			for i := range columns {
				row = append(row, report.Cell{Text: strconv.Itoa(1_000_000 + n*1000 + i)})
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return &report.Report{Title: "Report", Subject: "Acme", Period: report.Period{Title: "October 2026"}, Sections: []report.Section{s}}
}

func TestEachPageHasItsNumberAndHeads(t *testing.T) {
	w := laid(t, grid(3, 200))
	require.Less(t, w.width, w.height, "a narrow table stands")
	require.Greater(t, len(w.pages), 3)
	row := 0
	for i, page := range w.pages {
		require.Contains(t, page, strconv.Itoa(i+1)+" / "+strconv.Itoa(len(w.pages)))
		require.Contains(t, page, "Report · Acme · October 2026")
		require.Contains(t, page, "Column 2")
		require.True(t, row == 200 || slices.Contains(page, "Row "+strconv.Itoa(row)), "no page is without rows")
		for slices.Contains(page, "Row "+strconv.Itoa(row)) {
			require.Contains(t, page, show.Number(strconv.Itoa(1_000_000+row*1000+2)))
			row++
		}
	}
	require.Equal(t, 200, row)
	require.Contains(t, w.pages[len(w.pages)-1], "7,000,001")
}

func TestWideTablesLieOrAreCutBetweenColumns(t *testing.T) {
	seen := map[int]bool{}
	for columns := range 41 {
		w := laid(t, grid(columns, 30))
		require.Equal(t, columns > 9, w.width > w.height, "%d columns", columns)
		all := join(w.pages)
		text := strings.Join(all, "\n")
		for n := range 30 {
			for i := range columns {
				require.Equal(t, 1, strings.Count(text, show.Number(strconv.Itoa(1_000_000+n*1000+i))), "each figure is there once")
			}
		}
		parts := strings.Count(text, "Row 17")
		seen[parts] = true
		require.Equal(t, parts-1, strings.Count(text, "more columns"))
		require.Equal(t, parts > 1, slices.Contains(all, "18"), "rows have numbers where a table is cut")
		for i := range columns {
			require.Equal(t, 1, strings.Count(text, show.Number(strconv.Itoa(7_000_000+i))), "each total is there once")
		}
	}
	require.Equal(t, map[int]bool{1: true, 2: true, 3: true}, seen)
}

// A total is named where a part of the table has one.
func TestTotalsStandInThePartThatHasThem(t *testing.T) {
	r := grid(30, 2)
	for i := range r.Sections[0].Totals[0] {
		if i > 3 {
			r.Sections[0].Totals[0][i] = report.Cell{}
		}
	}
	require.Equal(t, 1, strings.Count(strings.Join(join(laid(t, r).pages), "\n"), "All together"))
}

func join(pages [][]string) []string {
	var all []string
	for _, page := range pages {
		all = append(all, page...)
	}
	return all
}

func TestNoTextIsCut(t *testing.T) {
	r := grid(4, 3)
	long := strings.Repeat("A long name of somebody ", 40)
	r.Title, r.Subject, r.Notes = long, strings.Repeat("Acme", 100), []string{long + long, "شركة النور للتجارة " + long}
	r.Sections[0].Title, r.Sections[0].Note = long, long
	r.Sections[0].Columns[1].Title = strings.Repeat("Heading", 20)
	r.Sections[0].Rows = report.Listed([][]report.Cell{{{Text: long}, {Text: strings.Repeat("9", 40)}, {Text: "1"}, {}, {Text: "3"}}})
	all := join(laid(t, r).pages)
	require.Contains(t, all, show.Number(strings.Repeat("9", 40)), "a number is whole")
	require.Contains(t, all, show.Missing)
}

func TestAnEmptyTableSaysSo(t *testing.T) {
	r := grid(2, 0)
	r.Sections[0].Empty = "Nobody was active."
	require.Contains(t, join(laid(t, r).pages), "Nobody was active.")
	r.Sections[0].Empty, r.Sections[0].Totals = "", nil
	all := join(laid(t, r).pages)
	require.Contains(t, all, show.Empty)
	require.NotContains(t, all, "Column 0")
	r.Sections = nil
	require.Len(t, laid(t, r).pages, 1)
}

func TestOfVeryManyRowsTheFirstAreShown(t *testing.T) {
	r := grid(1, show.MostRows+2)
	d := &document{report: r, show: show.Of(r), set: typeset.New()}
	require.NoError(t, d.measure())
	require.Equal(t, show.MostRows+2, d.tables[0].rows)
	require.Equal(t, "The first 10,000 of 10,002 rows: CSV, Excel and JSON have them all.", show.Left(d.tables[0].rows))
}

func TestARowThatCannotBeReadFailsTheReport(t *testing.T) {
	r := grid(1, 1)
	r.Sections[0].Rows = func(yield func([]report.Cell, error) bool) { yield(nil, errors.New("disk is gone")) }
	require.EqualError(t, Write(&bytes.Buffer{}, r), "disk is gone")
}
