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
func (f LedgerReports) Formats(k report.Kind) []string {
	var names []string
	for _, format := range reporter.FormatsOf(k) {
		names = append(names, format.Name)
	}
	return names
}

// Make makes a report and writes it in the formats of an order.
func (f LedgerReports) Make(ctx context.Context, o Order) (*report.Report, []deliver.File, error) {
	source, err := f(o.At)
	if err != nil {
		return nil, nil, err
	}
	made, err := source.Make(ctx, o.request())
	if err != nil {
		return nil, nil, err
	}
	var files []deliver.File
	for _, format := range o.Formats {
		document, err := source.Document(ctx, o.request(), format, "")
		if err != nil {
			return nil, nil, err
		}
		var b bytes.Buffer
		if err := document.Write(&b); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", format, err)
		}
		files = append(files, deliver.File{Name: document.FileName, Type: document.Format.MediaType, Data: b.Bytes()})
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
