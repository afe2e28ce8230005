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
	as, build := name, report.Build
	if name == Focus {
		if r.Kind != report.Billing {
			return nil, refuse("format: %q: it is of bills: ask for the report billing, or for one of %s", name, strings.Join(FormatsOf(r.Kind), ", "))
		}
		as, build = "csv", report.Focus
	}
	f, err := format.Of(as)
	if err != nil {
		return nil, refuse("format: %q: use one of %s", name, strings.Join(FormatsOf(r.Kind), ", "))
	}
	if section != "" && !f.OneSection {
		return nil, refuse("section: %q: %s has all sections of a report: leave it out", section, name)
	}
	in, err := s.input(ctx, &r)
	if err != nil {
		return nil, err
	}
	d := &Document{Report: build(in), format: f, section: section, MediaType: f.MediaType}
	if _, err := d.Report.Section(section); err != nil {
		return nil, refuse("%s", err)
	}
	d.FileName = f.FileName(d.Report, section)
	if name == Focus {
		d.FileName = strings.TrimSuffix(d.FileName, f.Name) + Focus + "." + f.Name
	}
	return d, nil
}
