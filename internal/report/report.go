// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Kind is what a report is about.
type Kind string

// The kinds of reports.
const (
	UsageSummary Kind = "usage-summary"
	Billing      Kind = "billing"
	Activity     Kind = "activity"
	Users        Kind = "users"
)

// Kinds in the order in which people are offered them.
var Kinds = []Kind{UsageSummary, Billing, Activity, Users}

// Basis says which version of what is closed a report is made of.
type Basis string

// The bases.
const (
	// Known is what is known now: the newest versions.
	Known Basis = "known"
	// Billed is what was known when the period was first billed; where it was
	// not, it is what is known now.
	Billed Basis = "billed"
)

// Report is a document, the same whatever its format.
type Report struct {
	Kind  Kind
	Title string // of the document, as "Billing report"
	// Subject is whom it is about: the name of an organization or reseller, or
	// "All organizations".
	Subject string
	// Organization is the id of the one that it is about, Reseller the
	// reseller's whose organizations it is about; both are "" for all.
	Organization, Reseller string

	Period Period
	Basis  Basis
	// Made is when it was made, which is later than what it says.
	Made time.Time
	// Definitions that the figures follow.
	Definitions []Definition
	// Missing are shards whose organizations are not in it; nil: it is whole.
	Missing []Missing
	// Notes are sentences that a reader of the figures has to know: of missing
	// telemetry, of periods that still run, of what is not known.
	Notes []string
	// Sections in the order in which they are read.
	Sections []Section
	// Main is the name of the section with the figures by organization, which
	// a format that has one table only writes unless it is told another.
	Main string
}

// Section returns the one of a name, Main for "", which without one is the first.
func (r *Report) Section(name string) (*Section, error) {
	name = cmp.Or(name, r.Main)
	var names []string
	for i := range r.Sections {
		if s := &r.Sections[i]; name == "" || s.Name == name {
			return s, nil
		}
		names = append(names, r.Sections[i].Name)
	}
	return nil, fmt.Errorf("section %q: a %s report has %s", name, r.Kind, strings.Join(names, ", "))
}

// Period is what a report covers.
type Period struct {
	Name   string // as it is asked for: "2026-10"
	Title  string // for people: "October 2026"
	Window string // "month"
	// Start and End are the instants in the organization's zone; the end is not
	// in it. Where a report is about organizations of several zones they are
	// those of UTC.
	Start, End time.Time
	// Zone names the time zone; "" where each organization has its own.
	Zone string
	// Running reports whether the period had not ended when the report was made.
	Running bool
}

// Definition is that of a meter, by which its figures are counted.
type Definition struct {
	Meter, Title string
	// From is its first civil date, as "2026-01-01"; "": it was always in force.
	From string
}

// Section is a table, and perhaps a chart of it.
type Section struct {
	Name  string // of the API and of files: "charges"; it never changes
	Title string // for people: "Charges"
	// Note is a sentence below the title; "": none.
	Note    string
	Columns []Column
	// Rows may be read several times, and from the ledger, so reading can
	// fail. Cells are as many as columns, and valid until the next row.
	Rows Rows
	// Totals are rows at the foot of the table, which no format counts among
	// its data.
	Totals [][]Cell
	// Empty is what is said where there are no rows.
	Empty string
	Chart *Chart
}

// Rows are those of a table.
type Rows = iter.Seq2[[]Cell, error]

// Listed returns rows that are at hand.
func Listed(rows [][]Cell) Rows {
	return func(yield func([]Cell, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Type is that of a column's cells.
type Type uint8

// The types.
const (
	Text    Type = iota
	Count        // a whole number
	Number       // a decimal number of nothing
	Amount       // a decimal number of a unit, with at most 6 decimals
	Money        // a decimal number of a currency, with the decimals of its minor unit
	Share        // a decimal number, where 1 is the whole: shown as 100 %
	Date         // a civil date
	Instant      // a time, in its zone
)

// Column is what the cells below one another are.
type Column struct {
	Name  string // of JSON and CSV, as "total_registered"; it never changes
	Title string // for people
	Type  Type
	// Key marks a name by which programs join tables. People have a title in
	// another column.
	Key bool
	// Unit of an Amount, or currency of Money; "" where there is none, or
	// where it differs by row and is in the cells.
	Unit string
}

// UnitColumn names the column that stands beside this one where rows are bare
// numbers, as in CSV, for their units: "" where its name is enough, because all
// are of a unit that goes with it. A table of money has a column of currencies.
func (c Column) UnitColumn() string {
	if c.Type == Amount && c.Unit == "" {
		return c.Name + "_unit"
	}
	return ""
}

// UnitOf returns the unit or currency of a cell.
func (c Column) UnitOf(cell Cell) string {
	if cell.Empty() {
		return ""
	}
	return cmp.Or(cell.Unit, c.Unit)
}

// Cell is a value of its column's type. The zero Cell is empty: not known, or
// not so.
type Cell struct {
	// Text of a Text; of a number its decimal digits, as "-12.50".
	Text string
	// At is the value of a Date, whose civil date it has in its own zone, or
	// of an Instant.
	At time.Time
	// Unit is that of this cell where its column has none.
	Unit string
}

// Empty reports whether a cell has no value.
func (c Cell) Empty() bool { return c.Text == "" && c.At.IsZero() }

// Chart is a picture of a section's rows.
type Chart struct {
	Kind  ChartKind
	Title string
	// Label is the column whose cells name the points, Values are those of the
	// series, each named by its column's title.
	Label  int
	Values []int
	// Limit is a line across the chart, a decimal number; "": none.
	Limit, LimitTitle string
}

// ChartKind is how a chart looks.
type ChartKind uint8

// The kinds of charts.
const (
	// Bars are upright, for points in time; several series stand on one
	// another.
	Bars ChartKind = iota
	// Ranks are bars that lie, with their names beside them, for a list from
	// the largest on.
	Ranks
	// Lines are for points in time of which several series are compared.
	Lines
)
