// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// placeholders are ids that are nobody, in lower case.
var placeholders = []string{
	"undefined", "null", "none", "nil", "nan", "0", "true", "false", "[object object]", "anonymous", "guest",
	"00000000-0000-0000-0000-000000000000",
}

// written returns a value as text, by its type in OTLP; "" where it has none
// that an id could have. Doubles that are whole are integers.
func written(value, otlpType string) string {
	switch otlpType {
	case "":
		return value
	case "int":
		return value
	case "double":
		f, err := strconv.ParseFloat(value, 64)
		if err == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
			return strconv.FormatFloat(f, 'f', 0, 64)
		}
	}
	return ""
}

// attribute returns an attribute as text.
func (e Event) attribute(name string) string { return written(e.Attributes[name], e.Types[name]) }

// id brings an id to the one way in which it is written.
func id(text string) string {
	invisible := func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("\u200b\u200c\u200d\u2060\ufeff", r)
	}
	return norm.NFC.String(strings.TrimFunc(text, invisible))
}

// isPlaceholder reports whether an id that was sent is nobody's.
func isPlaceholder(sent string) bool {
	named := id(sent)
	return sent != "" && (named == "" || slices.Contains(placeholders, strings.ToLower(named)))
}

// read returns an item as it is counted: with its ids as they are written in
// the end, and what its duplicates share with it.
func (e Event) read() Event {
	sent := e
	e.identity = sent.identify()
	e.UID = written(sent.UID, sent.Types["log.record.uid"])
	organization, user := written(sent.Organization, sent.Types["organization.id"]), written(sent.User, sent.Types["user.id"])
	e.Organization, e.User = id(organization), id(user)
	if isPlaceholder(organization) {
		e.Organization = ""
	}
	if e.nobody = isPlaceholder(user); e.nobody {
		e.User = ""
	}
	return e
}

// CountedUnder returns the organization under which an item is counted.
func (e Event) CountedUnder() string { return cmp.Or(e.read().Organization, usage.NoOrganization) }
