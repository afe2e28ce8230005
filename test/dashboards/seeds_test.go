// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	question = regexp.MustCompile(`(?m)^\| (S[0-3]) \| (.*?) \| (.*) \|$`)
	answer   = regexp.MustCompile("`(usage-[a-z-]+) / ([^`]+)`")
)

// withoutPanel are the questions that no panel answers.
var withoutPanel = []string{"Export and scheduling of reports"}

// TestEveryQuestionOfTheDocumentsHasAPanel holds the table of docs/grafana.md
// against the JSON, and against the list of questions.
func TestEveryQuestionOfTheDocumentsHasAPanel(t *testing.T) {
	all := load(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "grafana.md"))
	require.NoError(t, err)
	var questions []string
	for _, row := range question.FindAllStringSubmatch(string(page), -1) {
		questions = append(questions, row[1]+" "+row[2])
		panels := answer.FindAllStringSubmatch(row[3], -1)
		if len(panels) == 0 {
			require.Contains(t, withoutPanel, row[2], "no panel answers it")
		}
		for _, p := range panels {
			require.Contains(t, all, p[1], row[2])
			require.True(t, has(all[p[1]], p[2]), "%s: there is no panel %s", row[2], p[0])
			require.True(t, answers(all[p[1]], p[2]), "%s: a panel that answers a question may not be empty: %s", row[2], p[0])
		}
	}
	asked, err := os.ReadFile(filepath.Join("testdata", "questions.txt"))
	require.NoError(t, err)
	require.Equal(t, strings.Split(strings.TrimSpace(string(asked)), "\n"), questions)
}

// TestPanelsThatMayBeEmptyAreThere: an exception for nothing hides the next one.
func TestPanelsThatMayBeEmptyAreThere(t *testing.T) {
	known := map[string]bool{}
	for uid, d := range load(t) {
		for _, p := range d.queried() {
			for _, q := range p.Targets {
				known[uid+" / "+p.Title+" ("+q.RefID+")"] = true
			}
		}
	}
	for name := range empty {
		require.True(t, known[name], name)
	}
}

// answers: some query of the panel, or its words, are always there.
func answers(d *dashboard, title string) bool {
	for _, p := range d.queried() {
		if p.Title == title {
			return slices.ContainsFunc(p.Targets, func(q target) bool { return empty[d.UID+" / "+title+" ("+q.RefID+")"] == "" })
		}
	}
	return has(d, title)
}

func has(d *dashboard, title string) bool {
	return slices.ContainsFunc(d.all(), func(p *panel) bool { return p.Title == title && p.Type != "row" })
}

// TestLocksNameNoRegistry: a lock file that names the host it was made on
// would install from there. Sums are enough.
func TestLocksNameNoRegistry(t *testing.T) {
	for _, name := range []string{"dashboards/package-lock.json", "dashboards/e2e/package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, `"resolved"`) {
				require.Contains(t, line, "https://registry.npmjs.org/", name)
			}
		}
	}
}
