// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
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
	fmt.Fprintf(&b, "%s\n%s\n%s, %s to %s", r.Title, r.Subject, r.Period.Title, r.Period.Start.Format(time.DateOnly), r.Period.End.Add(-1).Format(time.DateOnly))
	if r.Period.Zone != "" {
		fmt.Fprintf(&b, " (%s)", r.Period.Zone)
	}
	b.WriteString("\n")
	if len(r.Sections) > 0 && r.Kind != report.Users { // who they are is in the files only
		writeFacts(&b, &r.Sections[0])
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
	fmt.Fprintf(&b, "\nMade %s. Sent by the schedule %q (%s).\n", r.Made.UTC().Format("2006-01-02 15:04 UTC"), s.Name, s.ID)
	return b.String()
}

// Bounds of what a mail says of a table.
const (
	maxLines  = 12 // rows of a narrow table
	maxBlocks = 3  // rows of a wide one
	narrow    = 4  // columns
)

// writeFacts writes a small table as it is, and of a large one its totals.
func writeFacts(b *strings.Builder, s *report.Section) {
	write, bound := writeBlock, maxBlocks
	if len(s.Columns) <= narrow {
		write, bound = writeLine, maxLines
	}
	var lines strings.Builder
	n := 0
	if s.Rows != nil {
		for row, err := range s.Rows {
			if err != nil {
				return // the files have been written, so it can be read there
			}
			if n++; n > bound {
				break
			}
			write(&lines, s.Columns, row)
		}
	}
	fmt.Fprintf(b, "\n%s\n", s.Title)
	switch {
	case n == 0 && s.Empty != "":
		fmt.Fprintf(b, "  %s\n", s.Empty)
	case n <= bound:
		b.WriteString(lines.String())
	}
	for _, total := range s.Totals {
		write(b, s.Columns, total)
	}
	if n > bound && len(s.Totals) == 0 {
		b.WriteString("  See the files.\n")
	}
}

// writeLine writes a row as its first cell with the others behind it.
func writeLine(b *strings.Builder, columns []report.Column, row []report.Cell) {
	var cells []string
	for i := range min(len(columns), len(row)) {
		if text := show(columns[i], row[i]); text != "" {
			cells = append(cells, text)
		}
	}
	if len(cells) > 0 {
		fmt.Fprintf(b, "  %s", cells[0])
		for i, cell := range cells[1:] {
			b.WriteString(map[bool]string{true: ": ", false: ", "}[i == 0] + cell)
		}
		b.WriteString("\n")
	}
}

// writeBlock writes a row as lines of column and cell.
func writeBlock(b *strings.Builder, columns []report.Column, row []report.Cell) {
	for i := range min(len(columns), len(row)) {
		if text := show(columns[i], row[i]); text != "" {
			fmt.Fprintf(b, "  %s: %s\n", columns[i].Title, text)
		}
	}
	b.WriteString("\n")
}

// show is a cell for people.
func show(c report.Column, cell report.Cell) string {
	if cell.Empty() {
		return ""
	}
	switch c.Type {
	case report.Date:
		return cell.At.Format(time.DateOnly)
	case report.Instant:
		return cell.At.Format("2006-01-02 15:04 MST")
	case report.Share:
		if share, err := decimal.NewFromString(cell.Text); err == nil {
			return share.Shift(2).Round(1).String() + " %"
		}
	case report.Amount, report.Money:
		unit := cell.Unit
		if unit == "" {
			unit = c.Unit
		}
		return strings.TrimSpace(cell.Text + " " + unit)
	}
	return cell.Text
}
