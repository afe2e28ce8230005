// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import "fmt"

// Brackets of JSON that one list or map of OTLP takes at most, and those that
// a request has around its values:
//
//	{"kvlistValue":{"values":[{"key":"k","value":
const (
	bracketsPerNesting = 4
	bracketsAround     = 16
)

// maxBrackets is how deep the check can tell lists from objects.
const maxBrackets = 1024

// MaxNesting is the highest limit of nesting that JSON can be held to.
const MaxNesting = (maxBrackets - bracketsAround) / bracketsPerNesting

// What pdata takes at most for an object and for an entry of a list.
const (
	objectCost = 400
	entryCost  = 32
)

// CheckJSON measures a request of JSON, or the beginning of one, by its
// brackets and commas. It knows nothing of the schema, and whether the bytes
// are JSON is found out by the decoder.
func CheckJSON(request []byte, limits Limits) (Shape, error) {
	shape := Shape{Decoded: int64(len(request))}
	deepest := limits.Nesting*bracketsPerNesting + bracketsAround
	var isList [maxBrackets/64 + 1]uint64
	depth := 0
	for i := 0; i < len(request); i++ {
		switch request[i] {
		case '"':
			i = quoteAfter(request, i+1)
		case '{', '[':
			if depth++; depth > deepest {
				return shape, fmt.Errorf("lists and maps lie in one another more than %d deep (limits::nesting): flatten the values, or raise it", limits.Nesting)
			}
			word, bit := depth/64, uint64(1)<<(depth%64)
			isList[word] &^= bit
			if request[i] == '{' {
				shape.Decoded += objectCost
				continue
			}
			isList[word] |= bit
			shape.Elements++
			shape.Decoded += entryCost
		case '}', ']':
			depth = max(0, depth-1)
		case ',':
			if isList[depth/64]>>(depth%64)&1 != 0 {
				shape.Elements++
				shape.Decoded += entryCost
			}
		}
		if shape.Elements > limits.Elements {
			return shape, tooMany(limits.Elements)
		}
	}
	return shape, nil
}

// quoteAfter returns where the string ends that goes on at i.
func quoteAfter(b []byte, i int) int {
	for ; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i
}
