// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gates are the packages whose conditions are taken out.
var gates = []string{"internal/access", "internal/access/promql"}

// check is a condition, and where it is.
type check struct{ at, text string }

// switched returns a source in which each condition of an if, or of a case, does
// not hold once its switch is on.
func switched(t *testing.T, name string, source []byte, checks *[]check) []byte {
	t.Helper()
	lines := token.NewFileSet()
	file, err := parser.ParseFile(lines, name, source, 0)
	require.NoError(t, err)
	type piece struct {
		at   int
		text string
	}
	var pieces []piece
	off := func(e ast.Expr) {
		from, to := lines.Position(e.Pos()).Offset, lines.Position(e.End()).Offset
		pieces = append(pieces, piece{from, "("}, piece{to, fmt.Sprintf(") && !switchedOff(%d)", len(*checks))})
		*checks = append(*checks, check{fmt.Sprintf("%s:%d", filepath.Base(name), lines.Position(e.Pos()).Line), string(source[from:to])})
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			off(n.Cond)
		case *ast.SwitchStmt:
			for _, s := range n.Body.List {
				if c := s.(*ast.CaseClause); n.Tag == nil && len(c.List) == 1 {
					off(c.List[0])
				}
			}
		}
		return true
	})
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.at - b.at })
	var out strings.Builder
	last := 0
	for _, p := range pieces {
		out.Write(source[last:p.at])
		out.WriteString(p.text)
		last = p.at
	}
	out.Write(source[last:])
	return []byte(out.String())
}

func TestEachCheckOfTheGateIsHeldByATest(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	for _, gate := range gates {
		t.Run(gate, func(t *testing.T) {
			dir, scratch := filepath.Join(root, gate), t.TempDir()
			files, err := filepath.Glob(filepath.Join(dir, "*.go"))
			require.NoError(t, err)
			overlay := struct{ Replace map[string]string }{map[string]string{}}
			put := func(name string, text []byte) {
				file := filepath.Join(scratch, filepath.Base(name))
				require.NoError(t, os.WriteFile(file, text, 0o600))
				overlay.Replace[name] = file
			}
			var checks []check
			for _, name := range files {
				if strings.HasSuffix(name, "_test.go") {
					continue
				}
				source, err := os.ReadFile(name)
				require.NoError(t, err)
				put(name, switched(t, name, source, &checks))
			}
			put(filepath.Join(dir, "switch.go"), []byte(fmt.Sprintf("package %s\nimport (\"os\"; \"strconv\")\nvar off, _ = strconv.Atoi(os.Getenv(\"CHECK_OFF\"))\nfunc switchedOff(n int) bool { return n+1 == off }\n", filepath.Base(gate))))
			text, err := json.Marshal(overlay)
			require.NoError(t, err)
			file := filepath.Join(scratch, "overlay.json")
			require.NoError(t, os.WriteFile(file, text, 0o600))
			program := filepath.Join(scratch, "tests")
			build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", file, "-o", program, ".")
			build.Dir = dir
			said, err := build.CombinedOutput()
			require.NoError(t, err, "%s", said)
			run := func(off int) error {
				c := exec.CommandContext(t.Context(), program, "-test.failfast", "-test.timeout=60s")
				c.Dir, c.Env = dir, append(os.Environ(), fmt.Sprintf("CHECK_OFF=%d", off))
				return c.Run()
			}
			require.NoError(t, run(0), "with all its checks it has to pass")
			require.NotEmpty(t, checks)
			for i, c := range checks {
				if run(i+1) == nil {
					t.Errorf("%s: no test fails without: %s", c.at, c.text)
				}
			}
			t.Logf("%d checks", len(checks))
		})
	}
}
