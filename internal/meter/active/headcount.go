// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

func (t *headcount) encode(e *wire.Encoder, kinds []usage.Kind) {
	for _, k := range kinds {
		for _, n := range t.periods[k] {
			e.Int(n)
		}
	}
}

func (t *headcount) decode(d *wire.Decoder, kinds []usage.Kind, width int) {
	for _, k := range kinds {
		for i := range period.Depth[k] {
			for class := range width {
				if n := d.Int(); t.periods[k] != nil {
					t.periods[k][i*t.width+class] = n
				}
			}
		}
	}
}

// headcount counts users: by class and period, and by prefix of classes for
// rolling windows.
type headcount struct {
	width   int
	ofValue bool                    // of one breakdown value: all classes together, standing activity left out
	periods [usage.NumKinds][]int64 // [period*width + class]
	prefix  []rollings              // [p] of the first p+1 classes
}

func (a *Meter) newHeadcount(width int, ofValue bool) headcount {
	t := headcount{width: width, ofValue: ofValue}
	for _, k := range a.kinds {
		t.periods[k] = make([]int64, period.Depth[k]*width)
	}
	for range width {
		t.prefix = append(t.prefix, newRollings(a.lengths))
	}
	return t
}

// shiftClass moves one user of a calendar period between classes.
func (t *headcount) shiftClass(k usage.Kind, i, from, to int) {
	if from == to {
		return
	}
	if t.width == 1 { // a breakdown's counts are of all classes together
		from, to = min(from, 0), min(to, 0)
	}
	if from >= 0 {
		t.periods[k][i*t.width+from]--
	}
	if to >= 0 {
		t.periods[k][i*t.width+to]++
	}
}

func (a *Meter) eachHeadcount(f func(t *headcount)) {
	f(&a.total)
	for b := range a.breakdowns {
		for _, t := range a.breakdowns[b].totals {
			if t != nil {
				f(t)
			}
		}
	}
}
