// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package xlsx writes a report as a workbook of Excel: a cover, and a sheet a
// section, or several where a section has more rows than a sheet holds.
//
// Cells are of their type: a number can be added up, a date can be filtered, and a
// text is a text, never a formula. Excel calculates with 15 digits and shows
// zeros for the others, so a number of more is a text, which has them all. Excel
// knows no time zones: an instant is what the clocks of the report's zone showed,
// and its column says which that is.
//
// A sheet lies in a temporary file until all are written, so that memory does not
// grow with rows.
package xlsx

import (
	"archive/zip"
	"io"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
)

// Write writes a report.
func Write(w io.Writer, r *report.Report) error { return write(w, r, excelize.TotalRows) }

// write takes how many rows a sheet may have.
func write(w io.Writer, r *report.Report, sheetRows int) error {
	file := excelize.NewFile()
	defer func() { _ = file.Close() }() // deletes its temporary files
	// What excelize would put together in memory is written as it comes.
	file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) })
	b := &book{file: file, report: r, show: show.Of(r), styles: map[style]int{}, taken: map[string]bool{}, sheetRows: sheetRows}
	if err := b.write(); err != nil {
		return err
	}
	return file.Write(w)
}

// book is a workbook in the making.
type book struct {
	file      *excelize.File
	report    *report.Report
	show      show.Reader
	styles    map[style]int
	taken     map[string]bool // names of sheets, in small letters
	sheetRows int
}

func (b *book) write() error {
	// The cover is the first sheet, and written last: it names the others.
	cover := b.name("Report", 1)
	if err := b.file.SetSheetName("Sheet1", cover); err != nil {
		return err
	}
	made := b.report.Made.UTC().Format(time.RFC3339)
	if err := b.file.SetDocProps(&excelize.DocProperties{Title: b.report.Title + ", " + b.report.Subject, Creator: "otelcol-usage", Created: made, Modified: made}); err != nil {
		return err
	}
	contents := make([][]string, len(b.report.Sections))
	for i := range b.report.Sections {
		var err error
		if contents[i], err = b.section(&b.report.Sections[i]); err != nil {
			return err
		}
	}
	return b.cover(cover, contents)
}

// coverWidth is how many letters stand in a line of the cover.
const coverWidth = 90

// cover writes what the report says of itself.
func (b *book) cover(name string, contents [][]string) error {
	if err := b.paper(name, 2); err != nil {
		return err
	}
	out, err := b.file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := out.SetColWidth(1, 1, 16); err != nil {
		return err
	}
	if err := out.SetColWidth(2, 2, coverWidth); err != nil {
		return err
	}
	title, bold, wrapped := b.style(style{title: true}), b.style(style{bold: true}), b.style(style{wrapped: true})
	n := 0
	row := func(label, value string, styles ...int) {
		n++
		opts := excelize.RowOpts{Height: 15 * float64(1+utf8.RuneCountInString(value)/coverWidth)}
		if styles[0] == title {
			opts.Height = 24
		}
		cells := []any{excelize.Cell{Value: label, StyleID: styles[0]}}
		if value != "" { // an empty cell cuts what is left of it
			cells = append(cells, excelize.Cell{Value: value, StyleID: styles[1]})
		}
		if err == nil {
			err = out.SetRow(cellName(1, n), cells, opts)
		}
	}
	row(b.report.Title, "", title)
	row(b.report.Subject, "", bold)
	for _, fact := range b.show.Cover() {
		row(fact.Name, fact.Value, bold, wrapped)
	}
	for _, note := range b.report.Notes {
		row("Note", note, bold, wrapped)
	}
	for i := range b.report.Sections {
		s := &b.report.Sections[i]
		for j, sheet := range contents[i] {
			label := ""
			if i == 0 && j == 0 {
				label = "Sheets"
			}
			text := sheet
			if s.Note != "" && j == 0 {
				text += ": " + s.Note
			}
			row(label, text, bold, wrapped)
		}
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

func cellName(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		panic(err) // both are counted from 1
	}
	return name
}
