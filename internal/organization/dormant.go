// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Dormant reports whether, at a minute, nothing has come for longer than the
// longest window of the meters that the organization has, so that all its
// running figures are zero. Of one that has no meter yet, all count.
func (o *Organization) Dormant(at period.Minute) bool {
	last := max(period.Ceil(o.stream.arrived), period.Ceil(o.stream.last))
	if len(o.held) > 0 || at-last <= o.longest() {
		return false
	}
	for i := range o.meters {
		if o.Has(i) && o.running(i, last, at) {
			return false
		}
	}
	return true
}

// running reports whether a meter may have running figures other than zero at a
// minute, though nothing has come since last: a standing activity goes on, and
// a changed calendar can make a period longer than others.
func (o *Organization) running(meter int, last, at period.Minute) bool {
	if o.meters[meter].Lasts() {
		return true
	}
	for _, w := range o.meters[meter].def.Windows {
		if w.Kind == usage.Rolling {
			continue
		}
		if start, end := o.clock.Tracks[w.Kind].Bounds(0); last >= start && at < end {
			return true
		}
	}
	return false
}

// longest returns how long the longest window is of the meters that the
// organization has, of all meters where it has none.
func (o *Organization) longest() period.Minute {
	had, all := period.Minute(0), period.Minute(0)
	for i := range o.meters {
		if o.defs.IsRetired(i) {
			continue
		}
		length := period.LengthAtMost(o.defs.longest[i])
		if all = max(all, length); o.Has(i) {
			had = max(had, length)
		}
	}
	if had == 0 {
		return all
	}
	return had
}
