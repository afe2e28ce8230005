// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package show

import (
	"strconv"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

// Fact is what a report says of itself: "Period", "October 2026".
type Fact struct{ Name, Value string }

// Cover returns what a report says of itself, but for its title, its subject and
// its notes.
func (r Reader) Cover() []Fact {
	facts := []Fact{
		{"Period", r.period()},
		{"Time zone", r.zone()},
		{"Basis", r.basis()},
		{"Made", r.Wall(r.report.Made).Format("2 Jan 2006 15:04 MST")},
	}
	if len(r.report.Definitions) > 0 {
		facts = append(facts, Fact{"Definitions", r.definitions()})
	}
	return facts
}

func (r Reader) period() string {
	p := r.report.Period
	from, to := Date(p.Start), Date(p.End.AddDate(0, 0, -1))
	if p.Start.Format("15:04:05") != "00:00:00" || p.End.Format("15:04:05") != "00:00:00" {
		from, to = p.Start.Format("2 Jan 2006 15:04"), p.End.Format("2 Jan 2006 15:04")
	}
	span := from
	if to != from {
		span += " to " + to
	}
	if p.Running {
		span += "; it still runs"
	}
	if p.Title == "" || p.Title == from {
		return span
	}
	return p.Title + " (" + span + ")"
}

func (r Reader) zone() string {
	if r.report.Period.Zone == "" {
		return "each organization's own; times of day are in UTC"
	}
	return r.report.Period.Zone
}

func (r Reader) basis() string {
	if r.report.Basis == report.Billed {
		return "as billed"
	}
	return "as now known"
}

func (r Reader) definitions() string {
	const always = "as they were from the beginning"
	var changed []string
	for _, d := range r.report.Definitions {
		if d.From != "" {
			changed = append(changed, d.Title+" as defined on "+d.From)
		}
	}
	switch {
	case len(changed) == 0:
		return always
	case len(changed) < len(r.report.Definitions):
		changed = append(changed, "others "+always)
	}
	return strings.Join(changed, "; ")
}

// Empty returns what is said below a section's title where it has no rows.
func (r Reader) Empty(s *report.Section) string {
	if s.Empty == "" {
		return Empty
	}
	return s.Empty
}

// Left says below a table of so many rows that not all of them are shown; "" if
// they are.
func Left(rows int) string {
	if rows <= MostRows {
		return ""
	}
	return "The first " + Number(strconv.Itoa(MostRows)) + " of " + Number(strconv.Itoa(rows)) + " rows: CSV, Excel and JSON have them all."
}
