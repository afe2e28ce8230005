// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/otelcol-usage/otelcol-usage/internal/deliver"
	"github.com/otelcol-usage/otelcol-usage/internal/report"
	"github.com/otelcol-usage/otelcol-usage/internal/reporter"
)

// LedgerReports makes the reports of a ledger. It returns what they are made of
// as of an instant, while a ledger is open.
type LedgerReports func(now time.Time) (*reporter.Source, error)

// Formats are those that a kind of report can be had in.
func (f LedgerReports) Formats(k report.Kind) []string { return reporter.FormatsOf(k) }

// Make makes a report and writes it in the formats of an order: the same report
// in all of them, so that they have the same figures.
func (f LedgerReports) Make(ctx context.Context, o Order) (*report.Report, []deliver.File, error) {
	source, err := f(o.At)
	if err != nil {
		return nil, nil, err
	}
	made, documents, err := source.Documents(ctx, o.request(), o.Formats)
	if err != nil {
		return nil, nil, err
	}
	var files []deliver.File
	for i, d := range documents {
		var b bytes.Buffer
		if err := d.Write(&b); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", o.Formats[i], err)
		}
		files = append(files, deliver.File{Name: d.FileName, Type: d.MediaType, Data: b.Bytes()})
	}
	return made, files, nil
}

// Delivered notes what was billed.
func (f LedgerReports) Delivered(ctx context.Context, o Order) error {
	source, err := f(o.At)
	if err != nil {
		return err
	}
	return source.Deliver(ctx, o.request(), o.At)
}

func (o *Order) request() reporter.Request {
	return reporter.Request{Kind: o.Report, Organization: o.Organization, Reseller: o.Reseller, Period: o.Period.Name, Window: o.Period.Window}
}
