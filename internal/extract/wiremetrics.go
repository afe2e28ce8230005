// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-usage/otelcol-usage/internal/millionths"
	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// kindOfMetric says where the points of a kind of metric have what the walker
// asks of them.
type kindOfMetric struct{ attributes, flags int32 }

// kindsOfMetric are the kinds by the numbers that they have in a metric.
var kindsOfMetric = [...]kindOfMetric{
	5:       {7, 8},  // gauge
	sumKind: {7, 8},  //
	9:       {9, 10}, // histogram
	10:      {1, 10}, // exponential histogram
	11:      {7, 8},  // summary
}

const sumKind = 7

// wireMetric hands on the points of any kind of metric; only those of a delta
// sum can be usage.
func (w *walker) wireMetric(b []byte) {
	s := &w.wire.point
	*s = wirePoint{walker: w}
	var name, data []byte
	var kind int32 // 0: none
	for len(b) > 0 {
		var number int32
		var bytes []byte
		switch number, _, bytes, b = otlp.Next(b); number {
		case 1:
			name = bytes
		case 3:
			s.unit = bytes
		case 5, sumKind, 9, 10, 11:
			kind, data = number, bytes // the last is what it is
		}
	}
	delta := kind == sumKind && s.ofSum(data)
	w.wire.at.part = 0
	for len(data) > 0 {
		var number int32
		var point []byte
		if number, _, point, data = otlp.Next(data); number == 1 {
			w.wirePoint(borrow(name), point, kindsOfMetric[kind], delta)
			w.wire.at.part++
		}
	}
}

// ofSum reads what a sum says of all its points, and reports whether it is of
// deltas.
func (s *wirePoint) ofSum(b []byte) bool {
	temporality := uint64(0)
	for len(b) > 0 {
		var number int32
		var bits uint64
		switch number, bits, _, b = otlp.Next(b); number {
		case 2:
			temporality = bits
		case 3:
			s.monotonic = bits != 0
		}
	}
	return pmetric.AggregationTemporality(int32(temporality)) == pmetric.AggregationTemporalityDelta
}

// wirePoint appends the item of a point. The times of all kinds have one number,
// and so have the numbers of those that have one.
func (w *walker) wirePoint(name string, b []byte, kind kindOfMetric, delta bool) {
	s := &w.wire.point
	s.start, s.number, s.kind = 0, 0, pmetric.NumberDataPointValueTypeEmpty
	var time, flags uint64
	for rest := b; len(rest) > 0; {
		var number int32
		var bits uint64
		number, bits, _, rest = otlp.Next(rest)
		switch {
		case number == 2:
			s.start = bits
		case number == 3:
			time = bits
		case number == kind.flags:
			flags = bits
		case number == 4 && delta:
			s.number, s.kind = bits, pmetric.NumberDataPointValueTypeDouble
		case number == 6 && delta:
			s.number, s.kind = bits, pmetric.NumberDataPointValueTypeInt
		}
	}
	w.wire.record = wireMap{b, kind.attributes}
	r := record{
		source:     s,
		action:     name,
		time:       pcommon.Timestamp(time),
		attributes: &w.wire.record,
		nothing:    pmetric.DataPointFlags(flags).NoRecordedValue(),
	}
	if delta {
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
	kind      pmetric.NumberDataPointValueType
}

// read enters the number of a point of a delta sum.
func (s *wirePoint) read(r *record) {
	switch s.kind {
	case pmetric.NumberDataPointValueTypeInt:
		r.number, r.flaw = millionths.FromInt(int64(s.number))
		r.nothing = r.nothing || s.number == 0
	case pmetric.NumberDataPointValueTypeDouble:
		f := math.Float64frombits(s.number)
		r.number, r.flaw = millionths.FromDouble(f)
		r.nothing = r.nothing || f == 0
	case pmetric.NumberDataPointValueTypeEmpty:
		r.nothing = true
	}
}

func (*wirePoint) uid(*walker) string { return "" }

func (s *wirePoint) content(h *hasher) {
	h.buffer = append(h.buffer, kindPoint)
	h.text(borrow(s.unit))
	h.bool(s.monotonic)
	h.number(s.start)
	h.buffer = append(h.buffer, byte(s.kind))
	if s.kind != pmetric.NumberDataPointValueTypeEmpty {
		h.number(s.number)
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
