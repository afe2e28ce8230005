// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"math"
	"strconv"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
	"github.com/otelcol-usage/otelcol-usage/internal/report/typeset"
)

const (
	gap       = 4.0  // between columns
	padding   = 1.1  // above and below the lines of a row
	mostLines = 3    // of a cell
	narrowest = 22.0 // that a text is wrapped to
	widest    = 70.0 // that a text is alone
	mostSpare = 22.0 // that a column is wider than its cells
)

// table is how wide the columns of a section are.
type table struct {
	rows    int       // of the section, of which no more than show.MostRows are shown
	natural []float64 // what a column takes
	needed  []float64 // what it takes at least
	parts   []part
}

// part is the columns that stand beside one another.
type part struct {
	columns []int
	widths  []float64
	width   float64
}

// measured reads a section's rows and returns how wide they are.
func (d *document) measured(s *report.Section) (table, error) {
	t := table{natural: make([]float64, len(s.Columns)), needed: make([]float64, len(s.Columns))}
	see := func(row []report.Cell, style typeset.Style) {
		for i, c := range s.Columns {
			width := d.set.Line(d.show.Cell(c, row[i]), style).Width
			if c.Type == report.Text {
				t.natural[i] = math.Max(t.natural[i], math.Min(width, widest))
			} else {
				t.natural[i] = math.Max(t.natural[i], width)
			}
		}
	}
	for row, err := range s.Rows {
		if err != nil {
			return t, err
		}
		if t.rows++; t.rows <= show.MostRows {
			see(row, plain)
		}
	}
	for _, row := range s.Totals {
		see(row, strong)
	}
	for i, c := range s.Columns {
		head := math.Min(d.set.Word(d.show.Heading(c), strong), widest)
		t.natural[i] = math.Max(t.natural[i], head)
		t.needed[i] = t.natural[i]
		if c.Type == report.Text {
			t.needed[i] = math.Min(t.natural[i], math.Max(narrowest, head))
		}
	}
	return t, nil
}

func sum(widths []float64) float64 {
	all := 0.0
	for _, w := range widths {
		all += w + gap
	}
	return math.Max(0, all-gap)
}

// least returns how wide the table is at least.
func (t *table) least() float64 { return sum(t.needed) }

// fit distributes the columns over as many parts as it takes, each as wide as the
// page.
func (t *table) fit(room float64) {
	if len(t.needed) == 0 {
		return
	}
	columns := []int{0}
	taken := t.needed[0]
	for i := 1; i < len(t.needed); i++ {
		if taken+gap+t.needed[i] > room && len(columns) > 1 {
			t.parts = append(t.parts, t.part(columns, room))
			columns, taken = []int{0}, t.needed[0]
		}
		columns = append(columns, i)
		taken += gap + t.needed[i]
	}
	t.parts = append(t.parts, t.part(columns, room))
}

// part gives columns what they take where there is room for it, and of what is
// left over the same to all, as long as the eye finds from one to the next.
func (t *table) part(columns []int, room float64) part {
	p := part{columns: columns}
	least, most := -gap, -gap
	for _, i := range columns {
		least += t.needed[i] + gap
		most += t.natural[i] + gap
	}
	ratio := 1.0 // of what columns take beyond the least
	if most > room {
		ratio = math.Max(0, (room-least)/(most-least))
	}
	spare := math.Min(mostSpare, math.Max(0, room-most)/float64(len(columns)))
	for _, i := range columns {
		p.widths = append(p.widths, t.needed[i]+ratio*(t.natural[i]-t.needed[i])+spare)
	}
	p.width = sum(p.widths)
	return p
}

// table draws all parts of a table.
func (d *document) table(s *report.Section, t *table) error {
	for i := range t.parts {
		p := &t.parts[i]
		if i > 0 {
			d.need(36)
			d.y += 4
			d.paragraph(s.Title+": more columns ("+strconv.Itoa(i+1)+" of "+strconv.Itoa(len(t.parts))+")", quiet, margin, d.room())
			d.y++
		}
		if err := d.part(s, p); err != nil {
			return err
		}
	}
	if left := show.Left(t.rows); left != "" {
		d.y += 2
		d.paragraph(left, quiet, margin, d.room())
	}
	return nil
}

func (d *document) part(s *report.Section, p *part) error {
	d.need(26) // the head is not alone
	d.head(s, p)
	n := 0
	for row, err := range s.Rows {
		if err != nil {
			return err
		}
		if n++; n > show.MostRows {
			break
		}
		d.row(s, p, row, plain)
	}
	for _, row := range s.Totals {
		d.row(s, p, row, strong)
	}
	return nil
}

// head draws the names of the columns.
func (d *document) head(s *report.Section, p *part) {
	cells := make([][]typeset.Line, len(p.columns))
	lines := 1
	for i, column := range p.columns {
		style := strong
		style.Colour = soft
		cells[i] = d.set.Wrap(d.show.Heading(s.Columns[column]), style, p.widths[i], mostLines)
		lines = max(lines, len(cells[i]))
	}
	high := float64(lines)*strong.Leading() + 2*padding
	d.cells(s, p, cells, func(count int) float64 { return float64(lines - count) })
	d.y += high
	d.rule(margin, d.y, p.width, 0.35, soft)
}

// row draws a row, on the next page where it has no room on this one.
func (d *document) row(s *report.Section, p *part, row []report.Cell, style typeset.Style) {
	cells := make([][]typeset.Line, len(p.columns))
	lines := 1
	for i, column := range p.columns {
		c := s.Columns[column]
		text := d.show.Cell(c, row[column])
		switch {
		case text == "" && !style.Bold:
			cells[i] = []typeset.Line{d.set.Line(show.Missing, quiet)}
		case c.Type == report.Text:
			cells[i] = d.set.Wrap(text, style, p.widths[i], mostLines)
		default:
			cells[i] = []typeset.Line{d.set.Line(text, style)}
		}
		lines = max(lines, len(cells[i]))
	}
	high := float64(lines)*style.Leading() + 2*padding
	if d.y+high > d.bottom() {
		d.turn()
		d.head(s, p)
	}
	if style.Bold {
		d.box(margin, d.y, p.width, high, wash)
	}
	d.cells(s, p, cells, func(int) float64 { return 0 })
	d.y += high
	d.rule(margin, d.y, p.width, 0.2, hair)
}

// cells draws lines of cells, the first one lower by as many lines as that.
func (d *document) cells(s *report.Section, p *part, cells [][]typeset.Line, lower func(count int) float64) {
	x := margin
	for i, column := range p.columns {
		y := d.y + padding + (lower(len(cells[i]))+0.75)*plain.Leading()
		for _, line := range cells[i] {
			at := x
			if show.Numeric(s.Columns[column].Type) {
				at += p.widths[i] - line.Width
			}
			d.text(line, at, y)
			y += plain.Leading()
		}
		x += p.widths[i] + gap
	}
}
