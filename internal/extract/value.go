// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-usage/otelcol-usage/internal/millionths"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// value is the value of an attribute as rules read it, whatever it is read from.
// Lists and maps are none to them but for their kind.
type value struct {
	kind pcommon.ValueType
	text string // of a string
	bits uint64 // of a number or bool; of bytes how many
}

func valueOf(v pcommon.Value) value {
	switch kind := v.Type(); kind {
	case pcommon.ValueTypeStr:
		return value{kind: kind, text: v.Str()}
	case pcommon.ValueTypeInt:
		return value{kind: kind, bits: uint64(v.Int())}
	case pcommon.ValueTypeDouble:
		return value{kind: kind, bits: math.Float64bits(v.Double())}
	case pcommon.ValueTypeBool:
		if v.Bool() {
			return value{kind: kind, bits: 1}
		}
		return value{kind: kind}
	case pcommon.ValueTypeBytes:
		return value{kind: kind, bits: uint64(v.Bytes().Len())}
	default:
		return value{kind: kind}
	}
}

func (v *value) int() int64      { return int64(v.bits) }
func (v *value) double() float64 { return math.Float64frombits(v.bits) }
func (v *value) bool() bool      { return v.bits != 0 }

// numberOf returns an attribute's value in millionths. A negative value is
// returned as it is: only the meter knows whether it takes corrections.
func numberOf(v value) (int64, usage.Reason) {
	switch v.kind {
	case pcommon.ValueTypeStr:
		return millionths.Parse(v.text)
	case pcommon.ValueTypeInt:
		return millionths.FromInt(v.int())
	case pcommon.ValueTypeDouble:
		return millionths.FromDouble(v.double())
	case pcommon.ValueTypeEmpty, pcommon.ValueTypeBool, pcommon.ValueTypeMap, pcommon.ValueTypeSlice, pcommon.ValueTypeBytes:
	}
	return 0, usage.ReasonBadValue
}
