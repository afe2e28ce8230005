// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package distribution

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAReleaseThatNobodyPreparedIsRefused runs scripts/release.sh on copies of the
// files that it looks at, and expects it to say what is missing before it builds.
func TestAReleaseThatNobodyPreparedIsRefused(t *testing.T) {
	const (
		builder = "dist:\n  version: 1.2.0\n"
		chart   = "version: 1.2.0\nappVersion: 1.2.0\n"
		changes = "## [Unreleased]\n\n## [1.2.0] - 2026-11-29\n\n* Something.\n"
	)
	for name, c := range map[string]struct{ version, builder, chart, changes, want string }{
		"no version":         {"", builder, chart, changes, `VERSION: "": write three numbers, as make release VERSION=0.2.0`},
		"a tag":              {"v1.2.0", builder, chart, changes, `VERSION: "v1.2.0": write three numbers`},
		"no entry":           {"1.3.0", builder, chart, changes, `VERSION: "1.3.0": CHANGELOG.md has no entry for it: write one below Unreleased, as ## [1.3.0] - `},
		"an entry undated":   {"1.2.0", builder, chart, "## [1.2.0]\n", `CHANGELOG.md has no entry for it`},
		"points are points":  {"1.2.0", builder, chart, "## [1x2x0] - 2026-11-29\n", `CHANGELOG.md has no entry for it`},
		"another program":    {"1.2.0", "dist:\n  version: 1.1.0\n", chart, changes, `VERSION: "1.2.0": builder-config.yaml has   version: 1.1.0: make both the same, and commit`},
		"another chart":      {"1.2.0", builder, "version: 1.1.0\nappVersion: 1.2.0\n", changes, `Chart.yaml has version: 1.1.0`},
		"a chart of another": {"1.2.0", builder, "version: 1.2.0\nappVersion: 1.1.0\n", changes, `Chart.yaml has appVersion: 1.1.0`},
		"not committed":      {"1.2.0", builder, chart, changes, `the tree has changes: commit them`},
	} {
		t.Run(name, func(t *testing.T) {
			tree := t.TempDir()
			script, err := os.ReadFile(filepath.Join("..", "..", "scripts", "release.sh"))
			require.NoError(t, err)
			for file, text := range map[string]string{
				"scripts/release.sh": string(script), "builder-config.yaml": c.builder, "CHANGELOG.md": c.changes, "deploy/helm/otelcol-usage/Chart.yaml": c.chart,
			} {
				require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(tree, file)), 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(tree, file), []byte(text), 0o755))
			}
			said, err := exec.CommandContext(t.Context(), "git", "init", "--quiet", tree).CombinedOutput()
			require.NoError(t, err, "%s", said)
			said, err = exec.CommandContext(t.Context(), filepath.Join(tree, "scripts", "release.sh"), c.version).CombinedOutput()
			require.Error(t, err)
			require.Contains(t, string(said), c.want)
			require.NoDirExists(t, filepath.Join(tree, "build"))
		})
	}
}
