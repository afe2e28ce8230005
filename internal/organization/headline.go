// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// Headline returns the one number that stands for a meter where there is room
// for one: active users of all classes, peak of users in the hour, or the sum,
// of its first window's current period, in millionths.
func (o *Organization) Headline(meter int) wide.Int { return o.meters[meter].Headline(&o.clock) }

// Today returns the civil date at the organization's time.
func (o *Organization) Today() usage.Date {
	y, m, d := o.clock.AsOf.Time().In(o.clock.Calendar.Zone()).Date()
	return usage.Date{Year: y, Month: m, Day: d}
}
