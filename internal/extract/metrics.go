// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"math"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottldatapoint"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/content"
	"github.com/otelcol-usage/otelcol-usage/internal/millionths"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Metrics appends one item for each data point.
func (e *Extractor) Metrics(md pmetric.Metrics, bound string, b *usage.Batch) {
	w := e.walker(usage.Metrics, bound, b)
	defer w.release()
	for _, resource := range md.ResourceMetrics().All() {
		w.atPdata(resource.Resource())
		for _, scope := range resource.ScopeMetrics().All() {
			w.atPdataScope(scope.Scope())
			w.point.resource, w.point.scope = resource, scope
			for _, metric := range scope.Metrics().All() {
				w.point.metric = metric
				w.metric(metric)
			}
		}
	}
}

// metric hands on the points of any kind of metric; only those of a delta sum
// can be usage.
func (w *walker) metric(m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeSum:
		delta := m.Sum().AggregationTemporality() == pmetric.AggregationTemporalityDelta
		for _, p := range m.Sum().DataPoints().All() {
			if delta {
				w.delta(m, p)
			} else {
				refuse(w, m, p)
			}
		}
	case pmetric.MetricTypeGauge:
		for _, p := range m.Gauge().DataPoints().All() {
			refuse(w, m, p)
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			refuse(w, m, p)
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			refuse(w, m, p)
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			refuse(w, m, p)
		}
	case pmetric.MetricTypeEmpty:
	}
}

func (w *walker) delta(m pmetric.Metric, p pmetric.NumberDataPoint) {
	w.point.record = p
	r := record{
		source:     &w.point,
		action:     m.Name(),
		time:       p.Timestamp(),
		attributes: w.pdata(p.Attributes()),
	}
	switch p.ValueType() {
	case pmetric.NumberDataPointValueTypeInt:
		r.number, r.flaw = millionths.FromInt(p.IntValue())
		r.nothing = p.IntValue() == 0
	case pmetric.NumberDataPointValueTypeDouble:
		r.number, r.flaw = millionths.FromDouble(p.DoubleValue())
		r.nothing = p.DoubleValue() == 0
	case pmetric.NumberDataPointValueTypeEmpty:
		r.nothing = true
	}
	r.nothing = r.nothing || p.Flags().NoRecordedValue()
	w.item(r)
}

// dataPoint is what the points of all kinds of metric have in common.
type dataPoint interface {
	Timestamp() pcommon.Timestamp
	Attributes() pcommon.Map
	Flags() pmetric.DataPointFlags
}

// refuse appends the item of a point that does not say what happened since
// the point before it.
func refuse[P dataPoint](w *walker, m pmetric.Metric, p P) {
	w.item(record{
		source:     &w.point,
		action:     m.Name(),
		time:       p.Timestamp(),
		attributes: w.pdata(p.Attributes()),
		refused:    usage.ReasonTemporality,
		nothing:    p.Flags().NoRecordedValue(),
	})
}

// pointSource is the data point at which a walker stands.
type pointSource struct {
	resource pmetric.ResourceMetrics
	scope    pmetric.ScopeMetrics
	metric   pmetric.Metric
	record   pmetric.NumberDataPoint // of a delta sum; conditions are asked of no other
}

func (*pointSource) uid(*walker) string { return "" }

// content is the rest of the stream's identity, which always is a delta sum's,
// and what the point says of it.
func (s *pointSource) content(h *content.Hash) {
	h.Byte(kindPoint)
	h.Text(s.metric.Unit())
	h.Bool(s.metric.Sum().IsMonotonic())
	h.Number(uint64(s.record.StartTimestamp()))
	h.Byte(byte(s.record.ValueType()))
	switch s.record.ValueType() {
	case pmetric.NumberDataPointValueTypeInt:
		h.Number(uint64(s.record.IntValue()))
	case pmetric.NumberDataPointValueTypeDouble:
		h.Number(math.Float64bits(s.record.DoubleValue()))
	case pmetric.NumberDataPointValueTypeEmpty:
	}
}

func (*pointSource) thinned() bool { return false }

func (s *pointSource) holds(c *condition) (bool, bool) {
	item := ottldatapoint.NewTransformContext(s.resource, s.scope, s.metric, s.record)
	defer item.Close()
	return holds(c.dataPoint, item)
}
