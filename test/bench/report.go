// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// unit writes a value.
type unit func(float64) string

func ratio(v float64) string       { return fmt.Sprintf("%.2fx", v) }
func count(v float64) string       { return fmt.Sprintf("%.2f", v) }
func nanoseconds(v float64) string { return fmt.Sprintf("%.0f ns", v) }
func millions(v float64) string    { return fmt.Sprintf("%.2f M", v/1e6) }
func someBytes(v float64) string   { return fmt.Sprintf("%.1f B", v) }
func wholeBytes(v float64) string  { return fmt.Sprintf("%.0f B", v) }
func megabytes(v float64) string   { return fmt.Sprintf("%.0f MB", v/1e6) }
func gigabytes(v float64) string   { return fmt.Sprintf("%.2f GB", v/1e9) }
func kibibytes(v int64) string     { return fmt.Sprintf("%d KiB", v>>10) }

// seconds writes those below half a second as milliseconds.
func seconds(v float64) string {
	switch {
	case v >= 10:
		return fmt.Sprintf("%.1f s", v)
	case v >= 0.5:
		return fmt.Sprintf("%.2f s", v)
	case v >= 0.01 || v == 0:
		return fmt.Sprintf("%.0f ms", v*1e3)
	default:
		return fmt.Sprintf("%.2f ms", v*1e3)
	}
}

// spread is a figure measured in each round.
type spread []float64

// median of a spread, which is not empty.
func (s spread) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func (s spread) mean() (mean float64) {
	for _, v := range s {
		mean += v / float64(len(s))
	}
	return mean
}

// over divides the measurements of the same rounds.
func (s spread) over(t spread) spread {
	out := make(spread, len(s))
	for i := range s {
		out[i] = s[i] / max(t[i], 1e-9)
	}
	return out
}

// show writes the median, and between which values the rounds lie.
func (s spread) show(u unit) string {
	if len(s) == 0 {
		return "-"
	}
	text := u(s.median())
	if least, most := u(slices.Min(s)), u(slices.Max(s)); least != most {
		text += fmt.Sprintf(" (%s..%s)", least, most)
	}
	return text
}

// report is what a run has measured.
type report struct {
	figures  [numGoals]spread
	sections []*section
}

// measured keeps a figure for the table of goals.
func (r *report) measured(id goalID, s spread) {
	if id != noGoal {
		r.figures[id] = s
	}
}

// section is a table of its own.
type section struct {
	title string
	lines [][]string // the first is the head
	notes string
}

// section begins a table.
func (r *report) section(title string, head ...string) *section {
	s := &section{title: title, lines: [][]string{head}}
	r.sections = append(r.sections, s)
	return s
}

func (s *section) line(cells ...string) { s.lines = append(s.lines, cells) }

func (s *section) note(format string, args ...any) { s.notes = fmt.Sprintf(format, args...) }

// write writes all tables as Markdown. A run of another size than the goals are
// for has its verdicts in parentheses.
func (r *report) write(out io.Writer, intro string, goalSize bool) error {
	goal := section{lines: [][]string{{"what", "before", "goal", "measured: median (least..most of the rounds)", ""}}}
	for id, s := range r.figures {
		if len(s) == 0 {
			continue
		}
		g := goals[id]
		verdict := "missed"
		if g.met(s.median()) {
			verdict = "met"
		}
		if !goalSize {
			verdict = "(" + verdict + ")"
		}
		goal.line(g.what, g.before, g.bound(), s.show(g.unit), verdict)
	}
	if !goalSize {
		goal.note("The goals are for %d users in %d organizations, which this run does not have.", full().users, full().organizations)
	}
	var text strings.Builder
	text.WriteString(intro)
	for _, s := range append([]*section{&goal}, r.sections...) {
		s.write(&text)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (s *section) write(to *strings.Builder) {
	if len(s.lines) == 1 {
		return
	}
	if s.title != "" {
		fmt.Fprintf(to, "\n**%s**\n", s.title)
	}
	to.WriteByte('\n')
	for i, cells := range s.lines {
		fmt.Fprintf(to, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			to.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
		}
	}
	if s.notes != "" {
		fmt.Fprintf(to, "\n%s\n", s.notes)
	}
}
