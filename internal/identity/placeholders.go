// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Blank stands, in a list of placeholders, for every id of nothing but blanks
// and invisible characters.
const Blank = " "

// DefaultPlaceholders are what programs write where they know nobody.
func DefaultPlaceholders() []string {
	return []string{
		"undefined", "null", "none", "nil", "NaN", "0", "true", "false", "[object Object]", "anonymous", "guest", Blank,
		"(null)", "<null>", "<nil>",
		"00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000",
	}
}

// Placeholders are ids that stand for nobody in particular: counted, they would
// make one person of everybody. Blanks around them and their case do not
// matter, whatever the normalization. The nil *Placeholders has none.
type Placeholders struct {
	// ascii is by length: nearly every id is compared with one or two.
	ascii [][]string
	// others may change their length with their case.
	others map[string]bool
	blank  bool
}

// NewPlaceholders returns the placeholders of a list.
func NewPlaceholders(list []string) *Placeholders {
	p := &Placeholders{others: map[string]bool{}}
	for _, id := range list {
		id = Spell(id, usage.Fold)
		ascii := isASCII(id)
		switch {
		case id == "":
			p.blank = true
		case ascii:
			for len(id) >= len(p.ascii) {
				p.ascii = append(p.ascii, nil)
			}
			p.ascii[len(id)] = append(p.ascii[len(id)], id)
		default:
			p.others[id] = true
		}
	}
	return p
}

// Has reports whether an id, which is not empty, is a placeholder.
func (p *Placeholders) Has(id string) bool {
	if p == nil {
		return false
	}
	id = trim(id)
	if id == "" {
		return p.blank
	}
	if len(id) < len(p.ascii) {
		for _, placeholder := range p.ascii[len(id)] {
			if strings.EqualFold(id, placeholder) {
				return true
			}
		}
	}
	return len(p.others) > 0 && p.others[Spell(id, usage.Fold)]
}

// Rule is how a ledger reads ids now: by which spelling, and which are nobody's.
type Rule struct {
	Normalize    usage.Normalization
	Placeholders *Placeholders
}

// RuleOf returns the rule of a ledger's extraction.
func RuleOf(x *usage.Extraction) Rule {
	return Rule{x.Spellings.Newest(), NewPlaceholders(x.Placeholders)}
}
