// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package extract

import (
	"regexp"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// comparison is the condition that an attribute of the item is, or is not, a
// given string or nil. Most conditions are one, and judged here they cost a
// tenth of OTTL and no allocation; the result is OTTL's.
type comparison struct {
	attribute string
	differs   bool    // != instead of ==
	text      *string // nil: OTTL's nil
}

// comparisonForm leaves to OTTL what OTTL makes another string of: escapes, and
// bytes that are no UTF-8, which stand as U+FFFD here.
var comparisonForm = regexp.MustCompile(`^\s*attributes\["([^"\\\x{FFFD}]+)"\]\s*([!=]=)\s*(?:nil|"([^"\\\x{FFFD}]*)")\s*$`)

// comparisonOf returns nil for conditions of any other form.
func comparisonOf(text string) *comparison {
	at := comparisonForm.FindStringSubmatchIndex(text)
	if at == nil {
		return nil
	}
	c := &comparison{attribute: text[at[2]:at[3]], differs: text[at[4]] == '!'}
	if at[6] >= 0 {
		literal := text[at[6]:at[7]]
		c.text = &literal
	}
	return c
}

func (c *comparison) holds(of attributes) bool {
	v, found := of.get(c.attribute)
	if c.text == nil {
		return (!found || isNil(v)) != c.differs
	}
	return (found && v.kind == pcommon.ValueTypeStr && v.text == *c.text) != c.differs
}

// isNil is true of values that are there and of which OTTL still makes nil.
func isNil(v value) bool {
	return v.kind == pcommon.ValueTypeEmpty || v.kind == pcommon.ValueTypeBytes && v.bits == 0
}
