// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package xlsx

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
)

// section writes a section's sheets and returns their names.
func (b *book) section(s *report.Section) (names []string, err error) {
	widths, err := b.widths(s)
	if err != nil {
		return nil, err
	}
	var sheets []*sheet
	next := func() error {
		t, err := b.sheet(s, len(sheets)+1, widths)
		sheets = append(sheets, t)
		return err
	}
	if err := next(); err != nil {
		return nil, err
	}
	last := func() *sheet { return sheets[len(sheets)-1] }
	for row, err := range s.Rows {
		if err != nil {
			return nil, err
		}
		if last().rows+len(s.Totals) == b.sheetRows {
			if err := next(); err != nil {
				return nil, err
			}
		}
		if err := last().add(row, false); err != nil {
			return nil, err
		}
		last().data++
	}
	if sheets[0].data == 0 {
		if err := last().out.SetRow(cellName(1, 2), []any{excelize.Cell{Value: b.show.Empty(s), StyleID: b.style(style{italic: true})}}); err != nil {
			return nil, err
		}
		last().rows++
	}
	for _, total := range s.Totals {
		if err := last().add(total, true); err != nil {
			return nil, err
		}
	}
	for _, t := range sheets {
		if err := t.close(); err != nil {
			return nil, err
		}
		names = append(names, t.name)
	}
	return names, nil
}

// sheet is one of a section.
type sheet struct {
	book    *book
	section *report.Section
	name    string
	first   bool
	out     *excelize.StreamWriter
	rows    int // written, with the heading
	data    int // of those, rows of the section
	cells   []any
}

// sheet begins the nth sheet of a section.
func (b *book) sheet(s *report.Section, nth int, widths []float64) (*sheet, error) {
	t := &sheet{book: b, section: s, name: b.name(s.Title, nth), first: nth == 1}
	if _, err := b.file.NewSheet(t.name); err != nil {
		return nil, err
	}
	if err := b.printed(t.name, len(s.Columns)); err != nil {
		return nil, err
	}
	var err error
	if t.out, err = b.file.NewStreamWriter(t.name); err != nil {
		return nil, err
	}
	for i, width := range widths {
		if err := t.out.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
	}
	if err := t.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	for _, c := range s.Columns {
		t.cells = append(t.cells, excelize.Cell{Value: b.show.Heading(c), StyleID: b.style(style{heading: true, right: show.Numeric(c.Type)})})
	}
	t.rows = 1
	return t, t.out.SetRow("A1", t.cells)
}

// beside is how many columns can be read beside one another on paper.
const beside = 14

// paper makes a sheet as wide as it takes of pages of A4 across.
func (b *book) paper(name string, columns int) error {
	landscape, a4, wide, tall, fit := "landscape", 9, 1+(columns-1)/beside, 0, true
	if err := b.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	return b.file.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &wide, FitToHeight: &tall})
}

// printed sets how a table looks on paper, with the heading on each page.
func (b *book) printed(name string, columns int) error {
	if err := b.paper(name, columns); err != nil {
		return err
	}
	return b.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: quoted(name) + "!$1:$1", Scope: name})
}

func (t *sheet) add(row []report.Cell, total bool) error {
	t.rows++
	t.cells = t.cells[:0]
	for i, c := range t.section.Columns {
		t.cells = append(t.cells, t.book.cell(c, row[i], total))
	}
	return t.out.SetRow(cellName(1, t.rows), t.cells)
}

// close adds what needs to know how many rows there are.
func (t *sheet) close() error {
	corner := cellName(len(t.section.Columns), 1+t.data)
	if err := t.book.file.AutoFilter(t.name, "A1:"+corner, nil); err != nil {
		return err
	}
	if t.section.Chart != nil && t.first && t.data > 0 {
		if err := t.chart(t.section.Chart); err != nil {
			return err
		}
	}
	return t.out.Flush()
}

// looked is how many rows decide how wide columns are.
const looked = 200

const (
	narrowest = 9.0
	widest    = 48.0
)

func (b *book) widths(s *report.Section) ([]float64, error) {
	widths := make([]float64, len(s.Columns))
	see := func(i int, text string, room float64) {
		widths[i] = min(widest, max(widths[i], narrowest, float64(utf8.RuneCountInString(text))+room))
	}
	for i, c := range s.Columns {
		see(i, b.show.Heading(c), 4) // the button of the filter
	}
	n := 0
	for row, err := range s.Rows {
		if err != nil {
			return nil, err
		}
		if n++; n > looked {
			break
		}
		for i, c := range s.Columns {
			see(i, b.show.Cell(c, row[i]), 2)
		}
	}
	for _, row := range s.Totals {
		for i, c := range s.Columns {
			see(i, b.show.Cell(c, row[i]), 3) // bold
		}
	}
	return widths, nil
}

// name returns one for the nth sheet of a title that Excel takes and no other
// sheet has.
func (b *book) name(title string, nth int) string {
	title = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) || r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(title, " "))
	title = strings.Trim(strings.Join(strings.Fields(title), " "), "' ")
	for n := nth; ; n++ {
		end := ""
		if n > 1 {
			end = " " + strconv.Itoa(n)
		}
		name := strings.TrimRight(cut(title, excelize.MaxSheetNameLength-len(end)), " '") + end
		if key := strings.ToLower(name); name != "" && key != "history" && !b.taken[key] { // Excel keeps that one
			b.taken[key] = true
			return name
		}
	}
}

// cut returns the begin of a text of so many units of UTF-16, by which Excel
// counts.
func cut(text string, units int) string {
	for i, r := range text {
		if units -= utf16.RuneLen(r); units < 0 {
			return text[:i]
		}
	}
	return text
}

// quoted returns a sheet's name as formulas have it.
func quoted(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
