// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package sheet

import (
	"iter"
	"strings"
	"unicode"
)

// guard is what spreadsheets take for the sign of a text.
const guard = '\''

// guarded returns a text with an apostrophe before what a spreadsheet would
// take for a formula: where it begins so, and where it would begin if the
// spreadsheet cut the text, by a separator of its locale or at the end of a
// line.
func guarded(text string) string {
	var b strings.Builder
	if strings.IndexFunc(text, controls) == 0 {
		b.WriteRune(guard)
		b.WriteByte(text[0])
		text = text[1:]
	}
	for part := range parts(text) {
		if strings.IndexFunc(strings.TrimLeftFunc(part, passedOver), calculates) == 0 {
			b.WriteRune(guard)
		}
		b.WriteString(part)
	}
	return b.String()
}

// parts returns what a text consists of, each part with the separator that ends
// it.
func parts(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			end := strings.IndexFunc(text, separates) + 1
			if end == 0 {
				end = len(text)
			}
			if !yield(text[:end]) {
				return
			}
			text = text[end:]
		}
	}
}

// controls reports whether a spreadsheet may drop the character at the begin of a
// text, and look at the next one.
func controls(r rune) bool { return r == '\t' || r == '\r' || r == '\n' }

// calculates reports whether a formula begins with the character; those of full
// width are such in Japanese locales.
func calculates(r rune) bool { return strings.ContainsRune("=+-@＝＋－＠", r) }

// separates reports whether a spreadsheet may cut a text behind the character,
// though it is quoted: in a locale whose separator is not the comma quotes
// within a line are text.
func separates(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }

// passedOver reports whether a spreadsheet may overlook the character at the
// begin: blanks, what has no width, and quotes.
func passedOver(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '"'
}
