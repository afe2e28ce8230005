// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/typeset"
)

// extent returns the least and the largest that is drawn, and 0 between them.
func (d *drawing) extent() (low, high float64) {
	for i := range d.points.labels {
		above, below := 0.0, 0.0
		for _, series := range d.points.values {
			v := series[i]
			switch {
			case math.IsNaN(v):
			case d.chart.Kind == report.Lines:
				above, below = math.Max(above, v), math.Min(below, v)
			default: // they stand on one another
				above, below = above+math.Max(v, 0), below+math.Min(v, 0)
			}
		}
		low, high = math.Min(low, below), math.Max(high, above)
	}
	if !math.IsNaN(d.points.limit) {
		high = math.Max(high, d.points.limit)
	}
	if low == high {
		high = 1
	}
	return low, high
}

// kind returns the type of all values.
func (d *drawing) kind() report.Type {
	kind := d.section.Columns[d.chart.Values[0]].Type
	for _, column := range d.chart.Values {
		if d.section.Columns[column].Type != kind {
			return report.Amount
		}
	}
	return kind
}

// timeline draws points beside one another, as bars or lines.
func (d *drawing) timeline(top float64) {
	low, high := d.extent()
	scale := axisOf(low, high, d.kind())
	top, bottom := top+2, d.height-6
	left := 0.0
	labels := map[float64]typeset.Line{}
	for _, v := range scale.ticks() {
		labels[v] = d.set.Line(scale.label(v), small)
		left = math.Max(left, labels[v].Width)
	}
	left += 2
	y := func(v float64) float64 { return scale.place(v, bottom, top) }
	for _, v := range scale.ticks() {
		d.line(grid, 0.2, [][2]float64{{left, y(v)}, {d.width, y(v)}})
		d.text(labels[v], left-2-labels[v].Width, y(v)+0.9)
	}
	slot := (d.width - left) / float64(len(d.points.labels))
	x := func(i int) float64 { return left + slot*(float64(i)+0.5) }
	if d.chart.Kind == report.Lines {
		d.lines(x, y)
	} else {
		d.bars(x, y, math.Min(0.72*slot, 14))
	}
	d.line(soft, 0.25, [][2]float64{{left, y(0)}, {d.width, y(0)}})
	d.below(x, slot, bottom+4)
	if limit := d.points.limit; !math.IsNaN(limit) {
		d.line(red, 0.4, [][2]float64{{left, y(limit)}, {d.width, y(limit)}}, 2, 1.2)
	}
}

func (d *drawing) bars(x func(int) float64, y func(float64) float64, width float64) {
	for i := range d.points.labels {
		above, below := 0.0, 0.0
		for series, values := range d.points.values {
			v := values[i]
			if math.IsNaN(v) || v == 0 {
				continue
			}
			from := &above
			if v < 0 {
				from = &below
			}
			a, b := y(*from), y(*from+v)
			*from += v
			d.box(x(i)-width/2, math.Min(a, b), width, math.Abs(a-b), colours[series%len(colours)])
		}
	}
}

func (d *drawing) lines(x func(int) float64, y func(float64) float64) {
	for series, values := range d.points.values {
		colour := colours[series%len(colours)]
		var run [][2]float64
		draw := func() {
			if len(run) == 1 {
				d.box(run[0][0]-0.6, run[0][1]-0.6, 1.2, 1.2, colour)
			} else if len(run) > 1 {
				d.line(colour, 0.6, run)
			}
			run = nil
		}
		for i, v := range values {
			if math.IsNaN(v) {
				draw()
			} else {
				run = append(run, [2]float64{x(i), y(v)})
			}
		}
		draw()
	}
}

// below names the points, as many as there is room for.
func (d *drawing) below(x func(int) float64, slot, y float64) {
	widest := 0.0
	names := make([]typeset.Line, len(d.points.labels))
	for i, label := range d.points.labels {
		names[i] = d.set.Fit(label, small, math.Max(slot, 30)-2)
		widest = math.Max(widest, names[i].Width)
	}
	each := max(1, int(math.Ceil((widest+2)/slot)))
	free := 0.0
	for i := 0; i < len(names); i += each {
		at := math.Max(0, math.Min(x(i)-names[i].Width/2, d.width-names[i].Width))
		if at >= free { // those at the ends are moved inwards
			d.text(names[i], at, y)
			free = at + names[i].Width + 1.5
		}
	}
}

const rank = 6.0 // the height of a bar that lies, with what is between two

// ranks draws bars below one another, with their names and values.
func (d *drawing) ranks(top float64) {
	low, high := d.extent()
	scale := axis{low: low, high: high}
	left, right := 0.0, 0.0
	names, sums := make([]typeset.Line, len(d.points.labels)), make([]typeset.Line, len(d.points.labels))
	for i, label := range d.points.labels {
		names[i] = d.set.Fit(label, small, d.width*0.3)
		left = math.Max(left, names[i].Width)
		if len(d.chart.Values) == 1 {
			sums[i] = d.set.Line(d.show.Cell(d.section.Columns[d.chart.Values[0]], d.points.cells[0][i]), small)
			right = math.Max(right, sums[i].Width)
		}
	}
	left, end := left+2, d.width-right-2
	x := func(v float64) float64 { return scale.place(v, left, end) }
	for i := range names {
		y := top + rank*float64(i)
		d.text(names[i], left-2-names[i].Width, y+3.4)
		far, back := 0.0, 0.0
		for series, values := range d.points.values {
			v := values[i]
			if math.IsNaN(v) || v == 0 {
				continue
			}
			from := &far
			if v < 0 {
				from = &back
			}
			a, b := x(*from), x(*from+v)
			*from += v
			d.box(math.Min(a, b), y+0.4, math.Abs(a-b), rank-2, colours[series%len(colours)])
		}
		d.text(sums[i], x(far)+1.2, y+3.4)
	}
	bottom := top + rank*float64(len(names))
	d.line(soft, 0.25, [][2]float64{{x(0), top}, {x(0), bottom - 1}})
	if !math.IsNaN(d.points.limit) {
		at := x(d.points.limit)
		d.line(red, 0.4, [][2]float64{{at, top - 0.5}, {at, bottom - 1}}, 2, 1.2)
	}
}
