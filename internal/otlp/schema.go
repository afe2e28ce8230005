// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import "github.com/otelcol-usage/otelcol-usage/internal/usage"

// kind is what a field holds.
type kind uint8

const (
	unknown  kind = iota // skipped, whatever it is
	varint               // integer, bool, enumeration
	fixed64              // also double
	fixed32              //
	text                 // string, bytes
	traceID              // 16 bytes or none
	spanID               // 8 bytes or none
	nested               // a message
	fixed64s             // a list of fixed64, packed or not
	varints              // a list of varint, packed or not
	texts                // a list of strings
)

// field is a field of a message.
type field struct {
	kind    kind
	message *message
	// element is 1 where entries are repeated: these are what a request is
	// measured by.
	element int
	// item is 1 where an entry is an item of usage.
	item int
	// event is 1 where it is an event of a span.
	event int
	// deeper is 1 where what it holds is a list or a map.
	deeper int
	// cost is how many bytes an entry takes that pdata has decoded, without
	// what it holds and refers to: measured, and rounded up.
	cost int
}

// message is what the fields of a message hold, by their numbers.
type message struct {
	fields [maxField + 1]field
	// deprecated is what field 1000 holds, which stood in for field 2 once.
	deprecated field
}

// maxField is the highest number in use, 1000 excepted.
const maxField = 16

func (m *message) field(number int32) *field {
	switch {
	case uint32(number) <= maxField:
		return &m.fields[number]
	case number == deprecatedField:
		return &m.deprecated
	}
	return &noField
}

const deprecatedField = 1000

var noField field

// one is a message that a message has at most one of.
func one(m *message, cost int) field { return field{kind: nested, message: m, cost: cost} }

// list is a message that a message has any number of.
func list(m *message, cost int) field {
	return field{kind: nested, message: m, cost: cost, element: 1}
}

// items is list for those that are items of usage.
func items(m *message, cost int) field {
	return field{kind: nested, message: m, cost: cost, element: 1, item: 1}
}

// is a field of a kind that holds no message.
func is(k kind) field { return field{kind: k} }

// The messages of OTLP 1.10, as far as pdata knows them. Costs of lists by
// value hold room for the list to grow, those of lists by pointer the pointer.
var (
	anyValue, keyValue message // refer to each other

	attributes = list(&keyValue, 110)
	aValue     = one(&anyValue, 0)

	arrayValue   = message{fields: [maxField + 1]field{1: list(&anyValue, 45)}}
	keyValueList = message{fields: [maxField + 1]field{1: attributes}}

	entityRef = message{fields: [maxField + 1]field{1: is(text), 2: is(text), 3: is(texts), 4: is(texts)}}
	resource  = message{fields: [maxField + 1]field{1: attributes, 2: is(varint), 3: list(&entityRef, 130)}}
	scope     = message{fields: [maxField + 1]field{1: is(text), 2: is(text), 3: attributes, 4: is(varint)}}

	logRecord = message{fields: [maxField + 1]field{
		1: is(fixed64), 2: is(varint), 3: is(text), 5: aValue, 6: attributes, 7: is(varint), 8: is(fixed32),
		9: is(traceID), 10: is(spanID), 11: is(fixed64), 12: is(text),
	}}
	scopeLogs    = under(&scope, items(&logRecord, 200))
	resourceLogs = under(&resource, list(&scopeLogs, 180))

	spanEvent = message{fields: [maxField + 1]field{1: is(fixed64), 2: is(text), 3: attributes, 4: is(varint)}}
	spanLink  = message{fields: [maxField + 1]field{1: is(traceID), 2: is(spanID), 3: is(text), 4: attributes, 5: is(varint), 6: is(fixed32)}}
	status    = message{fields: [maxField + 1]field{2: is(text), 3: is(varint)}}
	span      = message{fields: [maxField + 1]field{
		1: is(traceID), 2: is(spanID), 3: is(text), 4: is(spanID), 5: is(text), 6: is(varint), 7: is(fixed64), 8: is(fixed64),
		9: attributes, 10: is(varint), 11: {kind: nested, message: &spanEvent, cost: 90, element: 1, item: 1, event: 1}, 12: is(varint), 13: list(&spanLink, 120), 14: is(varint),
		15: one(&status, 0), 16: is(fixed32),
	}}
	scopeSpans    = under(&scope, items(&span, 320))
	resourceSpans = under(&resource, list(&scopeSpans, 180))

	exemplar = message{fields: [maxField + 1]field{
		2: is(fixed64), 3: is(fixed64), 4: is(spanID), 5: is(traceID), 6: is(fixed64), 7: attributes,
	}}
	exemplars = list(&exemplar, 220)
	buckets   = message{fields: [maxField + 1]field{1: is(varint), 2: is(varints)}}
	quantile  = message{fields: [maxField + 1]field{1: is(fixed64), 2: is(fixed64)}}

	numberPoint = message{fields: [maxField + 1]field{
		2: is(fixed64), 3: is(fixed64), 4: is(fixed64), 5: exemplars, 6: is(fixed64), 7: attributes, 8: is(varint),
	}}
	histogramPoint = message{fields: [maxField + 1]field{
		2: is(fixed64), 3: is(fixed64), 4: is(fixed64), 5: is(fixed64), 6: is(fixed64s), 7: is(fixed64s), 8: exemplars,
		9: attributes, 10: is(varint), 11: is(fixed64), 12: is(fixed64),
	}}
	exponentialPoint = message{fields: [maxField + 1]field{
		1: attributes, 2: is(fixed64), 3: is(fixed64), 4: is(fixed64), 5: is(fixed64), 6: is(varint), 7: is(fixed64),
		8: one(&buckets, 0), 9: one(&buckets, 0), 10: is(varint), 11: exemplars, 12: is(fixed64), 13: is(fixed64), 14: is(fixed64),
	}}
	summaryPoint = message{fields: [maxField + 1]field{
		2: is(fixed64), 3: is(fixed64), 4: is(fixed64), 5: is(fixed64), 6: list(&quantile, 35), 7: attributes, 8: is(varint),
	}}
	gauge                = message{fields: [maxField + 1]field{1: items(&numberPoint, 150)}}
	sum                  = message{fields: [maxField + 1]field{1: items(&numberPoint, 150), 2: is(varint), 3: is(varint)}}
	histogram            = message{fields: [maxField + 1]field{1: items(&histogramPoint, 260), 2: is(varint)}}
	exponentialHistogram = message{fields: [maxField + 1]field{1: items(&exponentialPoint, 340), 2: is(varint)}}
	summary              = message{fields: [maxField + 1]field{1: items(&summaryPoint, 150)}}

	metric = message{fields: [maxField + 1]field{
		1: is(text), 2: is(text), 3: is(text), 5: one(&gauge, 40), 7: one(&sum, 50), 9: one(&histogram, 50),
		10: one(&exponentialHistogram, 50), 11: one(&summary, 40), 12: attributes,
	}}
	scopeMetrics    = under(&scope, list(&metric, 150))
	resourceMetrics = under(&resource, list(&scopeMetrics, 180))

	requests = [usage.NumSignals]message{
		usage.Logs:    {fields: [maxField + 1]field{1: list(&resourceLogs, 170)}},
		usage.Traces:  {fields: [maxField + 1]field{1: list(&resourceSpans, 170)}},
		usage.Metrics: {fields: [maxField + 1]field{1: list(&resourceMetrics, 170)}},
	}
)

func init() {
	keyValue = message{fields: [maxField + 1]field{1: is(text), 2: aValue, 3: is(varint)}}
	anyValue = message{fields: [maxField + 1]field{
		1: is(text), 2: is(varint), 3: is(varint), 4: is(fixed64),
		5: {kind: nested, message: &arrayValue, cost: 50, deeper: 1},
		6: {kind: nested, message: &keyValueList, cost: 50, deeper: 1},
		7: is(text), 8: is(varint),
	}}
}

// under is the message that has records below the resource or scope of them all.
func under(above *message, below field) message {
	m := message{fields: [maxField + 1]field{1: one(above, 0), 2: below, 3: is(text)}}
	if above == &resource {
		m.deprecated = below
	}
	return m
}
