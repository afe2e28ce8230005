// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/content"
	"github.com/otelcol-usage/otelcol-usage/internal/millionths"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// wireMetric hands on the points of any kind of metric; only those of a delta
// sum can be usage.
func (w *walker) wireMetric(b []byte) {
	m := otlp.MetricOf(b)
	s := &w.wire.point
	*s = wirePoint{walker: w, unit: m.Unit, monotonic: m.Monotonic}
	delta := m.Kind == otlp.Sum && pmetric.AggregationTemporality(int32(m.Temporality)) == pmetric.AggregationTemporalityDelta
	w.wire.at.part = 0
	for point := range m.Points() {
		w.wirePoint(borrow(m.Name), otlp.PointOf(m.Kind, point), delta)
		w.wire.at.part++
	}
}

// wirePoint appends the item of a point.
func (w *walker) wirePoint(name string, p otlp.Point, delta bool) {
	s := &w.wire.point
	s.start, s.number, s.kind = p.Start, 0, otlp.Empty
	w.wire.record = wireMap{p.Attributes}
	r := record{
		source:     s,
		action:     name,
		time:       pcommon.Timestamp(p.Time),
		attributes: &w.wire.record,
		nothing:    pmetric.DataPointFlags(p.Flags).NoRecordedValue(),
	}
	if delta {
		s.number, s.kind = p.Number, p.NumberKind
		s.read(&r)
	} else {
		r.refused = usage.ReasonTemporality
	}
	w.item(r)
}

// wirePoint is the data point at which a walker stands.
type wirePoint struct {
	walker    *walker
	unit      []byte
	monotonic bool
	start     uint64
	number    uint64
	kind      otlp.Kind // of number, see numberTypes
}

// numberTypes are the kinds of a point's number as pdata has them.
var numberTypes = [...]pmetric.NumberDataPointValueType{
	otlp.Empty: pmetric.NumberDataPointValueTypeEmpty, otlp.Int: pmetric.NumberDataPointValueTypeInt, otlp.Double: pmetric.NumberDataPointValueTypeDouble,
}

// read enters the number of a point of a delta sum.
func (s *wirePoint) read(r *record) {
	switch s.kind {
	case otlp.Int:
		r.number, r.flaw = millionths.FromInt(int64(s.number))
		r.nothing = r.nothing || s.number == 0
	case otlp.Double:
		f := math.Float64frombits(s.number)
		r.number, r.flaw = millionths.FromDouble(f)
		r.nothing = r.nothing || f == 0
	default:
		r.nothing = true
	}
}

func (*wirePoint) uid(*walker) string { return "" }

func (s *wirePoint) content(h *content.Hash) {
	h.Byte(kindPoint)
	h.Bytes(s.unit)
	h.Bool(s.monotonic)
	h.Number(s.start)
	h.Byte(byte(numberTypes[s.kind]))
	if s.kind != otlp.Empty {
		h.Number(s.number)
	}
}

func (*wirePoint) thinned() bool { return false }

func (s *wirePoint) holds(c *condition) (bool, bool) {
	r := &s.walker.wire
	r.decode()
	resource := r.metrics.ResourceMetrics().At(r.at.resource)
	scope := resource.ScopeMetrics().At(r.at.scope)
	metric := scope.Metrics().At(r.at.record)
	decoded := pointSource{resource, scope, metric, metric.Sum().DataPoints().At(r.at.part)}
	return decoded.holds(c)
}
