// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/otelcol-usage/otelcol-usage/"

// file is a Go file of the project; its path is slash separated and relative
// to the root of the repository.
type file struct {
	path   string
	source []byte
	syntax *ast.File
	lines  *token.FileSet
}

// law returns what is wrong with a file, a sentence each, with its reason.
type law func(file) []string

func parse(name string, source []byte) (file, error) {
	lines := token.NewFileSet()
	syntax, err := parser.ParseFile(lines, name, source, parser.ParseComments)
	return file{path: name, source: source, syntax: syntax, lines: lines}, err
}

// tree is every Go file of the main module.
func tree(t *testing.T) []file {
	t.Helper()
	files, err := readTree()
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

var readTree = sync.OnceValues(func() ([]file, error) {
	root := filepath.Join("..", "..")
	var files []file
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skip(root, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		f, err := read(root, name)
		files = append(files, f)
		return err
	})
	return files, err
})

func read(root, name string) (file, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return file{}, err
	}
	relative, err := filepath.Rel(root, name)
	if err != nil {
		return file{}, err
	}
	return parse(filepath.ToSlash(relative), source)
}

// skip leaves out what is not this module's source.
func skip(root, dir string) error {
	if dir == root {
		return nil
	}
	switch filepath.Base(dir) {
	case "testdata", "node_modules", "build", "data", "bin", ".git":
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

// hold runs a law over the tree, and over an offender that it must catch.
func hold(t *testing.T, l law, offenderPath, offender string) {
	t.Helper()
	f, err := parse(offenderPath, []byte(offender))
	require.NoError(t, err)
	require.NotEmpty(t, l(f), "the law does not catch an offender")
	for _, f := range tree(t) {
		for _, offence := range l(f) {
			t.Errorf("%s: %s", f.path, offence)
		}
	}
}

func (f file) pkg() string     { return path.Dir(f.path) }
func (f file) test() bool      { return strings.HasSuffix(f.path, "_test.go") }
func (f file) generated() bool { return ast.IsGenerated(f.syntax) }

// in reports whether the file is in one of the folders or below it.
func (f file) in(folders ...string) bool {
	for _, folder := range folders {
		if below(f.pkg(), folder) {
			return true
		}
	}
	return false
}

// below reports whether an import path is another's or below it.
func below(p, parent string) bool {
	return p == parent || strings.HasPrefix(p, parent+"/")
}

// imports are the import paths of a file, those of this module without its name.
func (f file) imports() []string {
	paths := make([]string, 0, len(f.syntax.Imports))
	for _, spec := range f.syntax.Imports {
		p, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		paths = append(paths, strings.TrimPrefix(p, module))
	}
	return paths
}

// at prefixes a sentence with the line of a node.
func (f file) at(n ast.Node, format string, args ...any) string {
	return fmt.Sprintf("line %d: ", f.lines.Position(n.Pos()).Line) + fmt.Sprintf(format, args...)
}
