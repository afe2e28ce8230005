// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"math"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// The engine bounds the samples of a query and nothing else: labels that it
// makes grow by the number of sources at each label_join, and many things are
// allocated by series. What a query needs follows from its shape and from the
// series that its selectors read, which are all read before anything is made of
// them; so that is when it is estimated, and the query ended.

const (
	// seriesBytes is what the engine has for a series beside its labels and
	// points, readBytes what it has more for one that a selector reads.
	seriesBytes = 150
	readBytes   = 350
	pointBytes  = 16
	// pooledPoints is how many points the engine reserves for a series that it
	// makes, however many there will be.
	pooledPoints = 5000
	// answerBytes is a point in JSON, twice for the buffer that grows.
	answerBytes = 60
	// numberBytes is the longest number as a label's value.
	numberBytes = 25
)

// selected is what a selector has read: how many series, the longest value of a
// label and the most bytes of labels.
type selected struct{ series, value, labels float64 }

// extent is the same of a result, at most, and the points that it has room for.
type extent struct {
	selected
	points float64
}

func (x extent) bytes() float64 { return x.series*(seriesBytes+x.labels) + x.points*pointBytes }

// made returns x as a step of the engine makes it anew.
func (x selected) made(g grid) extent {
	return extent{x, x.series * min(g.steps(), pooledPoints)}
}

// both returns the union of x and y.
func (x selected) both(y selected) selected {
	return selected{x.series + y.series, max(x.value, y.value), max(x.labels, y.labels)}
}

// needs is what an expression needs: its result and the most that there is at a
// time until it is there, in bytes.
type needs struct {
	extent
	peak float64
}

// check refuses a query that needs too much for what its selectors have read so
// far.
func (s *shape) check() error {
	var n needs
	if s.expr == nil { // series are asked for
		for _, read := range s.read {
			n.selected = n.both(read)
		}
	} else {
		var err error
		if n, err = s.estimate(s.expr, s.grid); err != nil {
			return err
		}
	}
	for _, read := range s.read {
		n.peak += read.series * (readBytes + read.labels)
	}
	answer := n.bytes() + 2*n.series*n.labels + n.points*answerBytes
	if mib := math.Ceil(max(n.peak, answer) / (1 << 20)); mib > float64(s.limits.Memory) {
		return refusal("max_memory_mib", s.limits.Memory, int64(min(mib, 1<<53)), "the memory in MiB that it may need", "select fewer series, take a longer step, or make fewer and shorter labels")
	}
	return nil
}

// estimate returns what expr needs on g.
func (s *shape) estimate(expr parser.Expr, g grid) (needs, error) {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		read := s.read[s.selectors[e]]
		x := extent{read, min(read.series*g.steps(), float64(s.limits.Samples))}
		return needs{x, x.bytes()}, nil
	case *parser.MatrixSelector:
		return s.estimate(e.VectorSelector, grid{})
	case *parser.SubqueryExpr:
		return s.estimate(e.Expr, g.within(e))
	case *parser.ParenExpr:
		return s.estimate(e.Expr, g)
	case *parser.StepInvariantExpr:
		n, err := s.estimate(e.Expr, grid{})
		return n.then(n.made(g)), err
	case *parser.UnaryExpr:
		return s.estimate(e.Expr, g)
	case *parser.AggregateExpr:
		return s.aggregate(e, g)
	case *parser.BinaryExpr:
		return s.binary(e, g)
	case *parser.Call:
		return s.call(e, g)
	default: // a number or a text
		return needs{}.then(selected{series: 1}.made(g)), nil
	}
}

// then returns what is needed where x is made of n.
func (n needs) then(x extent) needs { return needs{x, max(n.peak, n.bytes()+x.bytes())} }

func (s *shape) aggregate(e *parser.AggregateExpr, g grid) (needs, error) {
	n, err := s.estimate(e.Expr, g)
	x := n.selected
	if e.Op == parser.COUNT_VALUES {
		x.series = min(x.series*g.steps(), float64(s.limits.Samples))
		x.value = max(x.value, numberBytes)
		x.labels += numberBytes + float64(len(text(e.Param)))
	}
	return n.then(x.made(g)), err
}

func (s *shape) binary(e *parser.BinaryExpr, g grid) (needs, error) {
	left, err := s.estimate(e.LHS, g)
	if err != nil {
		return left, err
	}
	right, err := s.estimate(e.RHS, g)
	x := left.selected
	switch {
	case e.Op == parser.LOR:
		x = left.both(right.selected)
	case e.Op == parser.LAND, e.Op == parser.LUNLESS:
	case e.LHS.Type() == parser.ValueTypeScalar:
		x = right.selected
	case e.VectorMatching != nil && e.VectorMatching.Card == parser.CardManyToOne:
		x.labels, x.value = left.labels+right.labels, max(left.value, right.value)
	case e.VectorMatching != nil && e.VectorMatching.Card == parser.CardOneToMany:
		x = selected{right.series, max(left.value, right.value), left.labels + right.labels}
	}
	made := x.made(g)
	return needs{made, max(left.peak, left.bytes()+right.peak, left.bytes()+right.bytes()+made.bytes())}, err
}

func (s *shape) call(e *parser.Call, g grid) (needs, error) {
	var arg needs
	held := 0.0 // by arguments before
	for _, a := range e.Args {
		n, err := s.estimate(a, g)
		if err != nil {
			return n, err
		}
		arg.peak = max(arg.peak, held+n.peak)
		held += n.bytes()
		if a.Type() == parser.ValueTypeVector || a.Type() == parser.ValueTypeMatrix {
			arg.extent = n.extent
		}
	}
	x := arg.selected
	switch e.Func.Name {
	case "label_replace":
		dst, replacement, pattern := text(e.Args[1]), text(e.Args[2]), text(e.Args[4])
		if work := x.series * max(x.value, 1) * float64(regexSteps(pattern)); work > maxWork {
			return arg, fmt.Errorf("query refused: its regular expression in label_replace may need %.0f steps for %.0f series, more than %d: select fewer series or match less", work, x.series, maxWork)
		}
		x = x.labelled(float64(strings.Count(replacement, "$"))*x.value+float64(len(replacement)), dst)
	case "label_join":
		sources := float64(len(e.Args) - 3)
		x = x.labelled(sources*x.value+max(sources-1, 0)*float64(len(text(e.Args[2]))), text(e.Args[1]))
	case "absent", "absent_over_time":
		size := float64(s.limits.Length) // the labels are in the query
		x = selected{1, size, size}
	case "vector", "scalar", "time", "pi":
		x = selected{series: 1}
	default:
		if len(e.Args) == 0 {
			x = selected{series: 1}
		}
	}
	made := x.made(g)
	return needs{made, max(arg.peak, held+made.bytes())}, nil
}

// labelled returns x with one more label, or another value of one that it has.
func (x selected) labelled(value float64, name string) selected {
	return selected{x.series, max(x.value, value), x.labels + value + float64(len(name))}
}

// text returns a literal's text.
func text(expr parser.Expr) string {
	switch e := expr.(type) {
	case *parser.StringLiteral:
		return e.Val
	case *parser.ParenExpr:
		return text(e.Expr)
	case *parser.StepInvariantExpr:
		return text(e.Expr)
	default:
		return ""
	}
}
