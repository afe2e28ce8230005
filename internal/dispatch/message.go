// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
	"github.com/otelcol-usage/otelcol-usage/internal/schedule"
)

// aboutJSON is what the call of a webhook says of a report.
type aboutJSON struct {
	Delivery     string          `json:"delivery"`
	Schedule     string          `json:"schedule"`
	Name         string          `json:"name"`
	Test         bool            `json:"test"`
	Report       report.Kind     `json:"report"`
	Title        string          `json:"title"`
	Subject      string          `json:"subject"`
	Organization string          `json:"organization,omitempty"`
	Reseller     string          `json:"reseller,omitempty"`
	Period       schedule.Period `json:"period"`
	Basis        report.Basis    `json:"basis"`
	Made         time.Time       `json:"made"`
	Notes        []string        `json:"notes"`
}

// message is what a recipient gets.
func message(s *schedule.Schedule, d *Delivery, r *report.Report, files []deliver.File) *deliver.Message {
	subject := fmt.Sprintf("%s: %s, %s", r.Title, r.Subject, r.Period.Title)
	folder := s.ID
	if d.Test {
		subject, folder = "[Test] "+subject, s.ID+"-test"
	}
	return &deliver.Message{
		ID: d.ID, Folder: folder, Subject: subject, Text: letter(s, d, r, files), Files: files,
		About: aboutJSON{
			Delivery: d.ID, Schedule: s.ID, Name: s.Name, Test: d.Test,
			Report: r.Kind, Title: r.Title, Subject: r.Subject, Organization: r.Organization, Reseller: r.Reseller,
			Period: d.Period, Basis: r.Basis, Made: r.Made, Notes: append([]string{}, r.Notes...),
		},
	}
}

// letter is the text of a mail.
func letter(s *schedule.Schedule, d *Delivery, r *report.Report, files []deliver.File) string {
	var b strings.Builder
	if d.Test {
		b.WriteString("This is a test: nothing is billed by it.\n\n")
	}
	w := letterWriter{&b, show.Of(r)}
	fmt.Fprintf(&b, "%s\n%s\n\n", r.Title, r.Subject)
	for _, f := range w.Cover() {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	if s, err := r.Section(""); err == nil && r.Kind != report.Users { // who they are is in the files only
		w.facts(s)
	}
	if len(r.Notes) > 0 {
		b.WriteString("\n")
		for _, note := range r.Notes {
			fmt.Fprintf(&b, "%s\n", note)
		}
	}
	if len(files) > 0 {
		b.WriteString("\nAttached:\n")
		for _, f := range files {
			fmt.Fprintf(&b, "  %s\n", f.Name)
		}
	}
	fmt.Fprintf(&b, "\nSent by the schedule %q (%s).\n", s.Name, s.ID)
	return b.String()
}

// Bounds of what a mail says of a table.
const (
	maxLines  = 12 // rows of a narrow table
	maxBlocks = 3  // rows of a wide one
	narrow    = 4  // columns
)

type letterWriter struct {
	*strings.Builder
	show.Reader
}

func (w letterWriter) printf(format string, values ...any) {
	_, _ = fmt.Fprintf(w, format, values...) // to memory: it does not fail
}

// facts writes a small table as it is, and of a large one its totals.
func (w letterWriter) facts(s *report.Section) {
	write, bound := w.block, maxBlocks
	if len(s.Columns) <= narrow {
		write, bound = w.line, maxLines
	}
	var rows [][]report.Cell
	for row, err := range s.Rows {
		if err != nil || len(rows) > bound {
			break // what cannot be read has failed the files as well
		}
		rows = append(rows, slices.Clone(row))
	}
	w.printf("\n%s\n", s.Title)
	switch {
	case len(rows) == 0:
		w.printf("  %s\n", w.Empty(s))
	case len(rows) > bound:
		w.printf("  The rows are in the attached files.\n")
	default:
		for _, row := range rows {
			write(s.Columns, row)
		}
	}
	for _, total := range s.Totals {
		write(s.Columns, total)
	}
}

// line writes a row as its first cell with the others behind it.
func (w letterWriter) line(columns []report.Column, row []report.Cell) {
	var cells []string
	for i := range row {
		if text := w.value(columns[i], row[i]); text != "" {
			cells = append(cells, text)
		}
	}
	if len(cells) == 0 {
		return
	}
	text := "  " + cells[0]
	if len(cells) > 1 {
		text += ": " + strings.Join(cells[1:], ", ")
	}
	w.printf("%s\n", text)
}

// block writes a row as lines of column and cell.
func (w letterWriter) block(columns []report.Column, row []report.Cell) {
	for i := range row {
		if text := w.value(columns[i], row[i]); text != "" {
			w.printf("  %s: %s\n", columns[i].Title, text)
		}
	}
	w.printf("\n")
}

// value shows a cell with its unit.
func (w letterWriter) value(c report.Column, cell report.Cell) string {
	if cell.Unit == "" {
		c.Unit, cell.Unit = "", c.Unit
	}
	return w.Cell(c, cell)
}
