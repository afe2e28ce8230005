// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package html writes a report as a page that needs nothing else: it can be sent,
// kept and printed, and reads on a phone and by night. There is no script in it.
//
// Of a table of very many rows the first are shown, see [show.MostRows].
package html

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"iter"
	"strings"

	"github.com/tdewolff/canvas/renderers/svg"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/chart"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
	"github.com/otelcol-usage/otelcol-usage/internal/report/typeset"
)

var (
	//go:embed style.css
	style string
	//go:embed page.html
	source string
	page   = template.Must(template.New("page").Parse(source))
)

// Write writes a report. It holds one row at a time.
func Write(w io.Writer, r *report.Report) error {
	r = r.ForPeople()
	reader := show.Of(r)
	v := view{Report: r, Cover: reader.Cover(), Style: template.CSS(style)} //nolint:gosec // it is ours
	set := typeset.New()
	for i := range r.Sections {
		s := &section{Section: &r.Sections[i], show: reader, view: &v}
		var err error
		if s.Picture, err = picture(set, reader, s.Section); err != nil {
			return err
		}
		v.Sections = append(v.Sections, s)
	}
	if err := page.Execute(w, &v); err != nil {
		return err
	}
	return v.err
}

// view is what the page is made of.
type view struct {
	*report.Report
	Cover    []show.Fact
	Style    template.CSS
	Sections []*section
	err      error // of reading rows, which ends a table
}

type section struct {
	*report.Section
	Picture template.HTML
	show    show.Reader
	view    *view
	read    int
}

// widest is how many columns stand beside one another where there is little room.
const widest = 12

// Wide reports whether each row is a card on paper and on a phone.
func (s *section) Wide() bool { return len(s.Columns) > widest }

// cell is one of a table, or a heading. A number stands at the right, a name is
// broken where it is long.
type cell struct {
	Text  string
	Class string
	Label string // its heading, for a card
	Name  bool
}

// Headings are of the columns.
func (s *section) Headings() []cell {
	all := make([]cell, len(s.Columns))
	for i, c := range s.Columns {
		all[i].Text = s.show.Heading(c)
		if show.Numeric(c.Type) {
			all[i].Class = "n"
		}
	}
	return all
}

// cells shows a row, with a word where a cell is empty.
func (s *section) cells(row []report.Cell, missing string) []cell {
	all := s.Headings()
	for i, c := range s.Columns {
		heading := all[i].Text
		all[i].Text = cmp.Or(s.show.Cell(c, row[i]), missing)
		if all[i].Name = c.Type == report.Text; all[i].Name {
			all[i].Class = "t"
		}
		if s.Wide() {
			all[i].Label = heading
		}
	}
	return all
}

// Shown are the rows of the table.
func (s *section) Shown() iter.Seq[[]cell] {
	return func(yield func([]cell) bool) {
		for row, err := range s.Rows {
			if err != nil {
				s.view.err = err
				return
			}
			if s.read++; s.read <= show.MostRows && !yield(s.cells(row, show.Missing)) {
				return
			}
		}
	}
}

// Foot are the rows of totals.
func (s *section) Foot() [][]cell {
	var all [][]cell
	for _, row := range s.Totals {
		all = append(all, s.cells(row, ""))
	}
	return all
}

// Nothing is what is said where there are no rows, which is known once they are
// read.
func (s *section) Nothing() string {
	if s.read > 0 || s.view.err != nil {
		return ""
	}
	return s.show.Empty(s.Section)
}

// Left says how many rows there are where not all are shown.
func (s *section) Left() string { return show.Left(s.read) }

// picture returns a section's chart. What it says is in the table too.
func picture(set *typeset.Setter, reader show.Reader, s *report.Section) (template.HTML, error) {
	drawn, err := chart.Draw(set, reader, s, 180)
	if err != nil || drawn == nil {
		return "", err
	}
	var b strings.Builder
	width, height := drawn.Size()
	out := svg.New(&b, width, height, &svg.Options{})
	drawn.RenderTo(out)
	if err := out.Close(); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil //nolint:gosec // the drawing escapes its texts
}
