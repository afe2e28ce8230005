// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPageShowsTheCodeThatIsTested: every piece of code of the page stands in
// the file of its language, but for indentation.
func TestPageShowsTheCodeThatIsTested(t *testing.T) {
	page, err := os.ReadFile("../../docs/instrumentation.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	shown := map[string]int{}
	for language, file := range map[string]string{"go": "usage.go", "js": "usage.mjs", "java": "Usage.java", "python": "usage.py"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		code := flush(string(text))
		for _, block := range blocks {
			if block[1] == language {
				require.Contains(t, code, flush(block[2]), "%s is not in %s", block[2], file)
				shown[language]++
			}
		}
	}
	// Set up, quotas, counter, learners, operators, workspace.
	require.Equal(t, map[string]int{"go": 6, "js": 6, "java": 6, "python": 6}, shown)
	require.Len(t, blocks, 26, "and the line of the environment, and of doctor")
}

// flush takes the indentation off.
func flush(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
