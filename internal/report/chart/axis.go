// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"
	"strconv"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/show"
)

// axis is the scale of values. Its steps are round numbers.
type axis struct {
	low, high, step float64
	kind            report.Type
}

// mostSteps keeps the grid from crowding.
const mostSteps = 6

// axisOf returns the scale from a value to a larger one, whose steps are whole
// numbers where the values are counts.
func axisOf(low, high float64, kind report.Type) axis {
	step := round((high - low) / mostSteps)
	if kind == report.Count {
		step = math.Max(step, 1)
	}
	return axis{low: math.Floor(low/step) * step, high: math.Ceil(high/step) * step, step: step, kind: kind}
}

// round returns the least of 1, 2, 5, 10, 20... and their decimals that is not
// below a length.
func round(length float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(length)))
	for _, digit := range []float64{1, 2, 5} {
		if digit*power >= length*(1-1e-9) {
			return digit * power
		}
	}
	return 10 * power
}

// ticks returns the values at which the grid is.
func (a axis) ticks() []float64 {
	var ticks []float64
	for i := math.Round(a.low / a.step); i <= math.Round(a.high/a.step); i++ {
		ticks = append(ticks, i*a.step)
	}
	return ticks
}

// label shows a value of the grid.
func (a axis) label(v float64) string {
	decimals := max(0, int(-math.Floor(math.Log10(a.step)+1e-9)))
	digits := strconv.FormatFloat(v, 'f', decimals, 64)
	if a.kind == report.Share {
		return show.Percent(digits)
	}
	return show.Number(digits)
}

// place returns where a value is on a line from one end to another.
func (a axis) place(v, from, to float64) float64 {
	return from + (to-from)*(v-a.low)/(a.high-a.low)
}
