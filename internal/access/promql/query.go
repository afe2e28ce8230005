// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promql

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// language is PromQL without its experimental functions: info would read series
// that no selector of the query names.
var language = parser.NewParser(parser.Options{})

// Query returns text with each of its selectors bound. An error says where it
// is no PromQL.
func (b *Bound) Query(text string) (string, error) {
	expr, err := language.ParseExpr(text)
	if err != nil {
		return "", fmt.Errorf("query is no PromQL that can be bound to organizations: %w", err)
	}
	if b.everything {
		return text, nil
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			selector.LabelMatchers = b.bind(selector.LabelMatchers)
		}
		return nil
	})
	return expr.String(), nil
}

// Selectors returns the match[] of a request for series, labels, their values
// or a federation, each bound. Where none is asked for it returns one that
// matches all that may be read; what asks without any would be answered from
// everything.
func (b *Bound) Selectors(match []string) ([]string, error) {
	if b.everything {
		return match, nil
	}
	if len(match) == 0 {
		return []string{(&parser.VectorSelector{LabelMatchers: b.Matchers()}).String()}, nil
	}
	bound := make([]string, len(match))
	for i, text := range match {
		matchers, err := language.ParseMetricSelector(text)
		if err != nil {
			return nil, fmt.Errorf("match[] %q is no selector that can be bound to organizations: %w", text, err)
		}
		bound[i] = (&parser.VectorSelector{LabelMatchers: b.bind(matchers)}).String()
	}
	return bound, nil
}

// bind returns matchers that match nothing but what may be read.
//
// What absent() answers follows from the equalities that are written, and is to
// be the same over a store of these organizations alone. So one that names such
// an organization is enough, and one that names another is left alone beside
// matchers that match nothing.
func (b *Bound) bind(matchers []*labels.Matcher) []*labels.Matcher {
	other := false
	for _, m := range matchers {
		if m.Name == organization && m.Type == labels.MatchEqual {
			if b.named[m.Value] {
				return matchers
			}
			other = true
		}
	}
	if other {
		return append(matchers, nothing...)
	}
	return append(matchers, b.Matchers()...)
}
