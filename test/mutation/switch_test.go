// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// switchFile is what a package gets beside the switches of its checks.
const switchFile = `package %s

import ("os"; "strconv")

var off, _ = strconv.Atoi(os.Getenv("CHECK_OFF"))

func switchedOff(n int) bool { return n == off }

func switched[T any](n int, without, with T) T {
	if switchedOff(n) {
		return without
	}
	return with
}
`

// check is one, and where it is.
type check struct{ at, text string }

// rights are what a condition asks for that is a check, wherever it stands.
var rights = regexp.MustCompile(`\b(Sees|SeesAll|Writes|WritesAll|Nobody|Delegate|Everything)\(`)

// filters are calls that leave something out, by the argument that has all of it; of
// DeleteFunc those that ask for rights.
var filters = map[string]int{"slices.DeleteFunc": 0, "seen.By": 1, "bind": 1, "s.admit": 1}

// weaker is what a route could be taken to need.
var weaker = map[string]string{"writeAll": "seeAny", "writeOne": "seeOne", "seeAll": "seeAny", "seeAny": "public"}

// source is a file whose checks get switches.
type source struct {
	name  string
	text  []byte
	whole func(function string) bool // all its conditions are checks
	lines *token.FileSet
	put   []piece
	// checks are those of the package so far.
	checks *[]check
}

// piece is a text that is put into a source.
type piece struct {
	at   int
	end  bool // it closes what another one opened
	text string
}

// switched returns the source with a switch for each check: once that is on, it is as
// if the check were not there.
func (s *source) switched(t *testing.T) []byte {
	t.Helper()
	s.lines = token.NewFileSet()
	file, err := parser.ParseFile(s.lines, s.name, s.text, 0)
	require.NoError(t, err)
	for _, d := range file.Decls {
		name, body := "", ast.Node(d)
		if f, is := d.(*ast.FuncDecl); is {
			name = f.Name.Name
		}
		ast.Inspect(body, func(n ast.Node) bool {
			s.visit(n, s.whole(name))
			return true
		})
	}
	// What is opened first is closed last.
	slices.Reverse(s.put)
	var ends, starts []piece
	for _, p := range s.put {
		if p.end {
			ends = append(ends, p)
		} else {
			starts = append([]piece{p}, starts...)
		}
	}
	all := append(ends, starts...)
	slices.SortStableFunc(all, func(a, b piece) int { return a.at - b.at })
	var out strings.Builder
	last := 0
	for _, p := range all {
		out.Write(s.text[last:p.at])
		out.WriteString(p.text)
		last = p.at
	}
	out.Write(s.text[last:])
	return []byte(out.String())
}

func (s *source) visit(n ast.Node, whole bool) {
	switch n := n.(type) {
	case *ast.IfStmt:
		s.condition(n.Cond, whole, token.LOR)
	case *ast.SwitchStmt:
		for _, c := range n.Body.List {
			if c := c.(*ast.CaseClause); n.Tag == nil && len(c.List) == 1 {
				s.condition(c.List[0], whole, token.LOR)
			}
		}
	case *ast.BinaryExpr:
		if n.Op == token.LAND || n.Op == token.LOR {
			s.condition(n.X, whole, n.Op)
			s.condition(n.Y, whole, n.Op)
		}
	case *ast.CompositeLit:
		if len(n.Elts) > 1 {
			s.need(n.Elts[len(n.Elts)-1])
			s.need(n.Elts[min(2, len(n.Elts)-1)])
		}
	case *ast.CallExpr:
		if arg, is := filters[s.of(n.Fun)]; is && (s.of(n.Fun) != "slices.DeleteFunc" || rights.MatchString(s.of(n))) {
			s.around(n, fmt.Sprintf("switched(%%d, %s, ", s.of(n.Args[arg])), ")")
		}
	}
}

// condition is off when it does not hold, or, between ands, when it holds.
func (s *source) condition(e ast.Expr, whole bool, op token.Token) {
	if chain, is := e.(*ast.BinaryExpr); is && chain.Op == op || !whole && !rights.MatchString(s.of(e)) {
		return // its operands are
	}
	if op == token.LAND {
		s.around(e, "(switchedOff(%d) || (", "))")
		return
	}
	s.around(e, "(!switchedOff(%d) && (", "))")
}

func (s *source) need(e ast.Expr) {
	if less := weaker[s.of(e)]; less != "" && strings.Contains(string(s.text), "	"+less+" ") {
		s.around(e, "switched(%d, "+less+", ", ")")
	}
}

func (s *source) around(e ast.Expr, before, after string) {
	*s.checks = append(*s.checks, check{fmt.Sprintf("%s:%d", filepath.Base(s.name), s.lines.Position(e.Pos()).Line), s.of(e)})
	s.put = append(s.put, piece{s.lines.Position(e.Pos()).Offset, false, fmt.Sprintf(before, len(*s.checks))}, piece{s.lines.Position(e.End()).Offset, true, after})
}

func (s *source) of(n ast.Node) string {
	return string(s.text[s.lines.Position(n.Pos()).Offset:s.lines.Position(n.End()).Offset])
}
