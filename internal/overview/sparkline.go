// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package overview

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// A sparkline is one bar a day, the latest at the right; the view box leaves
// room for sparkDays whether or not the trend has them.
const (
	sparkDays   = 30
	sparkStep   = 6 // distance of bars
	sparkBar    = 4 // width of a bar
	sparkHeight = 40
	sparkWidth  = sparkDays*sparkStep - (sparkStep - sparkBar)
)

// sparkline is the shape of a trend.
type sparkline struct {
	Width, Height int
	// Past and Today are the paths of the bars of whole days and of the last.
	Past, Today string
	// Title says in words what the shape shows.
	Title    string
	From, To string // first and last day
	Range    string // from the lowest to the highest day
}

// newSparkline draws a trend on a scale from zero to its maximum.
func newSparkline(titles usage.Titles, t Trend) *sparkline {
	days := t.Days
	if len(days) > sparkDays {
		days = days[len(days)-sparkDays:]
	}
	if len(days) < 2 {
		return nil
	}
	byValue := func(x, y Day) int {
		switch {
		case x.Value < y.Value:
			return -1
		case x.Value > y.Value:
			return 1
		default:
			return 0
		}
	}
	low, high := slices.MinFunc(days, byValue), slices.MaxFunc(days, byValue)
	s := &sparkline{
		Width: sparkWidth, Height: sparkHeight,
		From: dayName(days[0]), To: dayName(days[len(days)-1]),
		Range: short(low.Value) + " – " + short(high.Value),
	}
	of := caption(titles, t.Window, "current") + " so far, day by day"
	if t.Window == usage.Day.String() {
		of = "day by day"
		s.Range += " a day"
	}
	unit := ""
	if t.Unit != "" && t.Unit != "1" {
		unit = " " + t.Unit
	}
	s.Title = fmt.Sprintf("%s, %s from %s to %s: lowest %s%s on %s, highest %s%s on %s",
		titles.Meter(t.Meter), of, s.From, s.To, exact(low.Value), unit, dayName(low), exact(high.Value), unit, dayName(high))

	var past strings.Builder
	for i, d := range days {
		x := (sparkDays - len(days) + i) * sparkStep
		b := bar(x, d.Value, high.Value)
		if i == len(days)-1 {
			s.Today = b
			break
		}
		past.WriteString(b)
	}
	s.Past = past.String()
	return s
}

// bar is the path of one bar; what is not zero is at least a hair high, and
// zero is a line on the ground.
func bar(x int, value, most float64) string {
	height := 0.75
	if value > 0 && most > 0 {
		height = max(1.5, float64(sparkHeight)*value/most)
	}
	return fmt.Sprintf("M%d %dh%dv-%.4gh-%dz", x, sparkHeight, sparkBar, height, sparkBar)
}

func dayName(d Day) string {
	return time.Date(d.Date.Year, d.Date.Month, d.Date.Day, 0, 0, 0, 0, time.UTC).Format("2 Jan")
}
