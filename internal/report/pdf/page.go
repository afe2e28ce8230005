// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package pdf

import (
	"image/color"
	"math"

	"github.com/tdewolff/canvas"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/chart"
	"github.com/otelcol-usage/otelcol-usage/internal/report/typeset"
)

var (
	ink    = canvas.Hex("#171a21")
	soft   = canvas.Hex("#5b6472")
	hair   = canvas.Hex("#e3e6ec")
	wash   = canvas.Hex("#f4f5f8")
	accent = canvas.Hex("#4a4ad4")
	warn   = canvas.Hex("#e9a23b")
)

var (
	title   = typeset.Style{Size: 20, Bold: true, Colour: ink}
	subject = typeset.Style{Size: 13, Colour: soft}
	heading = typeset.Style{Size: 13, Bold: true, Colour: ink}
	plain   = typeset.Style{Size: 8.5, Colour: ink}
	strong  = typeset.Style{Size: 8.5, Bold: true, Colour: ink}
	quiet   = typeset.Style{Size: 8.5, Colour: soft}
	faint   = typeset.Style{Size: 7.5, Colour: soft}
)

func (d *document) text(line typeset.Line, x, y float64) {
	if _, ok := d.paper.(blank); !ok {
		line.Draw(d.ctx, x, d.height-y)
	}
}

func (d *document) box(x, y, width, height float64, fill color.RGBA) {
	d.ctx.SetFillColor(fill)
	d.ctx.SetStrokeColor(canvas.Transparent)
	d.ctx.DrawPath(x, d.height-y-height, canvas.Rectangle(width, height))
}

// rule draws a line across a part of the page.
func (d *document) rule(x, y, width, thick float64, colour color.RGBA) {
	d.box(x, y-thick/2, width, thick, colour)
}

// need turns the page where there is less room than that.
func (d *document) need(height float64) {
	if d.y+height > d.bottom() {
		d.turn()
	}
}

// paragraph sets a text from a place on, and goes below it.
func (d *document) paragraph(text string, style typeset.Style, x, width float64) {
	for _, line := range d.set.Wrap(text, style, width, mostNoteLines) {
		d.need(style.Leading())
		d.text(line, x, d.y+0.75*style.Leading())
		d.y += style.Leading()
	}
}

const mostNoteLines = 60

// cover says what the figures are.
func (d *document) cover() {
	d.box(margin, d.y, 14, 1.2, accent)
	d.y += 5
	d.paragraph(d.report.Title, title, margin, d.room())
	d.paragraph(d.report.Subject, subject, margin, d.room())
	d.y += 3
	facts := d.show.Cover()
	names := 0.0
	for _, fact := range facts {
		names = math.Max(names, d.set.Line(fact.Name, quiet).Width)
	}
	for _, fact := range facts {
		d.need(plain.Leading())
		d.text(d.set.Line(fact.Name, quiet), margin, d.y+0.75*quiet.Leading())
		d.paragraph(fact.Value, plain, margin+names+5, d.room()-names-5)
	}
	if len(d.report.Notes) > 0 {
		d.y += 2
	}
	for _, note := range d.report.Notes {
		d.note(note)
	}
	d.y += 2
}

// note sets a sentence that a reader has to know.
func (d *document) note(text string) {
	lines := d.set.Wrap(text, plain, d.room()-8, mostNoteLines)
	height := float64(len(lines))*plain.Leading() + 3
	d.need(height)
	d.box(margin, d.y, d.room(), height, wash)
	d.box(margin, d.y, 1, height, warn)
	y := d.y + 1.5
	for _, line := range lines {
		d.text(line, margin+4, y+0.75*plain.Leading())
		y += plain.Leading()
	}
	d.y += height + 1.5
}

// section draws a section's title, chart and table.
func (d *document) section(s *report.Section, t *table) error {
	picture, err := chart.Draw(d.set, d.show, s, d.room())
	if err != nil {
		return err
	}
	first := 36.0 // a title stands above what it is of
	if picture != nil {
		_, high := picture.Size()
		first += high + 4
	}
	d.need(first)
	d.y += 6
	d.paragraph(s.Title, heading, margin, d.room())
	if s.Note != "" {
		d.paragraph(s.Note, quiet, margin, d.room())
	}
	d.y += 2
	if picture != nil {
		_, high := picture.Size()
		picture.RenderViewTo(d.paper, canvas.Identity.Translate(margin, d.height-d.y-high))
		d.y += high + 4
	}
	if t.rows == 0 {
		d.paragraph(d.show.Empty(s), quiet, margin, d.room())
		if len(s.Totals) == 0 {
			return nil
		}
	}
	return d.table(s, t)
}
