// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/active"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/concurrent"
	"github.com/otelcol-usage/otelcol-usage/internal/meter/consumption"
	"github.com/otelcol-usage/otelcol-usage/internal/quota"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wide"
)

// How a figure comes about.

// DefinitionIn returns which version of a meter's definition a span is counted
// by: the one in force now while it runs, else immediately before its end.
func (o *Organization) DefinitionIn(number int, s meter.Span) int {
	at := o.clock.AsOf
	if back, ok := o.PeriodOf(s); ok && back > 0 {
		at = s.End - 1
	}
	return meter.VersionAt(&o.defs.Meters[number], o.clock.Calendar, at.Time())
}

// Flaws tells why a meter's figures may be too small: a limit refused users, a
// sampler left items out.
func (o *Organization) Flaws(meter int) (refused, left bool) {
	return o.stream.has(meter, incomplete), o.stream.has(meter, sampled)
}

// ClassesIn returns the users of a span by class, in the order in which classes
// are judged.
func (o *Organization) ClassesIn(meter int, s meter.Span) []active.ClassUsers {
	return o.kind(meter).(*active.Meter).ClassesIn(&o.clock, s)
}

// SumIn returns the sum and the number of events of a span.
func (o *Organization) SumIn(meter int, s meter.Span) (sum, events wide.Int) {
	return o.kind(meter).(*consumption.Meter).SumIn(&o.clock, s)
}

// PeaksIn returns the peaks of a span.
func (o *Organization) PeaksIn(meter int, s meter.Span) concurrent.Peaks {
	return o.meters[meter].Kind.(*concurrent.Meter).PeaksIn(&o.clock, s)
}

// ActedIn returns what each class of a meter of active users has of a user in a
// span, in the order in which classes are judged. Classes of which there is
// nothing are left out.
func (o *Organization) ActedIn(meter int, root uint32, s meter.Span) []active.Acted {
	return o.kind(meter).(*active.Meter).ActedIn(&o.clock, root, s, o.DefinitionIn(meter, s), &o.keys)
}

// AllowanceOn returns the quota on a meter's window; ok is false where there is
// none.
func (o *Organization) AllowanceOn(meter int, w usage.Window) (a quota.Allowance, ok bool) {
	return o.quotas.Allowance(meter, w, o.used)
}
