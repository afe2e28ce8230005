// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/csv"
	"github.com/otelcol-usage/otelcol-usage/internal/report/json"
)

// Format is how a report is written.
type Format struct {
	// Name is that of the API, Title what people call it.
	Name, Title          string
	MediaType, Extension string
	// Section reports whether it has one table only, which can be chosen.
	Section bool
	write   func(w io.Writer, r *report.Report, section string) error
}

// whole is a writer of all sections.
func whole(write func(io.Writer, *report.Report) error) func(io.Writer, *report.Report, string) error {
	return func(w io.Writer, r *report.Report, _ string) error { return write(w, r) }
}

// focus is written of bills alone.
const focus = "focus"

// Formats in the order in which people are offered them.
var Formats = []Format{
	{Name: "csv", Title: "CSV", MediaType: "text/csv; charset=utf-8", Extension: "csv", Section: true, write: csv.Write},
	{Name: "json", Title: "JSON", MediaType: "application/json", Extension: "json", write: whole(json.Write)},
	{Name: "ndjson", Title: "JSON lines", MediaType: "application/x-ndjson", Extension: "ndjson", Section: true, write: json.WriteLines},
	{Name: focus, Title: "FOCUS", MediaType: "text/csv; charset=utf-8", Extension: "focus.csv", write: whole(func(w io.Writer, r *report.Report) error { return csv.Write(w, r, "") })},
}

// FormatsOf are those that a kind of report can be had in.
func FormatsOf(k report.Kind) []Format {
	if k == report.Billing {
		return Formats
	}
	return slices.DeleteFunc(slices.Clone(Formats), func(f Format) bool { return f.Name == focus })
}

// Document is a report that is ready to be written.
type Document struct {
	Format   Format
	FileName string
	Report   *report.Report
	section  string
}

// Write writes the document. Rows of users are read from the ledger meanwhile,
// so it can fail after it has begun.
func (d *Document) Write(w io.Writer) error { return d.Format.write(w, d.Report, d.section) }

// Document makes a report in a format: of one that has one table only the
// section of a name, or the main one for "".
func (s *Source) Document(ctx context.Context, r Request, format, section string) (*Document, error) {
	known := FormatsOf(r.Kind)
	i := slices.IndexFunc(known, func(f Format) bool { return f.Name == format })
	if i < 0 {
		return nil, refuse("format: %q: use one of %s", format, names(known))
	}
	d := &Document{Format: known[i], section: section}
	if section != "" && !d.Format.Section {
		return nil, refuse("section: %q: %s has all sections: leave it out", section, d.Format.Title)
	}
	in, err := s.input(ctx, &r)
	if err != nil {
		return nil, err
	}
	if format == focus {
		d.Report = report.Focus(in)
	} else {
		d.Report = report.Build(in)
	}
	if _, err := d.Report.Section(section); err != nil {
		return nil, refuse("%s", err)
	}
	d.FileName = fileName(d.Report, in, section) + "." + d.Format.Extension
	return d, nil
}

func names(formats []Format) string {
	all := make([]string, len(formats))
	for i := range formats {
		all[i] = formats[i].Name
	}
	return strings.Join(all, ", ")
}

// fileName says what is in a file: billing-acme-2026-10. An id may be anything,
// a name of a file has letters, digits and - . _ only.
func fileName(r *report.Report, in *report.Input, section string) string {
	parts := []string{string(r.Kind)}
	for _, part := range []string{in.Organization, in.Reseller, in.Period.Window.String(), in.Period.Name, section} {
		if part != "" && (part != in.Period.Window.String() || part == "cycle") {
			parts = append(parts, part)
		}
	}
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune("-._", c):
			return c
		default:
			return '_'
		}
	}, strings.Join(parts, "-"))
}
