// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// identity is a time series of the store: a series of an organization.
type identity struct {
	organization string
	series       *usage.Series
}

// present are the series that a collection had.
type present map[identity]struct{}

// convert returns a collection as metrics, and the series in it. A series that
// the collection before had and this one has not ends with a point without a
// value, which stores keep as a stale marker: the gauge does not linger on.
//
//	one resource without attributes, one scope without a name
//	  one metric for each series name
//	    one point for each organization and set of labels
func convert(c usage.Collection, before present) (pmetric.Metrics, present) {
	now := make(present, len(before))
	md := pmetric.NewMetrics()
	w := writer{
		at:     pcommon.NewTimestampFromTime(c.At),
		slice:  md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics(),
		byName: map[string]pmetric.NumberDataPointSlice{},
	}
	w.reserve(c)
	for i := range c.Organizations {
		o := &c.Organizations[i]
		for _, f := range o.Figures {
			id := identity{o.Organization, f.Series}
			now[id] = struct{}{}
			w.point(id).SetDoubleValue(f.Value)
		}
	}
	for _, id := range ended(before, now) {
		w.point(id).SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
	}
	return md, now
}

// ended are the series that were there before, in an order that does not
// depend on chance.
func ended(before, now present) []identity {
	var gone []identity
	for id := range before {
		if _, still := now[id]; !still {
			gone = append(gone, id)
		}
	}
	slices.SortFunc(gone, func(a, b identity) int {
		return cmp.Or(
			cmp.Compare(a.organization, b.organization),
			cmp.Compare(a.series.Name, b.series.Name),
			slices.CompareFunc(a.series.Labels, b.series.Labels, func(a, b usage.Label) int {
				return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
			}),
		)
	})
	return gone
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
	m.SetName(metricName(s.Name))
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

// metricName is the OpenTelemetry name of a series. Its unit stays empty: a
// store would write it into the name.
func metricName(series string) string {
	if rest, ok := strings.CutPrefix(series, "usage_"); ok {
		return "usage." + rest
	}
	return series
}

func (w *writer) point(id identity) pmetric.NumberDataPoint {
	p := w.points(id.series).AppendEmpty()
	p.SetTimestamp(w.at)
	if id.series.Counter {
		p.SetStartTimestamp(pcommon.NewTimestampFromTime(id.series.Start))
	}
	attributes := p.Attributes()
	attributes.EnsureCapacity(1 + len(id.series.Labels))
	attributes.PutStr("organization", id.organization)
	for _, l := range id.series.Labels {
		attributes.PutStr(l.Name, l.Value)
	}
	return p
}
