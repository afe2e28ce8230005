// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// preset is what config/default.yaml calls its meters, and what pages show.
type preset struct {
	Type    string
	Title   string
	Windows []string
	Classes []struct{ Name string }
}

func presets(t *testing.T) map[string]preset {
	t.Helper()
	var file struct {
		Extensions struct {
			Ledger struct {
				Meters map[string]preset
			} `yaml:"usage_ledger"`
		}
	}
	readYAML(t, "config/default.yaml", &file)
	require.NotEmpty(t, file.Extensions.Ledger.Meters)
	return file.Extensions.Ledger.Meters
}

func classes(t *testing.T) (names []string) {
	t.Helper()
	for _, m := range presets(t) {
		for _, c := range m.Classes {
			names = append(names, c.Name)
		}
	}
	require.NotEmpty(t, names)
	return names
}

func outcomes(t *testing.T) (names []string) {
	t.Helper()
	for o := usage.Unmatched; o <= usage.Counted; o++ {
		names = append(names, o.String())
	}
	require.Len(t, names, 8)
	return names
}

// longest is the widest value that a variable of a title may have.
func longest(t *testing.T, variable string) (widest string) {
	t.Helper()
	var candidates []string
	for name, m := range presets(t) {
		if variable == "window" {
			candidates = append(candidates, m.Windows...)
		} else {
			candidates = append(candidates, m.Title, name)
		}
	}
	return slices.MaxFunc(candidates, func(a, b string) int { return int(width(a, title) - width(b, title)) })
}

var inTitle = regexp.MustCompile(`\$([a-z]+)`)

// filled is a title with its variables at their widest.
func filled(t *testing.T, text string) string {
	t.Helper()
	return inTitle.ReplaceAllStringFunc(text, func(use string) string { return longest(t, use[1:]) })
}
