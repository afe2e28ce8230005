// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package admissiontest reads what docs/security.md promises, for the tests that hold
// each port to it.
package admissiontest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Matrix reads the table below a heading of docs/security.md: answers by route and
// client. It is called from a package two folders below the root.
func Matrix(t *testing.T, heading string) (clients []string, rows map[string][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "security.md"))
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n## ")
	rows = map[string][]string{}
	for line := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		switch {
		case cells[0] == "route":
			clients = cells[1:]
		case strings.HasPrefix(line, "| `"):
			rows[strings.Trim(cells[0], "`")] = cells[1:]
		}
	}
	return clients, rows
}
