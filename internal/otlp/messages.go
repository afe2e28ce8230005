// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import "iter"

// The messages of a checked request, as far as they are read field by field. What
// comes twice is what it was last, and a message that comes twice is merged, as
// protobuf has it. Bytes are the request's.

// The numbers that OTLP gives fields of all signals.
const (
	fieldAbove      = 1    // the resource of scopes, the scope of records
	fieldBelow      = 2    // scopes, records
	fieldDeprecated = 1000 // scopes, where there are none by the other number
)

// Resources are what a request has, by resource.
func (r *Request) Resources() iter.Seq[[]byte] { return Fields(r.Bytes, 1) }

// Resource reads what is of one resource, which may be said before or behind its
// scopes, and in parts.
func Resource(b []byte) (attributes Attributes, scopes iter.Seq[[]byte]) {
	var resource []byte
	below := int32(fieldDeprecated)
	for rest := b; len(rest) > 0; {
		var number int32
		var bytes []byte
		switch number, _, bytes, rest = Next(rest); number {
		case fieldAbove:
			resource = Merge(resource, bytes)
		case fieldBelow:
			below = fieldBelow
		}
	}
	return Attributes{resource, 1}, Fields(b, below)
}

// Around is what a message of a resource or of a scope says of itself: all but what
// lies below it.
func Around(b []byte) (around []byte) {
	for rest := b; len(rest) > 0; {
		before := rest
		var number int32
		if number, _, _, rest = Next(rest); number != fieldBelow && number != fieldDeprecated {
			around = append(around, before[:len(before)-len(rest)]...)
		}
	}
	return around
}

// Scope reads what is of one scope; records are metrics where the signal is theirs.
func Scope(b []byte) (name, version []byte, attributes Attributes, records iter.Seq[[]byte]) {
	var scope []byte
	for part := range Fields(b, fieldAbove) {
		scope = Merge(scope, part)
	}
	for rest := scope; len(rest) > 0; {
		var number int32
		var bytes []byte
		switch number, _, bytes, rest = Next(rest); number {
		case 1:
			name = bytes
		case 2:
			version = bytes
		}
	}
	return name, version, Attributes{scope, 3}, Fields(b, fieldBelow)
}

// LogRecord is a log record.
type LogRecord struct {
	Time, Observed, Severity uint64
	SeverityText, Name       []byte
	Body                     []byte // see AnyOf
	Trace, Span              []byte
	Attributes               Attributes
}

// LogRecordOf reads a log record.
func LogRecordOf(b []byte) (x LogRecord) {
	const field = 6
	var attributes stretch
	for rest := b; len(rest) > 0; {
		var number int32
		var bits uint64
		var bytes []byte
		before := rest
		switch number, bits, bytes, rest = Next(rest); number {
		case 1:
			x.Time = bits
		case 2:
			x.Severity = bits
		case 3:
			x.SeverityText = bytes
		case 5:
			x.Body = Merge(x.Body, bytes)
		case field:
			attributes.note(b, before, rest)
		case 9:
			x.Trace = bytes
		case 10:
			x.Span = bytes
		case 11:
			x.Observed = bits
		case 12:
			x.Name = bytes
		}
	}
	x.Attributes = attributes.attributes(b, field)
	return x
}

// Span is a span.
type Span struct {
	Trace, Span, Parent []byte
	State, Name         []byte
	Kind, Start, End    uint64
	Status              []byte // see Status
	Attributes          Attributes
	events              []byte
}

// SpanOf reads a span.
func SpanOf(b []byte) (x Span) {
	const field = 9
	var attributes, events stretch
	for rest := b; len(rest) > 0; {
		var number int32
		var bits uint64
		var bytes []byte
		before := rest
		switch number, bits, bytes, rest = Next(rest); number {
		case 1:
			x.Trace = bytes
		case 2:
			x.Span = bytes
		case 3:
			x.State = bytes
		case 4:
			x.Parent = bytes
		case 5:
			x.Name = bytes
		case 6:
			x.Kind = bits
		case 7:
			x.Start = bits
		case 8:
			x.End = bits
		case field:
			attributes.note(b, before, rest)
		case 11:
			events.note(b, before, rest)
		case 15:
			x.Status = Merge(x.Status, bytes)
		}
	}
	x.Attributes, x.events = attributes.attributes(b, field), b[events.from:events.to]
	return x
}

// Status reads the status of a span.
func Status(b []byte) (code uint64, message []byte) {
	for len(b) > 0 {
		var number int32
		var bits uint64
		var bytes []byte
		switch number, bits, bytes, b = Next(b); number {
		case 2:
			message = bytes
		case 3:
			code = bits
		}
	}
	return code, message
}

// Events are the events of a span.
func (x *Span) Events() iter.Seq[[]byte] { return Fields(x.events, 11) }

// SpanEvent is an event of a span.
type SpanEvent struct {
	Time       uint64
	Name       []byte
	Attributes Attributes
}

// SpanEventOf reads an event of a span.
func SpanEventOf(b []byte) (x SpanEvent) {
	x.Attributes = Attributes{b, 3}
	for rest := b; len(rest) > 0; {
		var number int32
		var bits uint64
		var bytes []byte
		switch number, bits, bytes, rest = Next(rest); number {
		case 1:
			x.Time = bits
		case 2:
			x.Name = bytes
		}
	}
	return x
}

// MetricKind is what a metric is, by the number that it has in the message.
type MetricKind int32

// Sum is the one kind of which more is read than attributes, time and flags.
const Sum MetricKind = 7

// The numbers that fields have in the points of a kind of metric.
var pointFields = [...]struct{ attributes, flags int32 }{
	5:   {7, 8},  // gauge
	Sum: {7, 8},  //
	9:   {9, 10}, // histogram
	10:  {1, 10}, // exponential histogram
	11:  {7, 8},  // summary
}

// Metric is a metric.
type Metric struct {
	Name, Unit []byte
	Kind       MetricKind // 0: none; the last is what it is
	// Of a sum.
	Temporality uint64
	Monotonic   bool
	data        []byte
}

// MetricOf reads a metric.
func MetricOf(b []byte) (x Metric) {
	for len(b) > 0 {
		var number int32
		var bytes []byte
		switch number, _, bytes, b = Next(b); number {
		case 1:
			x.Name = bytes
		case 3:
			x.Unit = bytes
		case 5, int32(Sum), 9, 10, 11:
			x.Kind, x.data = MetricKind(number), bytes
		}
	}
	if x.Kind != Sum {
		return x
	}
	for rest := x.data; len(rest) > 0; {
		var number int32
		var bits uint64
		switch number, bits, _, rest = Next(rest); number {
		case 2:
			x.Temporality = bits
		case 3:
			x.Monotonic = bits != 0
		}
	}
	return x
}

// Points are the data points of a metric.
func (x *Metric) Points() iter.Seq[[]byte] { return Fields(x.data, 1) }

// Point is a data point. The times of all kinds have one number, and so have the
// numbers of those that have one.
type Point struct {
	Start, Time, Flags uint64
	Number             uint64
	NumberKind         Kind // Empty, Int or Double
	Attributes         Attributes
}

// PointOf reads a data point; a number where it is of a kind that has one.
func PointOf(kind MetricKind, b []byte) (x Point) {
	fields := pointFields[kind]
	x.Attributes = Attributes{b, fields.attributes}
	for rest := b; len(rest) > 0; {
		var number int32
		var bits uint64
		number, bits, _, rest = Next(rest)
		switch {
		case number == 2:
			x.Start = bits
		case number == 3:
			x.Time = bits
		case number == fields.flags:
			x.Flags = bits
		case number == 4 && kind == Sum:
			x.Number, x.NumberKind = bits, Double
		case number == 6 && kind == Sum:
			x.Number, x.NumberKind = bits, Int
		}
	}
	return x
}
