// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagereceiver

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// present are the series that a collection had, by organization in its order.
type present []organizationSeries

type organizationSeries struct {
	organization string
	series       []*usage.Series
}

// presentIn lists the series of a collection, which itself is of its minute only.
func presentIn(c usage.Collection) present {
	p := make(present, len(c.Organizations))
	for i := range c.Organizations {
		o := &c.Organizations[i]
		all := make([]*usage.Series, len(o.Figures))
		for j := range o.Figures {
			all[j] = o.Figures[j].Series
		}
		p[i] = organizationSeries{o.Organization, all}
	}
	return p
}

// endedSince returns the series that were in before and are not in p. From one
// minute to the next an organization nearly always has the same series in the
// same order, so only where it has not are they looked at one by one.
func (p present) endedSince(before present) present {
	now := make(map[string][]*usage.Series, len(p))
	for _, o := range p {
		now[o.organization] = o.series
	}
	var ended present
	for _, o := range before {
		if still := now[o.organization]; !slices.Equal(o.series, still) {
			ended = append(ended, organizationSeries{o.organization, without(o.series, still)})
		}
	}
	return ended
}

func without(all, some []*usage.Series) []*usage.Series {
	left := make(map[*usage.Series]struct{}, len(some))
	for _, s := range some {
		left[s] = struct{}{}
	}
	var rest []*usage.Series
	for _, s := range all {
		if _, still := left[s]; !still {
			rest = append(rest, s)
		}
	}
	return rest
}

// convert returns a collection as metrics, and the series in it. A series that
// the collection before had and this one has not ends with a point without a
// value, which stores keep as a stale marker: the gauge does not linger on.
//
//	one resource without attributes, one scope without a name
//	  one metric for each series name
//	    one point for each organization and set of labels
func convert(c usage.Collection, before present) (pmetric.Metrics, present) {
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
			w.point(o.Organization, f.Series).SetDoubleValue(f.Value)
		}
	}
	now := presentIn(c)
	for _, o := range now.endedSince(before) {
		for _, s := range o.series {
			w.point(o.organization, s).SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		}
	}
	return md, now
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

func (w *writer) point(organization string, s *usage.Series) pmetric.NumberDataPoint {
	p := w.points(s).AppendEmpty()
	p.SetTimestamp(w.at)
	if s.Counter {
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
