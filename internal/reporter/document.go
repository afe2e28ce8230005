// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"io"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/report/format"
)

// Focus names the format of bills that FinOps tools load: a CSV of the columns
// of FOCUS.
const Focus = "focus"

// FormatsOf names the formats that a kind of report can be had in, in the order
// in which people are offered them.
func FormatsOf(k report.Kind) (names []string) {
	for _, f := range format.All {
		names = append(names, f.Name)
	}
	if k == report.Billing {
		names = append(names, Focus)
	}
	return names
}

// Document is a report that is ready to be written.
type Document struct {
	Report              *report.Report
	FileName, MediaType string

	format  format.Format
	section string
}

// Write writes the document. Rows of users are read from the ledger meanwhile,
// so it can fail after it has begun.
func (d *Document) Write(w io.Writer) error { return d.format.Write(w, d.Report, d.section) }

// Document makes a report in a format: of one that has one table only, the
// section of a name, or the main one for "".
func (s *Source) Document(ctx context.Context, r Request, name, section string) (*Document, error) {
	f, err := formatOf(r.Kind, name)
	if err != nil {
		return nil, err
	}
	if section != "" && !f.OneSection {
		return nil, refuse("section: %q: %s has all sections of a report: leave it out", section, name)
	}
	in, err := s.input(ctx, &r)
	if err != nil {
		return nil, err
	}
	if name == Focus {
		return document(report.Focus(in), f, name, section)
	}
	return document(report.Build(in), f, name, section)
}

// Documents makes a report, and writes all sections or the main one of it in
// several formats. Its figures are read once, so they are the same in all.
func (s *Source) Documents(ctx context.Context, r Request, names []string) (*report.Report, []*Document, error) {
	in, err := s.input(ctx, &r)
	if err != nil {
		return nil, nil, err
	}
	made := report.Build(in)
	documents := make([]*Document, len(names))
	for i, name := range names {
		f, err := formatOf(r.Kind, name)
		if err != nil {
			return nil, nil, err
		}
		of := made
		if name == Focus {
			of = report.Focus(in)
		}
		if documents[i], err = document(of, f, name, ""); err != nil {
			return nil, nil, err
		}
	}
	return made, documents, nil
}

// formatOf returns what writes a format of a kind of report.
func formatOf(k report.Kind, name string) (format.Format, error) {
	as := name
	if name == Focus {
		if k != report.Billing {
			return format.Format{}, refuse("format: %q: it is of bills: ask for the report billing, or for one of %s", name, strings.Join(FormatsOf(k), ", "))
		}
		as = "csv"
	}
	f, err := format.Of(as)
	if err != nil {
		return f, refuse("format: %q: use one of %s", name, strings.Join(FormatsOf(k), ", "))
	}
	return f, nil
}

func document(of *report.Report, f format.Format, name, section string) (*Document, error) {
	if _, err := of.Section(section); err != nil {
		return nil, refuse("%s", err)
	}
	d := &Document{Report: of, format: f, section: section, MediaType: f.MediaType, FileName: f.FileName(of, section)}
	if name == Focus {
		d.FileName = strings.TrimSuffix(d.FileName, f.Name) + Focus + "." + f.Name
	}
	return d, nil
}
