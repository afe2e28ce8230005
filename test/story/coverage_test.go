// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// withoutStory are the sentences that no story tells, with the reason.
var withoutStory = map[string][]string{
	"it explains, and another sentence rules": {
		"a usage event is (organization, user, action, time, value, attributes, uid), read from one otlp item",
		"item action time uid",
		"duplicates",
		"outside this promise, and said so where shown",
		"resource limits, first-come breakdown values, same-uid conflicts, a second alias target",
	},
	"internal/ledger has a test with the state of an older program": {
		"a ledger of before there was this figure has its net peak from the first period that began after the update",
		"statements of earlier periods stay without",
	},
	"these are figures of reports, which are not built yet": {
		"average per organization",
		"over all of the catalogue, zeros included",
	},
	"erasing is not built yet": {
		"erasing a user drops id and mapping and keeps a tombstone (keyed hash only) until the open periods are past, so that a returning user is not counted twice",
		"figures of closed periods stay",
	},
}

// shortQuote is the length up to which words do not stand for their sentence.
const shortQuote = 12

// sections of docs/semantics.md that have stories.
const sections = "123456789"

var (
	sectionForm  = regexp.MustCompile(`(?ms)^## (\d)\.[^\n]*\n(.*?)(?:^## |\z)`)
	rowRule      = regexp.MustCompile(`(?m)^\|[-|]+\|$`)
	itemForm     = regexp.MustCompile(`\n(?:\* |\||\n)|\n([A-Z])`)
	sentenceForm = regexp.MustCompile("([.;:]) +([A-Za-z`(0-9])")
	markup       = regexp.MustCompile("[*`|]")
	blanks       = regexp.MustCompile(`\s+`)
)

// plain is a text without its markup, in lower case.
func plain(text string) string {
	text = blanks.ReplaceAllString(markup.ReplaceAllString(text, ""), " ")
	return strings.ToLower(strings.Trim(text, ".;: "))
}

// semantics returns the text of each section.
func semantics(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "semantics.md"))
	require.NoError(t, err)
	text := map[string]string{}
	for from := 0; ; {
		m := sectionForm.FindSubmatchIndex(raw[from:])
		if m == nil {
			break
		}
		text[string(raw[from+m[2]:from+m[3]])] = string(raw[from+m[4] : from+m[5]])
		from += m[5]
	}
	return text
}

// sentences returns the sentences of a section.
func sentences(text string) []string {
	text = rowRule.ReplaceAllString(text, "")
	text = itemForm.ReplaceAllString(text, "\x00$1")
	text = strings.ReplaceAll(text, "\n", " ")
	text = sentenceForm.ReplaceAllString(text, "$1\x00$2")
	var all []string
	for s := range strings.SplitSeq(text, "\x00") {
		if s = plain(s); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// quotes returns what the first line of a story quotes, and of which section.
func (s *story) quotes() (section string, quotes []string) {
	head, _, _ := strings.Cut(s.rule, "\n")
	section, text, _ := strings.Cut(strings.TrimPrefix(head, "SEMANTICS "), ": ")
	for quote := range strings.SplitSeq(text, "...") {
		if quote = plain(quote); quote != "" {
			quotes = append(quotes, quote)
		}
	}
	return section, quotes
}

// Each story begins with words of its rule, and each sentence of the rules is
// in the words of some story.
func TestEveryRuleHasAStory(t *testing.T) {
	text, told := semantics(t), map[string][]string{}
	each(t, func(t *testing.T, s *story) {
		t.Helper()
		section, quotes := s.quotes()
		require.True(t, strings.HasPrefix(strings.Split(t.Name(), "/")[1], section+"-"), "begin with: # SEMANTICS n: words of the rule")
		for _, quote := range quotes {
			require.Contains(t, plain(text[section]), quote, "not in section %s of docs/semantics.md", section)
		}
		told[section] = append(told[section], quotes...)
	})
	excused := slices.Concat(slices.Collect(maps.Values(withoutStory))...)
	for section := range strings.SplitSeq(sections, "") {
		for _, sentence := range sentences(text[section]) {
			has := slices.ContainsFunc(told[section], func(quote string) bool {
				return strings.Contains(quote, sentence) || len(quote) > shortQuote && strings.Contains(sentence, quote)
			})
			if !has && !slices.Contains(excused, sentence) {
				t.Errorf("section %s: no story quotes: %s", section, sentence)
			}
			if has && slices.Contains(excused, sentence) {
				t.Errorf("section %s: has a story now, take it out of withoutStory: %s", section, sentence)
			}
		}
	}
}
