// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const root = "../.."

// page is a Markdown file; its name is relative to the root.
type page struct{ name, text string }

func read(t *testing.T, name string) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return page{name, string(text)}
}

// pages are those of the root, those of the components and everything below docs.
func pages(t *testing.T) []page {
	t.Helper()
	return find(t, "*.md", "docs/*.md", "docs/*/*.md", "*/usage*/README.md", "exporter/*/README.md")
}

// chart is the page of the chart, whose YAML is values, which its own test renders.
func chart(t *testing.T) []page {
	t.Helper()
	return find(t, "deploy/helm/*/README.md")
}

func find(t *testing.T, patterns ...string) (found []page) {
	t.Helper()
	for _, pattern := range patterns {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, names, pattern)
		for _, name := range names {
			relative, err := filepath.Rel(root, name)
			require.NoError(t, err)
			found = append(found, read(t, relative))
		}
	}
	return found
}

var (
	fence   = regexp.MustCompile("(?ms)^ *```([a-z]*)\n(.*?)^ *```$")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// prose is a page without its code blocks.
func (p page) prose() string { return fence.ReplaceAllString(p.text, "") }

// anchors are the names that GitHub gives to headings.
func (p page) anchors() (names []string) {
	for _, h := range heading.FindAllStringSubmatch(p.prose(), -1) {
		names = append(names, strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return names
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for _, p := range append(pages(t), chart(t)...) {
		for _, m := range link.FindAllStringSubmatch(p.prose(), -1) {
			target := m[1] + m[2]
			if strings.Contains(target, "://") {
				continue
			}
			name, anchor, _ := strings.Cut(target, "#")
			to := p
			if name != "" {
				path := filepath.Join(root, filepath.Dir(p.name), name)
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s links to %s, which is not there", p.name, target)
					continue
				}
				if anchor != "" {
					relative, err := filepath.Rel(root, path)
					require.NoError(t, err)
					to = read(t, relative)
				}
			}
			if anchor != "" {
				require.Contains(t, to.anchors(), anchor, "%s links to %s", p.name, target)
			}
		}
	}
}

func TestEveryDecisionIsListed(t *testing.T) {
	list := read(t, "docs/decisions/README.md").text
	names, err := filepath.Glob(filepath.Join(root, "docs/decisions/[0-9]*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		first, _, _ := strings.Cut(string(text), "\n")
		number, title, _ := strings.Cut(strings.TrimPrefix(first, "# "), ". ")
		line := "| " + number + " | [" + title + "](" + filepath.Base(name) + ") |"
		require.Contains(t, list, line+"\n", "docs/decisions/README.md: add the line of %s", filepath.Base(name))
	}
}
