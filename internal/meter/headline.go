// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Headline returns the one number that stands for a meter where there is room
// for one: active users of all classes, peak of users in the hour, or the sum,
// of its first window's current period, in millionths.
func (o *Organization) Headline(number int) wide.Int {
	switch m := &o.meters[number]; {
	case m.active != nil:
		return wide.Product(m.active.headline(), usage.Micro)
	case m.concurrent != nil:
		return wide.Product(int64(m.concurrent.hours.peak(&o.clock, 0, 0).max), usage.Micro)
	default:
		x := m.consumption
		return x.total.sum(&x.layout, &x.layout.windows[0], 0)
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
	y, m, d := o.clock.AsOf.Time().In(o.clock.Calendar.Zone()).Date()
	return usage.Date{Year: y, Month: m, Day: d}
}
