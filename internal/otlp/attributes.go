// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"iter"
	"slices"
)

// Fields are the contents of the length-delimited fields of a number in a message of
// a checked request, in order.
func Fields(message []byte, number int32) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(message) > 0 {
			var n int32
			var bytes []byte
			if n, _, bytes, message = Next(message); n == number && !yield(bytes) {
				return
			}
		}
	}
}

// Merge is a message that comes in parts, which is what they are in a row.
func Merge(a, b []byte) []byte {
	if len(a) == 0 {
		return b
	}
	return append(slices.Clip(a), b...)
}

// Attributes are the fields of a number in a message of a checked request.
type Attributes struct {
	message []byte
	field   int32
}

// Map is the attributes in a map that is a value.
func Map(v *Any) Attributes { return Attributes{v.Bytes, 1} }

// All are keys with their values as messages, see AnyOf.
func (a Attributes) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for rest := a.message; len(rest) > 0; {
			var n int32
			var bytes []byte
			if n, _, bytes, rest = Next(rest); n != a.field {
				continue
			}
			if !yield(attribute(bytes)) {
				return
			}
		}
	}
}

func attribute(b []byte) (key, value []byte) {
	// As nearly all are written: a short key, a short value, and no more.
	if len(b) > 3 && b[0] == 1<<3|2 && b[1] < 0x80 {
		if at := 2 + int(b[1]); at+1 < len(b) && b[at] == 2<<3|2 && int(b[at+1]) == len(b)-at-2 && b[at+1] < 0x80 {
			return b[2:at:at], b[at+2:]
		}
	}
	for len(b) > 0 {
		var number int32
		var bytes []byte
		switch number, _, bytes, b = Next(b); number {
		case 1:
			key = bytes
		case 2:
			value = Merge(value, bytes)
		}
	}
	return key, value
}

// stretch is where in a message the fields of a number stand, from the first to
// the last: senders write them in a row, and who looks for them again need not
// pass over the others.
type stretch struct{ from, to int }

// note enters a field that stands before rest, and behind what was before rest.
func (s *stretch) note(message, before, rest []byte) {
	if s.to == 0 {
		s.from = len(message) - len(before)
	}
	s.to = len(message) - len(rest)
}

func (s *stretch) attributes(message []byte, field int32) Attributes {
	return Attributes{message[s.from:s.to], field}
}

// Kind is what an Any is. Numbers are those of pdata's ValueType.
type Kind uint8

// The kinds.
const (
	Empty Kind = iota
	String
	Int
	Double
	Bool
	KeyValues
	List
	Binary
)

// Any is an AnyValue: the last that it says is what it is.
type Any struct {
	Kind  Kind
	Bits  uint64 // of a number or bool; of bytes how many
	Bytes []byte // of a string or bytes what they are; of a list or map its message
}

// AnyOf reads the message of a value.
func AnyOf(b []byte) (v Any) {
	for len(b) > 0 {
		var number int32
		var bits uint64
		var bytes []byte
		switch number, bits, bytes, b = Next(b); number {
		case 1:
			v = Any{Kind: String, Bytes: bytes}
		case 2:
			v = Any{Kind: Bool, Bits: min(bits, 1)}
		case 3:
			v = Any{Kind: Int, Bits: bits}
		case 4:
			v = Any{Kind: Double, Bits: bits}
		case 5:
			v = Any{Kind: List, Bytes: bytes}
		case 6:
			v = Any{Kind: KeyValues, Bytes: bytes}
		case 7:
			v = Any{Kind: Binary, Bits: uint64(len(bytes)), Bytes: bytes}
		case 8: // a string of profiles, which pdata knows nothing of either
			v = Any{}
		}
	}
	return v
}

// Elements are the messages of the values in a list that is a value.
func Elements(v *Any) iter.Seq[[]byte] { return Fields(v.Bytes, 1) }
