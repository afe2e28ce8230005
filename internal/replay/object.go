// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"errors"
	"slices"
)

var (
	errNoRequest = errors.New("no OTLP request: a line has to be an object with resourceLogs, resourceSpans or resourceMetrics")
	errTorn      = errors.New("no OTLP request: the object does not end in this line, which is torn off; write one object a line")
)

// cutObject cuts the first JSON object off a text. keys are its own, not those
// of what is in it. The object is whole, and may still be no JSON inside.
func cutObject(text []byte) (object []byte, keys []string, rest []byte, err error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' {
		return nil, nil, nil, errNoRequest
	}
	depth, isKey := 0, false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := endOfString(text, i+1)
			if end < 0 {
				return nil, nil, nil, errTorn
			}
			if depth == 1 && isKey {
				keys, isKey = append(keys, string(text[i+1:end])), false
			}
			i = end
		case '{', '[':
			depth++
			isKey = depth == 1
		case '}', ']':
			if depth--; depth == 0 {
				return text[:i+1], keys, bytes.TrimSpace(text[i+1:]), nil
			}
		case ',':
			isKey = depth == 1
		}
	}
	return nil, nil, nil, errTorn
}

// endOfString returns the index of the quote that ends a string, or -1.
func endOfString(text []byte, from int) int {
	for i := from; i < len(text); i++ {
		next := bytes.IndexAny(text[i:], `"\`)
		if next < 0 {
			return -1
		}
		if i += next; text[i] == '"' {
			return i
		}
		i++ // what is escaped
	}
	return -1
}

// has reports whether one of the keys is a name, in either of the spellings that
// OTLP/JSON is read in.
func has(keys []string, camel, snake string) bool {
	return slices.Contains(keys, camel) || slices.Contains(keys, snake)
}
