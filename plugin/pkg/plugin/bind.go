// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// bind returns the expression with every selector bound to the organizations.
func bind(expression string, organizations []string) (string, error) {
	root, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	if err != nil {
		return "", fmt.Errorf("query: %w", err)
	}
	matcher, err := labels.NewMatcher(labels.MatchRegexp, "organization", alternatives(organizations))
	if err != nil {
		return "", err
	}
	parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			s.LabelMatchers = append(s.LabelMatchers, matcher)
		}
		return nil
	})
	return root.String(), nil
}

// alternatives is a pattern of exactly these.
func alternatives(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return strings.Join(quoted, "|")
}
