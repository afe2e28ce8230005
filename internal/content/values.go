// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package content

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/otlp"
)

// Map writes attributes that pdata has decoded.
func (h *Hash) Map(m pcommon.Map) { h.mapAt(m, 0) }

// Value writes a value that pdata has decoded.
func (h *Hash) Value(v pcommon.Value) { h.valueAt(v, 0) }

func (h *Hash) mapAt(m pcommon.Map, depth int) {
	first := len(h.sums)
	for key, value := range m.All() {
		start := len(h.buffer)
		h.Text(key)
		h.valueAt(value, depth)
		h.sums = append(h.sums, h.Cut(start))
	}
	h.sorted(first)
}

func (h *Hash) valueAt(v pcommon.Value, depth int) {
	if depth > maxDepth {
		return
	}
	h.Byte(byte(v.Type()))
	switch v.Type() {
	case pcommon.ValueTypeStr:
		h.Text(v.Str())
	case pcommon.ValueTypeInt:
		h.Number(uint64(v.Int()))
	case pcommon.ValueTypeDouble:
		h.Number(math.Float64bits(v.Double()))
	case pcommon.ValueTypeBool:
		h.Bool(v.Bool())
	case pcommon.ValueTypeBytes:
		h.Number(uint64(v.Bytes().Len()))
		for _, b := range v.Bytes().All() {
			h.Byte(b)
		}
	case pcommon.ValueTypeMap:
		h.mapAt(v.Map(), depth+1)
	case pcommon.ValueTypeSlice:
		h.Number(uint64(v.Slice().Len()))
		for _, element := range v.Slice().All() {
			h.valueAt(element, depth+1)
		}
	case pcommon.ValueTypeEmpty:
	}
}

// Attributes writes what Map would of the same attributes.
func (h *Hash) Attributes(of otlp.Attributes) { h.attributesAt(of, 0) }

// Any writes what Value would of the value that a message is.
func (h *Hash) Any(message []byte) { h.anyAt(message, 0) }

func (h *Hash) attributesAt(of otlp.Attributes, depth int) {
	first := len(h.sums)
	for key, v := range of.All() {
		start := len(h.buffer)
		h.Bytes(key)
		h.anyAt(v, depth)
		h.sums = append(h.sums, h.Cut(start))
	}
	h.sorted(first)
}

func (h *Hash) anyAt(message []byte, depth int) {
	if depth > maxDepth {
		return
	}
	v := otlp.AnyOf(message)
	h.Byte(byte(v.Kind))
	switch v.Kind {
	case otlp.String, otlp.Binary:
		h.Bytes(v.Bytes)
	case otlp.Int, otlp.Double:
		h.Number(v.Bits)
	case otlp.Bool:
		h.Bool(v.Bits != 0)
	case otlp.KeyValues:
		h.attributesAt(otlp.Map(&v), depth+1)
	case otlp.List:
		n := uint64(0)
		for range otlp.Elements(&v) {
			n++
		}
		h.Number(n)
		for element := range otlp.Elements(&v) {
			h.anyAt(element, depth+1)
		}
	case otlp.Empty:
	}
}
