// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var deprecated = regexp.MustCompile(`(?m)^// Deprecated:`)

// TestDeprecatedModulesHaveAPlan looks at the go.mod of each module that packages of
// this one are built of, in the version that they have.
func TestDeprecatedModulesHaveAPlan(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test", "-f", "{{with .Module}}{{.Path}} {{.GoMod}}{{end}}", "./...")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	plan, found := read(t, "docs/dependencies.md").text, 0
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		module, file, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || seen[module] {
			continue
		}
		seen[module] = true
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if deprecated.Match(text) {
			found++
			require.Contains(t, plan, "`"+module+"`", "is deprecated: say in docs/dependencies.md what comes instead, and when")
		}
	}
	require.Greater(t, len(seen), 100)
	require.Positive(t, found, "github.com/golang/protobuf is: leave it out of the plan and of this test once it is gone")
}
