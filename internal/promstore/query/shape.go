// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"math"
	"regexp/syntax"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/otelcol-usage/otelcol-usage/internal/aside"
)

// boundedParser parses what the limits allow. Prometheus' parser compiles the
// regular expressions that it reads, so they are judged before it does.
type boundedParser struct {
	parser.Parser
	limits Limits
}

func newParser(limits Limits) parser.Parser {
	return boundedParser{parser.NewParser(parser.Options{}), limits}
}

// ParseExpr parses a query.
func (p boundedParser) ParseExpr(input string) (parser.Expr, error) {
	if err := p.admit(input); err != nil {
		return nil, err
	}
	expr, err := p.Parser.ParseExpr(input)
	if err != nil {
		return nil, err
	}
	depth, selectors := 0, 0
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		depth = max(depth, len(path))
		if _, ok := node.(*parser.VectorSelector); ok {
			selectors++
		}
		return nil
	})
	switch {
	case depth > p.limits.Depth:
		return nil, refusal("max_depth", p.limits.Depth, depth, "its nesting", "split it, or let a recording rule compute a part")
	case selectors > p.limits.Selectors:
		return nil, refusal("max_selectors", p.limits.Selectors, selectors, "the number of its selectors", "split it, or select several series by one =~")
	}
	return expr, nil
}

// ParseMetricSelectors parses the match[] of a request.
func (p boundedParser) ParseMetricSelectors(matchers []string) ([][]*labels.Matcher, error) {
	if len(matchers) > p.limits.Selectors {
		return nil, refusal("max_selectors", p.limits.Selectors, len(matchers), "the number of its selectors", "ask in several requests")
	}
	for _, m := range matchers {
		if err := p.admit(m); err != nil {
			return nil, err
		}
	}
	return p.Parser.ParseMetricSelectors(matchers)
}

// admit judges the text: its length, its brackets and operators, the time for
// which grows with their square in the parser, and each string as if it were a
// regular expression, which only such of many repetitions are too large for.
func (p boundedParser) admit(input string) error {
	if len(input) > p.limits.Length {
		return refusal("max_length", p.limits.Length, len(input), "its length in bytes", "split it, or select several series by one =~")
	}
	lexer, size, joints := parser.Lex(input), 0, 0
	for {
		var item parser.Item
		lexer.NextItem(&item)
		switch {
		case item.Typ == parser.EOF, item.Typ == parser.ERROR:
			return nil // an error is the parser's to tell
		case item.Typ.IsOperator(), item.Typ == parser.LEFT_PAREN, item.Typ == parser.LEFT_BRACKET:
			if joints++; joints > maxJoints {
				return fmt.Errorf("query refused: it has more than %d operators and brackets: split it, or let a recording rule compute a part", maxJoints)
			}
		case item.Typ == parser.STRING:
			if len(item.Val) < 2 {
				continue
			}
			text := item.Val[1 : len(item.Val)-1]
			if size += max(regexSteps(text)-len(text), 0); size > regexSize {
				return fmt.Errorf("query refused: its regular expressions are of %d steps more than they are long, and more than %d are not allowed: repeat less in them, as .* for .{1000}", size, regexSize)
			}
		}
	}
}

// regexSteps is about how many steps a regular expression compiles to; of a
// text that is none, its length.
func regexSteps(pattern string) int {
	tree, err := syntax.Parse(pattern, syntax.Perl|syntax.DotNL)
	if err != nil {
		return len(pattern)
	}
	return int(min(treeSteps(tree), math.MaxInt32))
}

func treeSteps(tree *syntax.Regexp) float64 {
	steps := 1.0
	if tree.Op == syntax.OpLiteral {
		steps = float64(len(tree.Rune))
	}
	for _, sub := range tree.Sub {
		steps += treeSteps(sub)
	}
	if tree.Op == syntax.OpRepeat {
		steps *= float64(max(tree.Min, tree.Max, 1))
	}
	return steps
}

// shape is a query as it will be evaluated.
type shape struct {
	limits    Limits
	expr      parser.Expr
	grid      grid
	selectors map[*parser.VectorSelector]int // in the order in which they select
	read      []selected                     // by selector
	ofLast    []bool                         // by selector; none: of no query
	worker    aside.Worker                   // that reads
}

// grid is the instants at which an expression is evaluated.
type grid struct{ span, step float64 } // in ms; step 0: once

func (g grid) steps() float64 {
	if g.step <= 0 {
		return 1
	}
	return math.Floor(g.span/g.step) + 1
}

// within returns the grid of a subquery that is evaluated on g.
func (g grid) within(e *parser.SubqueryExpr) grid {
	step := float64(e.Step.Milliseconds())
	if step <= 0 {
		step = float64(subqueryStep.Milliseconds())
	}
	return grid{g.span + float64(e.Range.Milliseconds()), step}
}

// shapeOf parses a query as the engine will, or refuses it by its shape.
func shapeOf(p parser.Parser, limits Limits, query string, start, end time.Time, step time.Duration) (*shape, error) {
	expr, err := p.ParseExpr(query)
	if err != nil {
		return nil, err
	}
	if expr, err = promql.PreprocessExpr(expr, start, end, step); err != nil {
		return nil, err
	}
	s := &shape{limits: limits, expr: expr, selectors: map[*parser.VectorSelector]int{}}
	s.grid = grid{float64(end.Sub(start).Milliseconds()), float64(step.Milliseconds())}
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		if v, ok := node.(*parser.VectorSelector); ok {
			s.selectors[v] = len(s.selectors)
			s.ofLast = append(s.ofLast, isOfLast(path))
		}
		return nil
	})
	s.read = make([]selected, len(s.selectors))
	if err := s.checkSteps(expr, s.grid); err != nil {
		return nil, err
	}
	return s, s.check() // what it makes of nothing
}

// checkSteps refuses an expression that is evaluated too often: the engine
// reserves memory for each step of a subquery, and looks at the time only
// between the series of a function over ranges.
func (s *shape) checkSteps(expr parser.Node, g grid) error {
	if steps := g.steps(); steps > float64(s.limits.Steps) {
		return refusal("max_steps", s.limits.Steps, int64(min(steps, 1<<53)), "the number of its steps", "take a longer step or a shorter range")
	}
	within := g
	switch e := expr.(type) {
	case *parser.SubqueryExpr:
		within = g.within(e)
	case *parser.StepInvariantExpr:
		within = grid{}
	}
	for child := range parser.ChildrenIter(expr) {
		if err := s.checkSteps(child, within); err != nil {
			return err
		}
	}
	if e, ok := expr.(*parser.Call); ok {
		if work := g.steps() * windowPoints(e); work > maxWork {
			return fmt.Errorf("query refused: %s goes through %.0f points of each series, more than %d: take a longer step or a shorter range", e.Func.Name, work, maxWork)
		}
	}
	return nil
}

// windowPoints is how many points a function goes through at each step where
// nothing is read meanwhile, which would end when the time is up. Of a window
// that does not move (@), a sample a second is assumed.
func windowPoints(e *parser.Call) (points float64) {
	for _, arg := range e.Args {
		switch a := arg.(type) {
		case *parser.SubqueryExpr:
			points += grid{}.within(a).steps()
		case *parser.MatrixSelector:
			if v, ok := a.VectorSelector.(*parser.VectorSelector); ok && v.Timestamp != nil {
				points += a.Range.Seconds()
			}
		}
	}
	return points
}
