// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package csv writes a section of a report as a table for programs and
// spreadsheets: a first row of the columns' names, then the rows. What is no data
// has no place in it: cover, notes, totals and charts are left out.
//
// Numbers have all their digits, a point and no commas; a share of 1 is the
// whole; dates are as 2026-10-31, instants as RFC 3339 writes them; an empty cell
// is empty. An amount whose unit differs by row is followed by a column of units.
package csv

import (
	"io"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/sheet"
)

// Write writes the section of a name, the first for "". It holds one row at a
// time.
func Write(w io.Writer, r *report.Report, section string) error {
	s, err := r.Section(section)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range s.Columns {
		names = append(names, c.Name)
		if beside := c.UnitColumn(); beside != "" {
			names = append(names, beside)
		}
	}
	out := sheet.NewCSV(w, names...)
	cells := make([]sheet.Cell, 0, len(names))
	for row, err := range s.Rows {
		if err != nil {
			return err
		}
		cells = cells[:0]
		for i, c := range s.Columns {
			cells = append(cells, written(c.Type, row[i]))
			if c.UnitColumn() != "" {
				cells = append(cells, sheet.Text(c.UnitOf(row[i])))
			}
		}
		out.Row(cells...)
		if err := out.Err(); err != nil {
			return err // nobody reads any more
		}
	}
	return out.Close()
}

func written(t report.Type, cell report.Cell) sheet.Cell {
	switch {
	case cell.Empty():
		return sheet.Cell{}
	case t == report.Text:
		return sheet.Text(cell.Text)
	case t == report.Date:
		return sheet.Text(cell.At.Format(time.DateOnly))
	case t == report.Instant:
		return sheet.Time(cell.At)
	default:
		return sheet.Number(cell.Text)
	}
}
