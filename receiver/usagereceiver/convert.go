// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// lookBack is how long a query takes a sample for the present value of a series
// that has no later one, nor an end.
const lookBack = 5 * time.Minute

// convert returns a collection as metrics. step is how far collections are apart.
//
//	one resource without attributes, one scope without a name
//	  one metric for each series name
//	    one point for each organization and set of labels
//
// A series that the collection before had and this one has not ends with a point
// without a value, which stores keep as a stale marker: the gauge does not
// linger on. A counter that was never shown begins with a zero, a step earlier:
// without it what it counted until now would be no increase. Where it is not
// known what was shown, only those of a ledger that began within the step do.
//
// It stops in the middle once ctx has ended, when nobody takes the metrics any more.
func convert(ctx context.Context, c usage.Collection, before shown, changes []change, step time.Duration) pmetric.Metrics {
	zero := c.At.Add(-step)
	md := pmetric.NewMetrics()
	w := writer{
		at:     pcommon.NewTimestampFromTime(c.At),
		slice:  md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics(),
		byName: map[string]pmetric.NumberDataPointSlice{},
	}
	w.reserve(c)
	rest := changes
	for i := range c.Organizations {
		if ctx.Err() != nil {
			return md
		}
		o := &c.Organizations[i]
		var begun map[*usage.Series]struct{}
		for len(rest) > 0 && rest[0].organization <= o.Organization {
			if rest[0].organization == o.Organization {
				begun = rest[0].begun
			}
			rest = rest[1:]
		}
		for _, f := range o.Figures {
			if _, first := begun[f.Series]; first && f.Value != 0 && (!before.at.IsZero() || f.Series.Start.After(zero)) {
				p, at := w.point(o.Organization, f.Series), pcommon.NewTimestampFromTime(zero)
				p.SetTimestamp(at)
				p.SetStartTimestamp(min(at, p.StartTimestamp()))
				p.SetDoubleValue(0)
			}
			w.point(o.Organization, f.Series).SetDoubleValue(f.Value)
		}
	}
	if c.At.Sub(before.at) > max(lookBack, 2*step) {
		return md // what has ended is not seen any more
	}
	for i := range changes {
		for _, s := range changes[i].ended {
			w.point(changes[i].organization, s).SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		}
	}
	return md
}

// writer appends points to the metric of their name.
type writer struct {
	at     pcommon.Timestamp
	slice  pmetric.MetricSlice
	byName map[string]pmetric.NumberDataPointSlice
}

// reserve makes room for all points of a collection at once.
func (w *writer) reserve(c usage.Collection) {
	points := map[string]int{}
	for i := range c.Organizations {
		for _, f := range c.Organizations[i].Figures {
			points[f.Series.Name]++
		}
	}
	for i := range c.Organizations { // the order of first appearance, not the map's
		for _, f := range c.Organizations[i].Figures {
			if n := points[f.Series.Name]; n > 0 {
				w.points(f.Series).EnsureCapacity(n)
				points[f.Series.Name] = 0
			}
		}
	}
}

// points returns the points of the metric that a series belongs to.
func (w *writer) points(s *usage.Series) pmetric.NumberDataPointSlice {
	if known, ok := w.byName[s.Name]; ok {
		return known
	}
	m := w.slice.AppendEmpty()
	m.SetName(s.MetricName())
	var points pmetric.NumberDataPointSlice
	if s.Counter {
		sum := m.SetEmptySum()
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		sum.SetIsMonotonic(true)
		points = sum.DataPoints()
	} else {
		points = m.SetEmptyGauge().DataPoints()
	}
	w.byName[s.Name] = points
	return points
}

func (w *writer) point(organization string, s *usage.Series) pmetric.NumberDataPoint {
	p := w.points(s).AppendEmpty()
	p.SetTimestamp(w.at)
	if s.Counter && !s.Start.IsZero() {
		p.SetStartTimestamp(pcommon.NewTimestampFromTime(s.Start))
	}
	attributes := p.Attributes()
	attributes.EnsureCapacity(1 + len(s.Labels))
	attributes.PutStr("organization", organization)
	for _, l := range s.Labels {
		attributes.PutStr(l.Name, l.Value)
	}
	return p
}
