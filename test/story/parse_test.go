// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// story is a file: a rule, and steps that show it.
type story struct {
	rule  string // the comment at its head
	steps []step
}

// step is a line that begins at the margin, and the indented lines after it.
type step struct {
	line int
	verb string
	args []string
	body []string // without comments and empty lines, indentation kept
	at   []int    // line numbers of the body
}

func readStory(path string) (*story, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &story{}
	head := true
	for i, line := range strings.Split(string(text), "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "#"):
			if head {
				s.rule += strings.TrimPrefix(strings.TrimPrefix(trimmed, "#"), " ") + "\n"
			}
			continue
		case trimmed == "":
			continue
		}
		head = false
		if !strings.HasPrefix(line, " ") {
			words := strings.Fields(line)
			s.steps = append(s.steps, step{line: i + 1, verb: words[0], args: words[1:]})
			continue
		}
		if len(s.steps) == 0 {
			return nil, fmt.Errorf("line %d: indented, but no step before it", i+1)
		}
		last := &s.steps[len(s.steps)-1]
		last.body, last.at = append(last.body, line), append(last.at, i+1)
	}
	return s, nil
}

// text is the body as YAML.
func (s *step) text() []byte { return []byte(strings.Join(s.body, "\n")) }

// parseTime reads an instant: in full, as a date, as a time of the clock's
// day, as a distance from the clock, or as the number that the field has.
func parseTime(text string, clock time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			midnight := time.Date(clock.Year(), clock.Month(), clock.Day(), 0, 0, 0, 0, time.UTC)
			return midnight.Add(t.Sub(t.Truncate(24 * time.Hour))), nil
		}
	}
	if text == "now" {
		return clock, nil
	}
	if field, ok := strings.CutPrefix(text, "@"); ok {
		n, err := strconv.ParseUint(field, 10, 64)
		return time.Unix(0, int64(n)).UTC(), err
	}
	if d, err := time.ParseDuration(text); err == nil && strings.ContainsAny(text[:1], "+-") {
		return clock.Add(d), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-05-10T09:00:00Z, 2026-05-10, 09:00, now, -30m, +5m or @1778403600000", text)
}
