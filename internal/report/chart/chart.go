// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package chart draws the charts of a report, once for all formats: what it
// returns becomes a part of a PDF's page, or an SVG.
package chart

import (
	"image/color"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tdewolff/canvas"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
	"github.com/otelcol-usage/otelcol-usage/internal/report/typeset"
)

// Any two of the colours are told apart with every kind of colour vision, and each
// stands out from paper and from a dark screen: they are those of the dashboards.
var colours = []color.RGBA{
	canvas.Hex("#5991fd"), canvas.Hex("#b78f26"), canvas.Hex("#7141fc"), canvas.Hex("#2f8389"),
	canvas.Hex("#ed198f"), canvas.Hex("#73875c"), canvas.Hex("#686860"), canvas.Hex("#ca1a12"),
}

var (
	ink  = canvas.Hex("#171a21")
	soft = canvas.Hex("#5b6472")
	grid = canvas.Hex("#d3d7de") // the page's style knows it by this
	red  = canvas.Hex("#ca1a12")
)

// Colour returns that of a series, counted from 0, as #5991fd.
func Colour(series int) string {
	c := colours[series%len(colours)]
	return "#" + strconv.FormatUint(1<<24|uint64(c.R)<<16|uint64(c.G)<<8|uint64(c.B), 16)[1:]
}

// Most returns how many rows a chart shows, from the first one on.
func Most(kind report.ChartKind) int {
	if kind == report.Ranks {
		return 20
	}
	return 1000
}

var (
	title = typeset.Style{Size: 10, Bold: true, Colour: ink}
	small = typeset.Style{Size: 7.5, Colour: soft}
)

// drawing is a chart in the making. Its lengths are in millimetres, from the
// upper left corner.
type drawing struct {
	set           *typeset.Setter
	show          show.Reader
	section       *report.Section
	chart         *report.Chart
	points        points
	width, height float64
	ctx           *canvas.Context
}

// Draw draws the chart of a section as wide as that, in millimetres. It returns
// nil where there is nothing to draw.
func Draw(set *typeset.Setter, reader show.Reader, s *report.Section, width float64) (*canvas.Canvas, error) {
	if s.Chart == nil {
		return nil, nil
	}
	p, err := read(reader, s)
	if err != nil || len(p.labels) == 0 {
		return nil, err
	}
	d := &drawing{set: set, show: reader, section: s, chart: s.Chart, points: p, width: width}
	d.height = d.needed()
	c := canvas.New(width, d.height)
	d.ctx = canvas.NewContext(c)
	top := d.head()
	if s.Chart.Kind == report.Ranks {
		d.ranks(top)
	} else {
		d.timeline(top)
	}
	return c, nil
}

// points are what is drawn.
type points struct {
	labels []string
	cells  [][]report.Cell // by series and point
	values [][]float64     // NaN: missing
	limit  float64         // NaN: none
}

func read(reader show.Reader, s *report.Section) (points, error) {
	c := s.Chart
	var times []time.Time
	p := points{cells: make([][]report.Cell, len(c.Values)), values: make([][]float64, len(c.Values)), limit: number(c.Limit)}
	for row, err := range s.Rows {
		if err != nil {
			return p, err
		}
		if len(p.labels) == Most(c.Kind) {
			break
		}
		p.labels = append(p.labels, reader.Cell(s.Columns[c.Label], row[c.Label]))
		times = append(times, row[c.Label].At)
		for i, column := range c.Values {
			p.cells[i] = append(p.cells[i], row[column])
			p.values[i] = append(p.values[i], number(row[column].Text))
		}
	}
	if s.Columns[c.Label].Type != report.Text && len(times) > 0 && times[0].Year() == times[len(times)-1].Year() {
		for i, at := range times { // the period says which year it is
			p.labels[i] = strings.Replace(p.labels[i], at.Format(" 2006"), "", 1)
		}
	}
	return p, nil
}

func number(decimal string) float64 {
	v, err := strconv.ParseFloat(decimal, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// needed returns how high the drawing is.
func (d *drawing) needed() float64 {
	height := d.titled() + 5*float64(len(d.legend()))
	if d.chart.Kind == report.Ranks {
		return height + rank*float64(len(d.points.labels)) + 2
	}
	return height + 62
}

const untitled = 2.0

// titled returns how high the title is, which is left out where it would say what
// the section's says.
func (d *drawing) titled() float64 {
	if d.chart.Title == d.section.Title {
		return untitled
	}
	return 9
}

// head draws the title, and what the colours mean, and returns where there is
// room below.
func (d *drawing) head() float64 {
	y := d.titled()
	if y > untitled {
		d.text(d.set.Fit(d.chart.Title, title, d.width), 0, 4.5)
	}
	for _, line := range d.legend() {
		x := 0.0
		for _, e := range line {
			d.box(x, y-1.2, 2.4, 2.4, e.colour)
			d.text(e.name, x+swatch, y+1)
			x += swatch + e.name.Width + legendGap
		}
		y += 5
	}
	return y
}

const (
	swatch    = 3.6
	legendGap = 6.0
)

type entry struct {
	colour color.RGBA
	name   typeset.Line
}

// legend returns the lines of what the colours mean: each series by its column,
// and the limit.
func (d *drawing) legend() [][]entry {
	var lines [][]entry
	room := 0.0
	add := func(colour color.RGBA, name string) {
		e := entry{colour, d.set.Fit(name, small, d.width-swatch)}
		if room -= swatch + e.name.Width; room < 0 {
			lines = append(lines, nil)
			room = d.width - swatch - e.name.Width
		}
		room -= legendGap
		lines[len(lines)-1] = append(lines[len(lines)-1], e)
	}
	for i, column := range d.chart.Values {
		add(colours[i%len(colours)], d.show.Heading(d.section.Columns[column]))
	}
	if !math.IsNaN(d.points.limit) {
		add(red, d.chart.LimitTitle+": "+show.Number(d.chart.Limit))
	}
	return lines
}

func (d *drawing) text(line typeset.Line, x, y float64) { line.Draw(d.ctx, x, d.height-y) }

func (d *drawing) box(x, y, width, height float64, fill color.RGBA) {
	d.ctx.SetFillColor(fill)
	d.ctx.SetStrokeColor(canvas.Transparent)
	d.ctx.DrawPath(x, d.height-y-height, canvas.Rectangle(width, height))
}

// line draws one through points; dashes are the lengths of dash and gap.
func (d *drawing) line(colour color.RGBA, thick float64, xy [][2]float64, dashes ...float64) {
	path := &canvas.Path{}
	for i, p := range xy {
		if i == 0 {
			path.MoveTo(p[0], d.height-p[1])
		} else {
			path.LineTo(p[0], d.height-p[1])
		}
	}
	d.ctx.SetFillColor(canvas.Transparent)
	d.ctx.SetStrokeColor(colour)
	d.ctx.SetStrokeWidth(thick)
	d.ctx.SetStrokeJoiner(canvas.RoundJoin)
	d.ctx.SetStrokeCapper(canvas.ButtCap)
	d.ctx.SetDashes(0, dashes...)
	d.ctx.DrawPath(0, 0, path)
}
