// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxLines keeps a file to one subject: those that go on longer have two.
const maxLines = 500

func TestFilesHaveOneSubject(t *testing.T) {
	hold(t, short, "cmd/x.go", "package main"+strings.Repeat("\n", maxLines+1))
}

func short(f file) []string {
	n := bytes.Count(f.source, []byte("\n"))
	if f.test() || f.generated() || n <= maxLines {
		return nil
	}
	return []string{fmt.Sprintf("has %d lines, more than %d: split it by responsibility", n, maxLines)}
}

const header = "// Copyright The otelcol-usage Authors\n// SPDX-License-Identifier: Apache-2.0\n"

func TestFilesNameTheirLicence(t *testing.T) {
	hold(t, licensed, "cmd/x.go", "package main")
}

func licensed(f file) []string {
	if f.generated() || bytes.Contains(f.source[:min(len(f.source), 400)], []byte(header)) {
		return nil
	}
	return []string{"does not begin with the two lines of the licence:\n" + header}
}

func TestPackagesWithGoroutinesLookForLeaks(t *testing.T) {
	tested, concurrent, checked := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, f := range tree(t) {
		tested[f.pkg()] = tested[f.pkg()] || f.test() && !f.generated()
		concurrent[f.pkg()] = concurrent[f.pkg()] || startsGoroutines(f)
		checked[f.pkg()] = checked[f.pkg()] || bytes.Contains(f.source, []byte("goleak.VerifyTestMain("))
	}
	require.Contains(t, checked, "test/arch")
	for pkg := range tested {
		if tested[pkg] && concurrent[pkg] && !checked[pkg] {
			t.Errorf("%s: has tests and no goleak.VerifyTestMain: a goroutine that outlives its owner would go unseen", pkg)
		}
	}
}

// goroutineImports start goroutines for whoever uses them.
var goroutineImports = []string{pebble, "net/http", "net/http/httptest", "os/exec", "github.com/prometheus/prometheus/tsdb"}

func startsGoroutines(f file) bool {
	found := slices.ContainsFunc(f.imports(), func(p string) bool { return slices.Contains(goroutineImports, p) })
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		_, ok := n.(*ast.GoStmt)
		found = found || ok
		return !found
	})
	return found
}
