// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package promstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// ruleFiles are the files that patterns match now.
type ruleFiles struct {
	paths  []string
	digest string // of names and contents
}

// findRuleFiles reads what patterns match. One that matches nothing is an
// error: rules that nobody evaluates would go unnoticed until they are missed.
func findRuleFiles(patterns []string) (ruleFiles, error) {
	var found ruleFiles
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return ruleFiles{}, fmt.Errorf("%s: %w: write a path, or a pattern as rules/*.yaml", pattern, err)
		}
		if len(paths) == 0 {
			return ruleFiles{}, fmt.Errorf("%s: matches no file%s: write the path of a rule file, or take it out", pattern, seenFrom(pattern))
		}
		found.paths = append(found.paths, paths...)
	}
	slices.Sort(found.paths)
	found.paths = slices.Compact(found.paths)
	sum := sha256.New()
	for _, path := range found.paths {
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			err = fs.ErrNotExist // gone since the pattern was matched; the path is said below
		}
		if err != nil {
			return ruleFiles{}, fmt.Errorf("%s: %w", path, err)
		}
		_, _ = fmt.Fprintf(sum, "%q %d\n", path, len(content)) // a hash takes all
		_, _ = sum.Write(content)
	}
	found.digest = hex.EncodeToString(sum.Sum(nil))
	return found, nil
}

// documents refuses a file of several YAML documents: Prometheus would read the
// first of them.
func (f ruleFiles) documents() error {
	for _, path := range f.paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		documents := yaml.NewDecoder(bytes.NewReader(content))
		var first, second yaml.Node
		if documents.Decode(&first) == nil && documents.Decode(&second) == nil { // other errors are Prometheus's to say
			return fmt.Errorf("%s:%d: a second YAML document begins; a rule file is one: remove the line --- and put all groups under one key groups", path, second.Line)
		}
	}
	return nil
}

// seenFrom says where a relative pattern was looked for.
func seenFrom(pattern string) string {
	directory, err := os.Getwd()
	if filepath.IsAbs(pattern) || err != nil {
		return ""
	}
	return " in " + strings.TrimSuffix(directory, "/") + "/"
}
