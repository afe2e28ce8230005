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
	// Letters of another size are as much wider or narrower only about: so much
	// goes into the gap before a word is broken.
	slack = 0.5
)

// table is how wide the columns of a section are.
type table struct {
	rows    int       // of the section, of which no more than show.MostRows are shown
	natural []float64 // what a column takes
	needed  []float64 // what it takes at least
	scale   float64   // of its letters
	numbers float64   // how wide the numbers of rows are, 0: there are none
	parts   []part
}

// part is the columns that stand beside one another.
type part struct {
	columns []int
	widths  []float64
	width   float64
}

// scaled is a style with the size of a table's letters.
func (t *table) scaled(s typeset.Style) typeset.Style {
	s.Size *= t.scale
	return s
}

// measured reads a section's rows and returns how wide they are.
func (d *document) measured(s *report.Section) (table, error) {
	t := table{natural: make([]float64, len(s.Columns)), needed: make([]float64, len(s.Columns)), scale: 1}
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

// smaller is the scale of letters where a table would be cut without it.
const smaller = 0.82

// fit distributes the columns over parts that are as wide as the page: over as few
// as there can be, with letters that are smaller if that makes them fewer, and
// over all alike.
func (d *document) fit(t *table, room float64) {
	if len(t.needed) == 0 {
		return
	}
	parts := t.cut(room)
	if len(parts) > 1 {
		t.numbers = d.set.Line(show.Number(strconv.Itoa(min(t.rows, show.MostRows))), plain).Width + gap
		parts = t.cut(room - t.numbers)
		t.shrink(smaller)
		if small := t.cut(room - t.numbers); len(small) < len(parts) {
			parts = small
		} else {
			t.shrink(1 / smaller)
		}
		for least := room; least > 0; least -= 5 {
			if even := t.cut(least - t.numbers); len(even) == len(parts) {
				parts = even
			}
		}
	}
	if len(parts) == 1 {
		t.numbers = 0 // the letters are small enough
	}
	for _, columns := range parts {
		t.parts = append(t.parts, t.part(columns, room-t.numbers))
	}
}

// shrink changes the size of letters.
func (t *table) shrink(scale float64) {
	t.scale *= scale
	for i := range t.natural {
		t.natural[i] *= scale
		t.needed[i] *= scale
	}
}

// cut returns the columns of parts that are no wider than that. Each has the
// first column, and one more.
func (t *table) cut(room float64) [][]int {
	parts := [][]int{{0}}
	taken := t.needed[0]
	for i := 1; i < len(t.needed); i++ {
		last := &parts[len(parts)-1]
		if taken+gap+t.needed[i] > room && len(*last) > 1 {
			parts = append(parts, []int{0})
			last, taken = &parts[len(parts)-1], t.needed[0]
		}
		*last = append(*last, i)
		taken += gap + t.needed[i]
	}
	return parts
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
		if err := d.part(s, t, p); err != nil {
			return err
		}
	}
	if left := show.Left(t.rows); left != "" {
		d.y += 2
		d.paragraph(left, quiet, margin, d.room())
	}
	return nil
}

func (d *document) part(s *report.Section, t *table, p *part) error {
	d.need(26) // the head is not alone
	d.head(s, t, p)
	n := 0
	for row, err := range s.Rows {
		if err != nil {
			return err
		}
		if n++; n > show.MostRows {
			break
		}
		d.row(s, t, p, row, n)
	}
	for _, row := range s.Totals {
		if len(t.parts) == 1 || p.says(row) {
			d.row(s, t, p, row, 0)
		}
	}
	return nil
}

// says reports whether a row has more in a part than its name.
func (p *part) says(row []report.Cell) bool {
	for _, column := range p.columns[1:] {
		if !row[column].Empty() {
			return true
		}
	}
	return false
}

// head draws the names of the columns.
func (d *document) head(s *report.Section, t *table, p *part) {
	style := t.scaled(strong)
	style.Colour = soft
	cells := make([][]typeset.Line, len(p.columns))
	lines := 1
	for i, column := range p.columns {
		cells[i] = d.set.Wrap(d.show.Heading(s.Columns[column]), style, p.widths[i]+slack, mostLines)
		lines = max(lines, len(cells[i]))
	}
	high := float64(lines)*style.Leading() + 2*padding
	d.cells(s, t, p, cells, func(count int) float64 { return float64(lines - count) })
	d.y += high
	d.rule(margin, d.y, t.numbers+p.width, 0.35, soft)
}

// row draws the nth row, on the next page where it has no room on this one; 0 is a
// total.
func (d *document) row(s *report.Section, t *table, p *part, row []report.Cell, nth int) {
	style, none := t.scaled(plain), []typeset.Line{d.set.Line(show.Missing, t.scaled(quiet))}
	if nth == 0 {
		style, none = t.scaled(strong), nil
	}
	cells := make([][]typeset.Line, len(p.columns))
	lines := 1
	for i, column := range p.columns {
		c := s.Columns[column]
		text := d.show.Cell(c, row[column])
		switch {
		case text == "":
			cells[i] = none
		case c.Type == report.Text:
			cells[i] = d.set.Wrap(text, style, p.widths[i]+slack, mostLines)
		default:
			cells[i] = []typeset.Line{d.set.Line(text, style)}
		}
		lines = max(lines, len(cells[i]))
	}
	high := float64(lines)*style.Leading() + 2*padding
	if d.y+high > d.bottom() {
		d.turn()
		d.head(s, t, p)
	}
	if nth == 0 {
		d.box(margin, d.y, t.numbers+p.width, high, wash)
	} else if t.numbers > 0 {
		number := d.set.Line(show.Number(strconv.Itoa(nth)), t.scaled(quiet))
		d.text(number, margin+t.numbers-gap-number.Width, d.y+padding+0.75*style.Leading())
	}
	d.cells(s, t, p, cells, func(int) float64 { return 0 })
	d.y += high
	d.rule(margin, d.y, t.numbers+p.width, 0.2, hair)
}

// cells draws lines of cells, the first one lower by as many lines as that.
func (d *document) cells(s *report.Section, t *table, p *part, cells [][]typeset.Line, lower func(count int) float64) {
	x, leading := margin+t.numbers, t.scaled(plain).Leading()
	for i, column := range p.columns {
		y := d.y + padding + (lower(len(cells[i]))+0.75)*leading
		for _, line := range cells[i] {
			at := x
			if show.Numeric(s.Columns[column].Type) {
				at += p.widths[i] - line.Width
			}
			d.text(line, at, y)
			y += leading
		}
		x += p.widths[i] + gap
	}
}
