// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package format knows in which formats a report is to be had.
package format

import (
	"fmt"
	"io"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/csv"
	"github.com/otelcol-usage/otelcol-usage/internal/report/html"
	"github.com/otelcol-usage/otelcol-usage/internal/report/json"
	"github.com/otelcol-usage/otelcol-usage/internal/report/pdf"
	"github.com/otelcol-usage/otelcol-usage/internal/report/xlsx"
)

// Format is one that a report is written in.
type Format struct {
	Name      string // as it is asked for, and the end of a file's name
	MediaType string
	// OneSection says that it has no place for more than one table.
	OneSection bool
	write      func(w io.Writer, r *report.Report, section string) error
}

// All are the formats, in the order in which people are offered them.
var All = []Format{
	{Name: "pdf", MediaType: "application/pdf", write: whole(pdf.Write)},
	{Name: "xlsx", MediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write: whole(xlsx.Write)},
	{Name: "csv", MediaType: "text/csv; charset=utf-8; header=present", OneSection: true, write: csv.Write},
	{Name: "json", MediaType: "application/json", write: whole(json.Write)},
	{Name: "ndjson", MediaType: "application/x-ndjson", OneSection: true, write: json.WriteLines},
	{Name: "html", MediaType: "text/html; charset=utf-8", write: whole(html.Write)},
}

func whole(write func(io.Writer, *report.Report) error) func(io.Writer, *report.Report, string) error {
	return func(w io.Writer, r *report.Report, _ string) error { return write(w, r) }
}

// Of returns the format of a name.
func Of(name string) (Format, error) {
	var names []string
	for _, f := range All {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("format %q: use one of %s", name, strings.Join(names, ", "))
}

// Write writes a report. Of a format for one section the name says which, "" the
// first; others have all, and take no name.
func (f Format) Write(w io.Writer, r *report.Report, section string) error {
	if section != "" && !f.OneSection {
		return fmt.Errorf("section %q: %s has all sections of a report: leave it out", section, f.Name)
	}
	return f.write(w, r, section)
}

// FileName returns the name of a file with a report, of letters that every system
// takes.
func (f Format) FileName(r *report.Report, section string) string {
	parts := []string{string(r.Kind)}
	incomplete := ""
	if len(r.Missing) > 0 {
		incomplete = "incomplete"
	}
	for _, part := range []string{r.Organization, r.Reseller, r.Period.Name, section, incomplete} {
		if part = strings.Trim(strings.Map(harmless, part), ".-"); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "_") + "." + f.Name
}

func harmless(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '-':
		return r
	default:
		return '-'
	}
}
