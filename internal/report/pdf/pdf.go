// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package pdf writes a report for paper: pages of A4 with their numbers, a cover
// that says what the figures are, charts, and tables whose heads are repeated on
// each page.
//
// A number is never shortened. A table that is too wide for a page lies across;
// one that is too wide for that has smaller letters, or is cut between columns: then
// its first column is repeated, and its rows are numbered. Of a table of very many rows the first are shown, see
// [show.MostRows].
package pdf

import (
	"image"
	"io"
	"strconv"

	"github.com/tdewolff/canvas"
	"github.com/tdewolff/canvas/renderers/pdf"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
	"github.com/otelcol-usage/otelcol-usage/internal/report/typeset"
)

// Write writes a report.
func Write(w io.Writer, r *report.Report) error {
	r = r.ForPeople()
	d := &document{report: r, show: show.Of(r), set: typeset.New()}
	if err := d.measure(); err != nil {
		return err
	}
	// The first time nothing is drawn: a page says how many there are.
	if err := d.draw(blank{}); err != nil {
		return err
	}
	d.total = d.page
	out := pdf.New(w, d.width, d.height, nil)
	out.SetInfo(r.Title+", "+r.Subject+", "+r.Period.Title, d.footer(), "", "", "otelcol-usage")
	out.SetLang("en")
	if err := d.draw(out); err != nil {
		return err
	}
	return out.Close()
}

// A4, in millimetres.
const (
	short  = 210.0
	long   = 297.0
	margin = 15.0
	foot   = 14.0 // of which the footer is a part
)

// paper is what pages are drawn on.
type paper interface {
	canvas.Renderer
	NewPage(width, height float64)
}

// blank is paper that stays so.
type blank struct{}

func (blank) Size() (width, height float64)                        { return 0, 0 }
func (blank) RenderPath(*canvas.Path, canvas.Style, canvas.Matrix) {}
func (blank) RenderText(*canvas.Text, canvas.Matrix)               {}
func (blank) RenderImage(image.Image, canvas.Matrix)               {}
func (blank) NewPage(_, _ float64)                                 {}

// document is a report that is drawn from the top to the bottom. Its lengths are
// in millimetres, from the upper left corner of a page.
type document struct {
	report *report.Report
	show   show.Reader
	set    *typeset.Setter
	tables []table // by section

	width, height float64
	paper         paper
	ctx           *canvas.Context
	page, total   int
	y             float64 // where there is room
}

func (d *document) room() float64   { return d.width - 2*margin }
func (d *document) bottom() float64 { return d.height - foot }

// measure finds out how wide the tables are, and how the pages lie.
func (d *document) measure() error {
	d.tables = make([]table, len(d.report.Sections))
	d.width, d.height = short, long
	for i := range d.report.Sections {
		var err error
		if d.tables[i], err = d.measured(&d.report.Sections[i]); err != nil {
			return err
		}
		if d.tables[i].least() > short-2*margin {
			d.width, d.height = long, short
		}
	}
	for i := range d.tables {
		d.fit(&d.tables[i], d.room())
	}
	return nil
}

func (d *document) draw(on paper) error {
	d.paper, d.page = on, 0
	d.turn()
	d.cover()
	for i := range d.report.Sections {
		if err := d.section(&d.report.Sections[i], &d.tables[i]); err != nil {
			return err
		}
	}
	return nil
}

// turn begins a page.
func (d *document) turn() {
	if d.page++; d.page > 1 {
		d.paper.NewPage(d.width, d.height)
	}
	d.ctx = canvas.NewContext(d.paper)
	d.y = margin
	d.text(d.set.Fit(d.footer(), faint, d.room()-30), margin, d.height-8)
	number := d.set.Line(strconv.Itoa(d.page)+" / "+strconv.Itoa(d.total), faint)
	d.text(number, d.width-margin-number.Width, d.height-8)
}

func (d *document) footer() string {
	return d.report.Title + " · " + d.report.Subject + " · " + d.report.Period.Title
}
