// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/otelcol-usage/otelcol-usage/test/campaign"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gate is a package that has checks.
type gate struct {
	directory string
	// whole are files, or functions as FILE:FUNCTION, of which each condition is a
	// check; nil: all files are. Elsewhere those are that ask for rights.
	whole []string
	// tests are of which package; "": of its own.
	tests string
	// slow tests are run where the others do not fail.
	slow string
	// sample is how many checks are taken out in `make test`; 0: all.
	sample int
}

var gates = []gate{
	{directory: "internal/access"},
	{directory: "internal/access/promql"},
	{directory: "internal/admission"},
	{directory: "internal/api", whole: []string{"gate.go", "routes.go:guarded", "routes.go:plainly"}, slow: "TestAnswersAreThoseOf", sample: 4},
	{directory: "internal/api/seen", tests: "internal/api", slow: "TestAnswersAreThoseOf", sample: 2},
	{directory: "internal/promstore", whole: []string{"bound.go", "api.go:admit"}, slow: "TestAnswersToPromQL|TestEachEndpoint", sample: 4},
	{directory: "plugin/pkg/plugin", whole: []string{"person.go", "store.go:ask", "store.go:restrict", "api.go:rights", "resources.go:forPerson", "resources.go:filled", "resources.go:segment"}, sample: 4},
}

// only are the tests of a package that hold its gate; the others would take long.
var only = map[string]string{
	"internal/promstore": "TestTheMatrix|TestWhatIsRead|TestWhoCannot|TestTheRoutes|TestAnswersToPromQL|TestEachEndpoint",
}

func TestEachCheckOfTheGateIsHeldByATest(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	for _, g := range gates {
		t.Run(g.directory, func(t *testing.T) {
			checks, program := g.build(t, root)
			require.NotEmpty(t, checks)
			require.False(t, g.fails(t, root, program, 0), "with all its checks it has to pass")
			for _, n := range g.taken(len(checks)) {
				if !g.fails(t, root, program, n+1) {
					t.Errorf("%s/%s: no test fails without: %s", g.directory, checks[n].at, checks[n].text)
				}
			}
			t.Logf("%d of %d checks taken out", len(g.taken(len(checks))), len(checks))
		})
	}
}

// taken returns which of so many checks are taken out.
func (g *gate) taken(of int) (numbers []int) {
	some := of
	if g.sample > 0 && !campaign.Long() {
		some = min(g.sample, of)
	}
	for n := range some {
		numbers = append(numbers, n*of/some)
	}
	return numbers
}

func (g *gate) isWhole(file, function string) bool {
	return g.whole == nil || slices.Contains(g.whole, file) || slices.Contains(g.whole, file+":"+function)
}

// build returns the checks of a package and its tests with a switch for each.
func (g *gate) build(t *testing.T, root string) (checks []check, program string) {
	t.Helper()
	dir, scratch := filepath.Join(root, g.directory), t.TempDir()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	put := func(name string, text []byte) {
		file := filepath.Join(scratch, filepath.Base(name))
		require.NoError(t, os.WriteFile(file, text, 0o600))
		overlay.Replace[name] = file
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		s := source{name: name, text: text, checks: &checks, whole: func(function string) bool { return g.isWhole(filepath.Base(name), function) }}
		put(name, s.switched(t))
	}
	put(filepath.Join(dir, "switch.go"), fmt.Appendf(nil, switchFile, filepath.Base(g.directory)))
	text, err := json.Marshal(overlay)
	require.NoError(t, err)
	list := filepath.Join(scratch, "overlay.json")
	require.NoError(t, os.WriteFile(list, text, 0o600))
	program = filepath.Join(scratch, "tests")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", list, "-o", program, ".")
	build.Dir = g.testsIn(root)
	said, err := build.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return checks, program
}

func (g *gate) testsIn(root string) string {
	if g.tests != "" {
		return filepath.Join(root, g.tests)
	}
	return filepath.Join(root, g.directory)
}

// fails reports whether a test fails without a check; 0: with all.
func (g *gate) fails(t *testing.T, root, program string, off int) bool {
	t.Helper()
	run := func(which ...string) error {
		c := exec.CommandContext(t.Context(), program, append(which, "-test.failfast", "-test.timeout=5m")...)
		c.Dir, c.Env = g.testsIn(root), append(os.Environ(), fmt.Sprintf("CHECK_OFF=%d", off), "USAGE_CAMPAIGN=")
		return c.Run()
	}
	held := only[g.directory]
	if g.slow == "" {
		return run("-test.run="+held) != nil
	}
	return run("-test.run="+held, "-test.skip="+g.slow) != nil || run("-test.run="+g.slow) != nil
}
