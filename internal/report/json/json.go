// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package json writes a report for programs: all of it as one object, by the
// schema of [Schema], or a section's rows alone, an object a line.
//
// A row is an object by the names of its columns. Decimal numbers, money and
// shares are strings, so that no digit is lost to a reader's floating point; a
// count is a number where every reader can hold it, up to 2^53-1, and a string
// beyond. Dates are as 2026-10-31, instants as RFC 3339 writes them; an empty cell
// is null. Beside an amount whose unit differs by row is its unit.
package json

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
)

// Schema is the JSON schema of what [Write] writes.
//
//go:embed schema.json
var Schema []byte

// header is what precedes the sections.
type header struct {
	Report       report.Kind  `json:"report"`
	Title        string       `json:"title"`
	Subject      string       `json:"subject"`
	Organization *string      `json:"organization"`
	Reseller     *string      `json:"reseller"`
	Period       period       `json:"period"`
	Basis        report.Basis `json:"basis"`
	Made         time.Time    `json:"made"`
	Definitions  []definition `json:"definitions"`
	Notes        []string     `json:"notes"`
	// Incomplete are shards that are missing; [] where none is.
	Incomplete []report.Missing `json:"incomplete"`
}

type period struct {
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	Window  string    `json:"window"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Zone    *string   `json:"zone"`
	Running bool      `json:"running"`
}

type definition struct {
	Meter string  `json:"meter"`
	Title string  `json:"title"`
	From  *string `json:"from"`
}

type section struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Note    *string  `json:"note"`
	Columns []column `json:"columns"`
}

type column struct {
	Name  string  `json:"name"`
	Title string  `json:"title"`
	Type  string  `json:"type"`
	Unit  *string `json:"unit"`
}

var typeNames = map[report.Type]string{
	report.Text: "text", report.Count: "count", report.Number: "number", report.Amount: "amount", report.Money: "money",
	report.Share: "share", report.Date: "date", report.Instant: "instant",
}

// Write writes a report. It holds one row at a time.
func Write(w io.Writer, r *report.Report) error {
	out := &writer{out: bufio.NewWriter(w)}
	out.open(headerOf(r), "sections")
	for i := range r.Sections {
		s := &r.Sections[i]
		out.separate(i, "\n  ")
		out.open(sectionOf(s), "rows")
		n := 0
		for row, err := range s.Rows {
			if err != nil {
				return err
			}
			out.separate(n, "\n    ")
			out.row(s.Columns, row)
			if err := out.err(); err != nil {
				return err
			}
			n++
		}
		out.text(`],"totals":[`)
		for j, row := range s.Totals {
			out.separate(j, "\n    ")
			out.row(s.Columns, row)
		}
		out.text("]}")
	}
	out.text("]}\n")
	return out.out.Flush()
}

// WriteLines writes the rows of the section of a name, the first for "", an
// object a line. It holds one row at a time.
func WriteLines(w io.Writer, r *report.Report, name string) error {
	s, err := r.Section(name)
	if err != nil {
		return err
	}
	out := &writer{out: bufio.NewWriter(w)}
	for row, err := range s.Rows {
		if err != nil {
			return err
		}
		out.row(s.Columns, row)
		out.text("\n")
		if err := out.err(); err != nil {
			return err
		}
	}
	return out.out.Flush()
}

func headerOf(r *report.Report) header {
	h := header{
		Report: r.Kind, Title: r.Title, Subject: r.Subject, Organization: optional(r.Organization), Reseller: optional(r.Reseller),
		Period: period{
			Name: r.Period.Name, Title: r.Period.Title, Window: r.Period.Window, Start: r.Period.Start, End: r.Period.End,
			Zone: optional(r.Period.Zone), Running: r.Period.Running,
		},
		Basis: r.Basis, Made: r.Made, Definitions: []definition{}, Notes: append([]string{}, r.Notes...),
		Incomplete: append([]report.Missing{}, r.Missing...),
	}
	for _, d := range r.Definitions {
		h.Definitions = append(h.Definitions, definition{d.Meter, d.Title, optional(d.From)})
	}
	return h
}

func sectionOf(s *report.Section) section {
	described := section{Name: s.Name, Title: s.Title, Note: optional(s.Note), Columns: []column{}}
	for _, c := range s.Columns {
		described.Columns = append(described.Columns, column{c.Name, c.Title, typeNames[c.Type], optional(c.Unit)})
	}
	return described
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// writer writes what encoding/json has no stream for.
type writer struct{ out *bufio.Writer }

func (w *writer) text(s string) { _, _ = w.out.WriteString(s) } // err and Flush return the error

// err returns the first error so far: nobody reads any more.
func (w *writer) err() error {
	_, err := w.out.Write(nil)
	return err
}

func (w *writer) separate(before int, indent string) {
	if before > 0 {
		w.text(",")
	}
	w.text(indent)
}

// open writes an object but for its end, with a list of a name as its last
// member, but for the list's.
func (w *writer) open(object any, list string) {
	encoded, err := json.Marshal(object)
	if err != nil {
		panic(err) // structs of texts and times
	}
	_, _ = w.out.Write(encoded[:len(encoded)-1])
	w.text(`,"` + list + `":[`)
}

func (w *writer) row(columns []report.Column, row []report.Cell) {
	w.text("{")
	for i, c := range columns {
		if i > 0 {
			w.text(",")
		}
		w.member(c.Name, value(c.Type, row[i]))
		if beside := c.UnitColumn(); beside != "" {
			w.text(",")
			w.member(beside, optional(c.UnitOf(row[i])))
		}
	}
	w.text("}")
}

func (w *writer) member(name string, value any) {
	for i, part := range []any{name, value} {
		encoded, err := json.Marshal(part)
		if err != nil {
			panic(err) // texts and numbers
		}
		if i > 0 {
			w.text(":")
		}
		_, _ = w.out.Write(encoded)
	}
}

// mostSafe is what floating point of 64 bits holds exactly, with all below.
const mostSafe = 1<<53 - 1

func value(t report.Type, cell report.Cell) any {
	switch {
	case cell.Empty():
		return nil
	case t == report.Date:
		return cell.At.Format(time.DateOnly)
	case t == report.Instant:
		return cell.At.Format(time.RFC3339)
	case t == report.Count:
		if n, err := strconv.ParseInt(cell.Text, 10, 64); err == nil && -mostSafe <= n && n <= mostSafe {
			return n
		}
		return cell.Text
	default:
		return cell.Text
	}
}
