// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package usagerouteprocessor

import (
	"iter"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// splitMetrics moves data points: those of one metric may be of several
// organizations.
func splitMetrics(md pmetric.Metrics, items []usage.Item, s *sorter[pmetric.Metrics]) {
	d := distribution{items: items, sorter: s}
	for r, resource := range md.ResourceMetrics().All() {
		for c, scope := range resource.ScopeMetrics().All() {
			for m, metric := range scope.Metrics().All() {
				d.at, d.resource, d.scope, d.metric = position{r, c, m}, resource, scope, metric
				d.move()
			}
		}
	}
}

// distribution is the metric whose points are moved.
type distribution struct {
	items []usage.Item // of points that have not been moved
	*sorter[pmetric.Metrics]

	at       position
	resource pmetric.ResourceMetrics
	scope    pmetric.ScopeMetrics
	metric   pmetric.Metric
}

func (d *distribution) move() {
	var sizer pmetric.ProtoMarshaler
	switch m := d.metric; m.Type() {
	case pmetric.MetricTypeSum:
		moveEach(d, m.Sum().DataPoints(), sizer.NumberDataPointSize, func(to pmetric.Metric) appender[pmetric.NumberDataPoint] { return to.Sum().DataPoints() })
	case pmetric.MetricTypeGauge:
		moveEach(d, m.Gauge().DataPoints(), sizer.NumberDataPointSize, func(to pmetric.Metric) appender[pmetric.NumberDataPoint] { return to.Gauge().DataPoints() })
	case pmetric.MetricTypeHistogram:
		moveEach(d, m.Histogram().DataPoints(), sizer.HistogramDataPointSize, func(to pmetric.Metric) appender[pmetric.HistogramDataPoint] { return to.Histogram().DataPoints() })
	case pmetric.MetricTypeExponentialHistogram:
		moveEach(d, m.ExponentialHistogram().DataPoints(), sizer.ExponentialHistogramDataPointSize, func(to pmetric.Metric) appender[pmetric.ExponentialHistogramDataPoint] {
			return to.ExponentialHistogram().DataPoints()
		})
	case pmetric.MetricTypeSummary:
		moveEach(d, m.Summary().DataPoints(), sizer.SummaryDataPointSize, func(to pmetric.Metric) appender[pmetric.SummaryDataPoint] { return to.Summary().DataPoints() })
	case pmetric.MetricTypeEmpty: // it has no point
	}
}

type appender[P any] interface{ AppendEmpty() P }

// moveEach moves the points of a metric of some type.
func moveEach[P interface{ MoveTo(P) }](d *distribution, from interface{ All() iter.Seq2[int, P] }, size func(P) int, points func(pmetric.Metric) appender[P]) {
	for _, point := range from.All() {
		of := d.items[0].Organization
		p := d.next(d.place(of), of, size(point), pmetric.NewMetrics)
		d.items = d.items[1:]
		point.MoveTo(points(d.metricOf(p)).AppendEmpty())
	}
}

// metricOf returns the metric of a part, without points at first, below copies of
// resource and scope.
func (d *distribution) metricOf(p *part[pmetric.Metrics]) pmetric.Metric {
	if p.at.resource != d.at.resource {
		to := p.data.ResourceMetrics().AppendEmpty()
		d.resource.Resource().CopyTo(to.Resource())
		to.SetSchemaUrl(d.resource.SchemaUrl())
		p.at.scope = -1
	}
	scopes := p.data.ResourceMetrics().At(p.data.ResourceMetrics().Len() - 1).ScopeMetrics()
	if p.at.scope != d.at.scope {
		to := scopes.AppendEmpty()
		d.scope.Scope().CopyTo(to.Scope())
		to.SetSchemaUrl(d.scope.SchemaUrl())
		p.at.metric = -1
	}
	metrics := scopes.At(scopes.Len() - 1).Metrics()
	if p.at.metric != d.at.metric {
		d.shell(metrics.AppendEmpty())
	}
	p.at = d.at
	return metrics.At(metrics.Len() - 1)
}

// shell writes what is said of all points of the metric.
func (d *distribution) shell(to pmetric.Metric) {
	from := d.metric
	to.SetName(from.Name())
	to.SetDescription(from.Description())
	to.SetUnit(from.Unit())
	from.Metadata().CopyTo(to.Metadata())
	switch from.Type() {
	case pmetric.MetricTypeSum:
		sum := to.SetEmptySum()
		sum.SetIsMonotonic(from.Sum().IsMonotonic())
		sum.SetAggregationTemporality(from.Sum().AggregationTemporality())
	case pmetric.MetricTypeGauge:
		to.SetEmptyGauge()
	case pmetric.MetricTypeHistogram:
		to.SetEmptyHistogram().SetAggregationTemporality(from.Histogram().AggregationTemporality())
	case pmetric.MetricTypeExponentialHistogram:
		to.SetEmptyExponentialHistogram().SetAggregationTemporality(from.ExponentialHistogram().AggregationTemporality())
	case pmetric.MetricTypeSummary:
		to.SetEmptySummary()
	case pmetric.MetricTypeEmpty:
	}
}

func joinMetrics(parts []*part[pmetric.Metrics], attribute string) pmetric.Metrics {
	all := pmetric.NewMetrics()
	for _, p := range parts {
		for _, resource := range p.data.ResourceMetrics().All() {
			resource.Resource().Attributes().PutStr(attribute, p.place)
		}
		p.data.ResourceMetrics().MoveAndAppendTo(all.ResourceMetrics())
	}
	return all
}
