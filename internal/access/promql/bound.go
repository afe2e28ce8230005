// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promql

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"
)

// organization is the label that every series of usage has.
const organization = "organization"

// Bound is which organizations a query may read. The zero Bound reads nothing.
type Bound struct {
	everything bool
	named      map[string]bool
	among      *labels.Matcher // nil: none is named
}

// Everything is of who may read all that a store has.
func Everything() *Bound { return &Bound{everything: true} }

// To returns what may be read of organizations by their ids.
func To(ids []string) *Bound {
	b := &Bound{named: make(map[string]bool, len(ids))}
	var quoted []string
	for _, id := range ids {
		// A series without the label is no organization's, and what is no UTF-8 is
		// in no label.
		if id == "" || !utf8.ValidString(id) || b.named[id] {
			continue
		}
		b.named[id] = true
		quoted = append(quoted, regexp.QuoteMeta(id))
	}
	if len(quoted) > 0 {
		b.among = labels.MustNewMatcher(labels.MatchRegexp, organization, strings.Join(quoted, "|"))
	}
	return b
}

// Everything reports whether all may be read that there is.
func (b *Bound) Everything() bool { return b.everything }

// Sees reports whether an organization may be read.
func (b *Bound) Sees(id string) bool { return b.everything || b.named[id] }

// Matchers are what a series has to match beside what is asked for.
func (b *Bound) Matchers() []*labels.Matcher {
	switch {
	case b.everything:
		return nil
	case b.among == nil:
		return nothing
	default:
		return []*labels.Matcher{b.among}
	}
}

// nothing matches no series, whatever it has: a label is one thing at a time.
var nothing = []*labels.Matcher{
	labels.MustNewMatcher(labels.MatchEqual, "__nothing__", "0"),
	labels.MustNewMatcher(labels.MatchEqual, "__nothing__", "1"),
}
