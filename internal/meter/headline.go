// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Headline returns the one number that stands for a meter where there is room
// for one: active users of all classes, peak of users in the hour, or the sum,
// of its first window's current period.
func (o *Organization) Headline(number int) float64 {
	switch m := &o.meters[number]; {
	case m.active != nil:
		return float64(m.active.headline())
	case m.concurrent != nil:
		return float64(m.concurrent.hours.peak(&o.clock, 0, 0).max)
	default:
		x := m.consumption
		return amount(x.total.cell(&x.layout, &x.layout.windows[0], 0)[sumColumn])
	}
}

func (a *active) headline() (n int64) {
	w := a.def.Windows[0]
	if w.Kind == usage.Rolling {
		return a.total.prefix[len(a.rules[a.version].order)-1][0].count
	}
	for _, count := range a.total.periods[w.Kind][:a.total.width] {
		n += count
	}
	return n
}

// Today returns the civil date at the organization's time.
func (o *Organization) Today() usage.Date {
	y, m, d := o.clock.asOf.Time().In(o.clock.calendar.Zone()).Date()
	return usage.Date{Year: y, Month: m, Day: d}
}
